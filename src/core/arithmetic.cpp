#include "core/arithmetic.hpp"

#include <cstdint>
#include <limits>

namespace mp {

std::optional<Decimal> product(const Decimal& a, const Decimal& b) {
  __extension__ using Wide = __int128;
  constexpr Wide kMax = std::numeric_limits<std::int64_t>::max();
  Wide mantissa = Wide{a.mantissa} * b.mantissa;
  int exponent = a.exponent + b.exponent;
  while (mantissa != 0 && mantissa % 10 == 0 &&
         (mantissa > kMax || mantissa < -kMax || exponent < kDecimalExponentMin)) {
    mantissa /= 10;
    ++exponent;
  }
  const bool fits = mantissa <= kMax && mantissa >= -kMax && exponent >= kDecimalExponentMin &&
                    exponent <= kDecimalExponentMax;
  if (!fits) return std::nullopt;
  return Decimal{.mantissa = static_cast<std::int64_t>(mantissa),
                 .exponent = static_cast<std::int8_t>(exponent)};
}

}  // namespace mp
