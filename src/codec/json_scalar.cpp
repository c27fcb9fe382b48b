#include "codec/json_scalar.hpp"

#include <charconv>

namespace mp::codec {
namespace {

// JSON allows no leading zeros and no "+"; parse_decimal, which also reads strings, is laxer.
bool is_json_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || text.front() < '0' || text.front() > '9') return false;
  return text.front() != '0' || text.size() == 1 || text[1] < '0' || text[1] > '9';
}

bool is_digits(const Scalar& scalar) {
  if (scalar.kind == ScalarKind::number) return is_json_number(scalar.text);
  return scalar.kind == ScalarKind::string;
}

}  // namespace

bool convert(const Scalar& scalar, std::string_view& out) {
  out = scalar.text;
  return scalar.kind == ScalarKind::string;
}

bool convert(const Scalar& scalar, Token& out) {
  out.text = scalar.text;
  return is_digits(scalar);
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

bool convert(const Scalar& scalar, Millis& out) {
  std::int64_t count = 0;
  if (!convert(scalar, count)) return false;
  const auto time = from_milliseconds(count);
  if (!time) return false;
  out.time = *time;
  return true;
}

}  // namespace mp::codec
