// A text that is a decimal comes back as the same number, and what is written is read again to the
// very same digits.
#include <cstdint>
#include <string>
#include <string_view>

#include "core/assert.hpp"
#include "core/decimal.hpp"

namespace {

std::string without_leading_zeros(std::string_view text) {
  std::string out;
  if (text.starts_with('-')) {
    out = "-";
    text.remove_prefix(1);
  }
  while (text.size() > 1 && text[0] == '0' && text[1] != '.') text.remove_prefix(1);
  return out.append(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  const auto value = mp::parse_decimal(text);
  if (!value) return 0;
  MP_ASSERT(value->exponent >= mp::kDecimalExponentMin);
  MP_ASSERT(value->exponent <= mp::kDecimalExponentMax);
  const std::string written = to_string(*value);
  MP_ASSERT(value->zeros <= mp::kDecimalZerosMax);
  MP_ASSERT(written.size() <= mp::kDecimalTextMax);
  // Digits are neither added nor lost where there is no exponent: but for a sign of zero and zeros
  // in front, the text is the same.
  if (text.find_first_of("eE") == text.npos) {
    std::string_view digits = text;
    if (digits.front() == '-' && value->is_zero()) digits.remove_prefix(1);
    MP_ASSERT(without_leading_zeros(digits) == without_leading_zeros(written));
  }
  mp::Decimal scanned;
  const std::string followed = std::string{text} + ",";
  if (scan_decimal(followed.data(), followed.data() + followed.size(), scanned) ==
      followed.data() + size) {
    MP_ASSERT(scanned.mantissa == value->mantissa && scanned.exponent == value->exponent &&
              scanned.zeros == value->zeros);
  }
  const auto again = mp::parse_decimal(written);
  if (value->exponent > 0) {
    // "1e18" is written with its zeros, which may be more digits than fit when read again.
    MP_ASSERT(!again || *again == *value);
    return 0;
  }
  MP_ASSERT(again.has_value());
  MP_ASSERT(*again == *value);
  MP_ASSERT(again->exponent == value->exponent);
  MP_ASSERT(again->zeros == value->zeros);
  MP_ASSERT(mp::mantissa_at(*value, value->exponent) == value->mantissa);
  return 0;
}
