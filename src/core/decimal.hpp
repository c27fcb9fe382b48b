// L0. Decimal: an exact decimal number as a venue wrote it; Price and Quantity: two that do not
// mix.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/digits.hpp"

namespace mp {

// value = mantissa * 10^exponent. The exponent keeps the digits that were sent: "1.50" is {150, -2}
// and prints as "1.50", yet compares equal to {15, -1}. Exponents lie in [-36, 18].
struct Decimal {
  std::int64_t mantissa = 0;
  std::int8_t exponent = 0;
  // Further zeros at the end of the fraction, which the mantissa has no room for: printed, without
  // weight. 0 for nearly every number; at most kDecimalZerosMax.
  std::uint8_t zeros = 0;

  // Numerical comparison, exact over the whole range.
  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b) {
    return (a <=> b) == std::strong_ordering::equal;
  }

  [[nodiscard]] bool is_zero() const { return mantissa == 0; }
};

inline constexpr int kDecimalExponentMin = -36;
inline constexpr int kDecimalExponentMax = 18;
inline constexpr int kDecimalZerosMax = 80;
// The longest text that write_decimal produces: sign, "0.", 36 places and 80 further zeros; or
// sign, 19 digits, 18 zeros, "." and 80 zeros.
inline constexpr std::size_t kDecimalTextMax = 128;

// Reads -?digits[.digits][(e|E)[+-]digits], the whole of `text`. Nothing is ever rounded: what does
// not fit 63 bits without the trailing zeros of its fraction is refused.
[[nodiscard]] std::optional<Decimal> parse_decimal(std::string_view text);

// Reads the number that begins at `at`, up to the first character that is no part of it, and
// returns that place. Null where a closer look is needed (an exponent, very many digits, no
// number): then parse_decimal decides. What it reads, parse_decimal reads alike.
[[nodiscard]] inline const char* scan_decimal(const char* at, const char* end, Decimal& out) {
  const bool negative = at != end && *at == '-';
  if (negative) ++at;
  Digits digits;
  at = take_digits(at, end, digits);
  const unsigned whole = digits.count;
  if (whole == 0 || at == end) return nullptr;
  if (*at == '.') {
    at = take_many_digits(at + 1, end, digits);
    if (digits.count == whole || at == end) return nullptr;
  }
  if (digits.count > kDigitsMax || *at == 'e' || *at == 'E') return nullptr;
  const auto magnitude = static_cast<std::int64_t>(digits.value);
  out = {.mantissa = negative ? -magnitude : magnitude,
         .exponent =
             static_cast<std::int8_t>(static_cast<int>(whole) - static_cast<int>(digits.count)),
         .zeros = 0};
  return at;
}

// Writes at most kDecimalTextMax characters to `out` and returns the end. No exponent form, no "+".
char* write_decimal(const Decimal& value, char* out);
[[nodiscard]] std::string to_string(const Decimal& value);

// The mantissa that `value` has at `exponent`; nothing when digits would be lost or it would
// overflow.
[[nodiscard]] std::optional<std::int64_t> mantissa_at(const Decimal& value, int exponent);

// For statistics and displays only: never on the way from socket to sink.
[[nodiscard]] double to_double(const Decimal& value);

// A Decimal with a meaning, so that a price is never passed where a quantity is expected.
template <class Meaning>
struct Exact {
  Decimal decimal;

  friend auto operator<=>(const Exact&, const Exact&) = default;
  friend bool operator==(const Exact&, const Exact&) = default;
  [[nodiscard]] bool is_zero() const { return decimal.is_zero(); }
};

using Price = Exact<struct PriceMeaning>;
using Quantity = Exact<struct QuantityMeaning>;

// A price as a person wants to see it: with the digits that its tick has, unless that would lose
// some; without a tick as it was sent.
[[nodiscard]] std::string to_tick(const Price& price, const std::optional<Price>& tick);

}  // namespace mp
