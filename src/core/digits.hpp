// L0. Decimal digits eight at a time (SWAR: one register holds eight characters), for readers that
// know where a number begins but not where it ends.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace mp {

static_assert(std::endian::native == std::endian::little, "characters are taken from the low end");

// 10^0 to 10^19.
inline constexpr std::array<std::uint64_t, 20> kPowersOfTen = [] {
  std::array<std::uint64_t, 20> powers{};
  std::uint64_t power = 1;
  for (auto& slot : powers) {
    slot = power;
    power *= 10;  // of the last one the result is not used
  }
  return powers;
}();

// The digits that a text begins with, up to some number: how many, and what they say.
struct Digits {
  std::uint64_t value = 0;
  unsigned count = 0;
};

// So many digits fit a std::int64_t, whatever they are.
inline constexpr unsigned kDigitsMax = 18;

// Whether eight digits stand at `at`, which has as many characters; then `value` is what they say.
[[nodiscard]] inline bool eight_digits(const char* at, std::uint64_t& value) {
  std::uint64_t characters = 0;
  std::memcpy(&characters, at, sizeof characters);
  const std::uint64_t values = characters ^ 0x3030'3030'3030'3030U;  // digits: 0 to 9
  if ((((values + 0x7676'7676'7676'7676U) | values) & 0x8080'8080'8080'8080U) != 0) return false;
  // Pairs, then fours, then all are added up.
  const std::uint64_t pairs = values * 10 + (values >> 8U);
  value = ((pairs & 0x0000'00FF'0000'00FFU) * 0x000F'4240'0000'0064U +
           ((pairs >> 16U) & 0x0000'00FF'0000'00FFU) * 0x0000'2710'0000'0001U) >>
          32U;
  return true;
}

// Single digits: of a number's usual length the branch predictor knows more than arithmetic could
// tell in the same time, so what comes behind need not wait.
[[nodiscard]] inline const char* take_digits(const char* at, const char* end, Digits& out) {
  const char* const begin = at;
  if (end - at > kDigitsMax + 1) end = at + kDigitsMax + 1;  // beyond, there are too many anyhow
  for (; at != end; ++at) {
    const auto digit = static_cast<unsigned>(*at) - '0';
    if (digit > 9) break;
    out.value = out.value * 10 + digit;
  }
  out.count += static_cast<unsigned>(at - begin);
  return at;
}

// Eight at once first: what fractions and times begin with. A second attempt would mostly fail.
[[nodiscard]] inline const char* take_many_digits(const char* at, const char* end, Digits& out) {
  std::uint64_t eight = 0;
  if (end - at >= 8 && out.count + 8 <= kDigitsMax && eight_digits(at, eight)) {
    out.value = out.value * kPowersOfTen[8] + eight;
    out.count += 8;
    at += 8;
    if (at == end || *at < '0' || *at > '9') return at;  // as most fractions end
  }
  return take_digits(at, end, out);
}

}  // namespace mp
