// L0. What is computed with exact decimals: little, and never rounded.
#pragma once

#include <optional>

#include "core/decimal.hpp"

namespace mp {

// The exact product, where a Decimal can hold it. It has the digits of a multiplication by hand,
// "2.50" times "4.0" is "10.000", but for zeros at the end that do not fit.
[[nodiscard]] std::optional<Decimal> product(const Decimal& a, const Decimal& b);

// Of quantities that some venues send with a sign. The digits stay; the mantissa of what was read
// is never the least int64.
[[nodiscard]] constexpr Decimal negated(const Decimal& value) {
  return {.mantissa = -value.mantissa, .exponent = value.exponent, .zeros = value.zeros};
}
// The absolute value.
[[nodiscard]] constexpr Decimal magnitude(const Decimal& value) {
  return value.mantissa < 0 ? negated(value) : value;
}

}  // namespace mp
