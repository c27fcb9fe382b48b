// L0. Decimal: an exact decimal number as a venue wrote it; Price and Quantity: two that do not
// mix.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mp {

// value = mantissa * 10^exponent. The exponent keeps the digits that were sent: "1.50" is {150, -2}
// and prints as "1.50", yet compares equal to {15, -1}. Exponents lie in [-36, 18].
struct Decimal {
  std::int64_t mantissa = 0;
  std::int8_t exponent = 0;

  // Numerical comparison, exact over the whole range.
  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b) {
    return (a <=> b) == std::strong_ordering::equal;
  }

  [[nodiscard]] bool is_zero() const { return mantissa == 0; }
};

inline constexpr int kDecimalExponentMin = -36;
inline constexpr int kDecimalExponentMax = 18;
// The longest text that write_decimal produces: sign, 19 digits, "0." and 36 places or 18 zeros.
inline constexpr std::size_t kDecimalTextMax = 64;

// Reads -?digits[.digits][(e|E)[+-]digits], the whole of `text`. Nothing is ever rounded: a number
// whose mantissa does not fit 63 bits loses trailing zeros of its fraction if that makes it fit,
// and is refused otherwise.
[[nodiscard]] std::optional<Decimal> parse_decimal(std::string_view text);

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

}  // namespace mp
