#include "codec/json_scalar.hpp"

#include <algorithm>
#include <charconv>

#include "codec/json_convert.hpp"

namespace mp::codec {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Removes the digits that `text` starts with; false where there are none.
bool take_digits(std::string_view& text) {
  if (text.empty() || !is_digit(text.front())) return false;
  while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
  return true;
}

// JSON allows no leading zeros and no "+"; the parsers below, which also read strings, are laxer
// there, and as strict everywhere else.
bool starts_like_json_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || !is_digit(text.front())) return false;
  return text.front() != '0' || text.size() == 1 || !is_digit(text[1]);
}

bool is_digits(const Scalar& scalar) {
  if (scalar.kind == ScalarKind::number) return starts_like_json_number(scalar.text);
  return scalar.kind == ScalarKind::string;
}

}  // namespace

bool is_json_number(std::string_view text) {
  if (!starts_like_json_number(text)) return false;
  if (text.starts_with('-')) text.remove_prefix(1);
  if (!take_digits(text)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!take_digits(text)) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!take_digits(text)) return false;
  }
  return text.empty();
}

bool convert(const Scalar& scalar, std::string_view& out) {
  out = scalar.text;
  return scalar.kind == ScalarKind::string;
}

bool convert_id(const Scalar& scalar, std::string_view& out) {
  out = scalar.text;
  if (scalar.kind == ScalarKind::number) return is_json_number(scalar.text);
  return scalar.kind == ScalarKind::string;
}

bool convert_id(const Scalar& scalar, std::optional<std::string_view>& out) {
  out.reset();
  return is_absent(scalar) || convert_id(scalar, out.emplace());
}

bool convert(const Scalar& scalar, std::optional<Side>& out) {
  out.reset();
  const auto is = [&](std::string_view word) {
    return std::ranges::equal(scalar.text, word,
                              [](char a, char b) { return a == b || a + ('a' - 'A') == b; });
  };
  if (is("buy")) out = Side::buy;
  if (is("sell")) out = Side::sell;
  return scalar.kind == ScalarKind::string || scalar.kind == ScalarKind::null;
}

bool convert(const Scalar& scalar, Decimal& out) {
  if (!is_digits(scalar)) return false;
  const auto parsed = parse_decimal(scalar.text);
  if (!parsed) return false;
  out = *parsed;
  return true;
}

bool convert(const Scalar& scalar, std::int64_t& out) {
  if (!is_digits(scalar)) return false;
  const char* const end = scalar.text.data() + scalar.text.size();
  const auto [next, error] = std::from_chars(scalar.text.data(), end, out);
  return error == std::errc{} && next == end;
}

bool convert(const Scalar& scalar, bool& out) {
  out = scalar.text == "true";
  return scalar.kind == ScalarKind::boolean;
}

bool convert(const Scalar& scalar, Timestamp& out) {
  std::int64_t count = 0;
  if (!convert(scalar, count)) return false;
  const auto time = from_epoch_count(count);
  if (!time) return false;
  out = *time;
  return true;
}

namespace {

constexpr Timestamp kPlausible = from_nanoseconds(1'000'000'000'000'000'000);  // the year 2001
constexpr std::int64_t kCountLeast = 1'000'000'000;  // of which from_epoch_count() knows the unit

std::optional<Timestamp> time_of(Decimal count, int power) {
  int exponent = count.exponent + power;  // of seconds
  for (; exponent < -9; ++exponent) count.mantissa /= 10;
  if (exponent > kDecimalExponentMax)
    return count.mantissa == 0 ? std::optional{Timestamp{}} : std::nullopt;
  const auto nanoseconds =
      mantissa_at({.mantissa = count.mantissa, .exponent = static_cast<std::int8_t>(exponent)}, -9);
  return nanoseconds ? std::optional{from_nanoseconds(*nanoseconds)} : std::nullopt;
}

}  // namespace

bool convert_epoch(const Scalar& scalar, int power, Timestamp& out) {
  Decimal count;
  if (!convert(scalar, count)) return false;
  const auto told = time_of(count, power);
  // Of another unit than is documented: the size tells.
  std::int64_t whole = 0;
  if ((!told || *told < kPlausible) && convert(scalar, whole) && whole >= kCountLeast)
    return convert(scalar, out);
  if (told) out = *told;
  return told.has_value();
}

bool Rfc3339::convert(const Scalar& scalar, Timestamp& out) {
  const auto time = parse_rfc3339(scalar.text);
  if (!time || scalar.kind != ScalarKind::string) return false;
  out = *time;
  return true;
}

bool MakersSide::convert(const Scalar& scalar, std::optional<Side>& out) {
  if (!codec::convert(scalar, out)) return false;
  if (out) out = *out == Side::buy ? Side::sell : Side::buy;
  return true;
}

bool MakerIsBuyer::convert(const Scalar& scalar, std::optional<Side>& out) {
  if (scalar.kind != ScalarKind::boolean) return false;
  out = scalar.text == "true" ? Side::sell : Side::buy;
  return true;
}

}  // namespace mp::codec
