// A text that is a decimal comes back as the same number, and what is written is read again to the
// very same digits.
#include <cstdint>
#include <string_view>

#include "core/assert.hpp"
#include "core/decimal.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  const auto value = mp::parse_decimal(text);
  if (!value) return 0;
  MP_ASSERT(value->exponent >= mp::kDecimalExponentMin);
  MP_ASSERT(value->exponent <= mp::kDecimalExponentMax);
  const std::string written = to_string(*value);
  MP_ASSERT(written.size() <= mp::kDecimalTextMax);
  const auto again = mp::parse_decimal(written);
  if (value->exponent > 0) {
    // "1e18" is written with its zeros, which may be more digits than fit when read again.
    MP_ASSERT(!again || *again == *value);
    return 0;
  }
  MP_ASSERT(again.has_value());
  MP_ASSERT(*again == *value);
  MP_ASSERT(again->exponent == value->exponent);
  MP_ASSERT(mp::mantissa_at(*value, value->exponent) == value->mantissa);
  return 0;
}
