#include "codec/json_scalar.hpp"

#include <algorithm>
#include <charconv>

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
  const bool absent =
      scalar.kind == ScalarKind::null || (scalar.kind == ScalarKind::string && scalar.text.empty());
  return absent || convert_id(scalar, out.emplace());
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
  const auto time = from_milliseconds(count);
  if (!time) return false;
  out = *time;
  return true;
}

}  // namespace mp::codec
