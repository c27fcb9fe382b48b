// L0. Decimal digits eight at a time (SWAR: one register holds eight characters), for writers.
// Each writes whole registers: up to seven characters behind what it says is there.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace mp {

inline constexpr std::uint64_t kEightDigits = 100'000'000;  // fewer than so much: eight digits
// Room for any number of write_unsigned(), with what is written behind it.
inline constexpr std::size_t kUnsignedRoom = 20 + 7;

// Digits as bytes 0 to 9, the first one lowest, zeros in front. `value` is below kEightDigits.
[[nodiscard]] constexpr std::uint64_t spread_digits(std::uint64_t value) {
  // Fours, then twos, then single ones, each by a multiplication in place of a division.
  const std::uint64_t fours = value / 10'000 | (value % 10'000) << 32U;
  const std::uint64_t hundreds = (fours * 10'486U >> 20U) & 0x0000'007F'0000'007FU;
  const std::uint64_t twos = hundreds | (fours - 100 * hundreds) << 16U;
  const std::uint64_t tens = (twos * 103U >> 10U) & 0x000F'000F'000F'000FU;
  return tens | (twos - 10 * tens) << 8U;
}
// How many zeros are in front, at most seven: zero has a digit.
[[nodiscard]] constexpr unsigned zeros_in_front(std::uint64_t spread) {
  constexpr std::uint64_t kLast = std::uint64_t{1} << 56U;
  return static_cast<unsigned>(std::countr_zero(spread | kLast)) / 8;
}
[[nodiscard]] constexpr std::uint64_t as_text(std::uint64_t spread) {
  return spread | 0x3030'3030'3030'3030U;
}
inline void store_eight(std::uint64_t text, char* out) {
  std::memcpy(out, &text, sizeof text);
}

// Both return the end. `value` is below kEightDigits.
inline char* write_first_digits(std::uint64_t value, char* out) {
  const std::uint64_t spread = spread_digits(value);
  const unsigned zeros = zeros_in_front(spread);
  store_eight(as_text(spread) >> (8 * zeros), out);
  return out + (8 - zeros);
}
inline char* write_eight_digits(std::uint64_t value, char* out) {
  store_eight(as_text(spread_digits(value)), out);
  return out + 8;
}

inline char* write_unsigned(std::uint64_t value, char* out) {
  if (value < kEightDigits) return write_first_digits(value, out);
  const std::uint64_t front = value / kEightDigits;
  const std::uint64_t last = value % kEightDigits;
  if (front < kEightDigits) return write_eight_digits(last, write_first_digits(front, out));
  out = write_first_digits(front / kEightDigits, out);
  return write_eight_digits(last, write_eight_digits(front % kEightDigits, out));
}

}  // namespace mp
