#include "core/decimal.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "core/assert.hpp"
#include "core/digits_text.hpp"

namespace mp {
namespace {

constexpr int kPowerMax = 18;  // the largest power of ten that an int64 holds

// Digits and a scale while a number is read. Trailing zeros of the fraction are held back until
// another digit needs them, or the end has come.
struct Accumulator {
  std::uint64_t mantissa = 0;
  int exponent = 0;
  int held_zeros = 0;

  [[nodiscard]] bool push(unsigned digit) {
    constexpr std::uint64_t kLimit = std::numeric_limits<std::int64_t>::max();
    if (mantissa > (kLimit - digit) / 10) return false;
    mantissa = mantissa * 10 + digit;
    return true;
  }

  // The mantissa takes as many of the trailing zeros as it has room for.
  void take_held_zeros() {
    while (held_zeros > 0 && exponent > kDecimalExponentMin && push(0)) {
      --held_zeros;
      --exponent;
    }
  }

  // The exponent that zero has is of no weight, so it is brought into range.
  void settle_zero() {
    if (mantissa != 0) return;
    exponent = std::clamp(exponent, kDecimalExponentMin, 0);
  }
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool read_fraction(const char*& p, const char* end, Accumulator& number) {
  if (p == end || !is_digit(*p)) return false;
  for (; p != end && is_digit(*p); ++p) {
    if (*p == '0') {
      ++number.held_zeros;
      continue;
    }
    for (; number.held_zeros > 0; --number.held_zeros, --number.exponent) {
      if (!number.push(0)) return false;
    }
    if (!number.push(static_cast<unsigned>(*p - '0'))) return false;
    --number.exponent;
  }
  return true;
}

bool read_exponent(const char*& p, const char* end, int& exponent) {
  if (p != end && *p == '+') {
    ++p;
    if (p != end && *p == '-') return false;
  }
  int written = 0;
  const auto [next, error] = std::from_chars(p, end, written);
  if (error != std::errc{} || written < -1000 || written > 1000) return false;
  p = next;
  exponent += written;
  return true;
}

// At most eight digits, of which so many, one to eight, stand behind the point.
char* write_short(std::uint64_t magnitude, unsigned places, char* out) {
  const std::uint64_t spread = spread_digits(magnitude);
  if (places == 8) {
    *out++ = '0';
    *out++ = '.';
    store_eight(as_text(spread), out);
    return out + places;
  }
  const unsigned zeros = std::min(zeros_in_front(spread), 7 - places);
  const unsigned whole = 8 - zeros - places;
  const std::uint64_t text = as_text(spread) >> (8 * zeros);
  store_eight(text, out);
  out[whole] = '.';
  store_eight(text >> (8 * whole), out + whole + 1);
  return out + whole + 1 + places;
}

// Nine to sixteen digits, likewise.
char* write_long(std::uint64_t magnitude, unsigned places, char* out) {
  out = write_first_digits(magnitude / kEightDigits, out);
  const std::uint64_t text = as_text(spread_digits(magnitude % kEightDigits));
  const unsigned whole = 8 - places;
  store_eight(text, out);
  out[whole] = '.';
  store_eight(text >> (8 * whole), out + whole + 1);
  return out + whole + 1 + places;
}

// Every number, one digit after the other.
char* write_any(std::uint64_t magnitude, const Decimal& value, char* out) {
  std::array<char, 20> digits{};
  const char* const digits_end =
      std::to_chars(digits.data(), digits.data() + digits.size(), magnitude).ptr;
  const int digits_count = static_cast<int>(digits_end - digits.data());
  const int places = -value.exponent;

  int written = 0;
  if (places >= digits_count) {
    *out++ = '0';
    if (places > 0) *out++ = '.';
    for (int zeros = places - digits_count; zeros > 0; --zeros) *out++ = '0';
  } else {
    const int whole = places > 0 ? digits_count - places : digits_count;
    for (; written < whole; ++written) *out++ = digits[static_cast<std::size_t>(written)];
    if (places > 0) *out++ = '.';
  }
  for (; written < digits_count; ++written) *out++ = digits[static_cast<std::size_t>(written)];
  for (int zeros = value.mantissa == 0 ? 0 : value.exponent; zeros > 0; --zeros) *out++ = '0';
  if (value.zeros == 0) return out;
  if (places <= 0) *out++ = '.';
  for (int zeros = value.zeros; zeros > 0; --zeros) *out++ = '0';
  return out;
}

}  // namespace

std::optional<Decimal> parse_decimal(std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  const bool negative = p != end && *p == '-';
  if (negative) ++p;
  if (p == end || !is_digit(*p)) return std::nullopt;

  Accumulator number;
  for (; p != end && is_digit(*p); ++p) {
    if (!number.push(static_cast<unsigned>(*p - '0'))) return std::nullopt;
  }
  if (p != end && *p == '.') {
    ++p;
    if (!read_fraction(p, end, number)) return std::nullopt;
  }
  if (p != end && (*p == 'e' || *p == 'E')) {
    ++p;
    if (!read_exponent(p, end, number.exponent)) return std::nullopt;
  }
  if (p != end) return std::nullopt;
  number.take_held_zeros();
  number.settle_zero();
  if (number.exponent < kDecimalExponentMin || number.exponent > kDecimalExponentMax)
    return std::nullopt;
  // With "1.00e1" and the like, zeros move before the point.
  const int zeros = std::max(0, number.held_zeros - std::max(0, number.exponent));
  if (zeros > kDecimalZerosMax) return std::nullopt;
  const auto mantissa = static_cast<std::int64_t>(number.mantissa);
  return Decimal{.mantissa = negative ? -mantissa : mantissa,
                 .exponent = static_cast<std::int8_t>(number.exponent),
                 .zeros = static_cast<std::uint8_t>(zeros)};
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  if (a.exponent == b.exponent) return a.mantissa <=> b.mantissa;
  const auto sign_of = [](std::int64_t m) { return m > 0 ? 1 : (m < 0 ? -1 : 0); };
  if (sign_of(a.mantissa) != sign_of(b.mantissa) || a.mantissa == 0)
    return sign_of(a.mantissa) <=> sign_of(b.mantissa);

  const bool a_is_coarser = a.exponent > b.exponent;
  const Decimal& coarse = a_is_coarser ? a : b;
  const Decimal& fine = a_is_coarser ? b : a;
  // Bring the coarse one to the finer exponent, by halves of at most 18 digits; beyond int64 it
  // outweighs any fine one.
  std::int64_t scaled = coarse.mantissa;
  for (int digits = coarse.exponent - fine.exponent; digits > 0; --digits) {
    constexpr std::int64_t kLimit = std::numeric_limits<std::int64_t>::max() / 10;
    if (scaled > kLimit || scaled < -kLimit) {
      const auto coarse_against_fine =
          scaled > 0 ? std::strong_ordering::greater : std::strong_ordering::less;
      return a_is_coarser ? coarse_against_fine : 0 <=> coarse_against_fine;
    }
    scaled *= 10;
  }
  return a_is_coarser ? scaled <=> fine.mantissa : fine.mantissa <=> scaled;
}

char* write_decimal(const Decimal& value, char* out) {
  MP_ASSERT(value.exponent >= kDecimalExponentMin && value.exponent <= kDecimalExponentMax);
  MP_ASSERT(value.zeros <= kDecimalZerosMax);
  std::uint64_t magnitude = static_cast<std::uint64_t>(value.mantissa);
  if (value.mantissa < 0) {
    *out++ = '-';
    magnitude = 0 - magnitude;
  }
  const auto places = static_cast<unsigned>(-value.exponent);
  if (places == 0 || places > 8 || magnitude >= kEightDigits * kEightDigits)
    return write_any(magnitude, value, out);
  out = magnitude < kEightDigits ? write_short(magnitude, places, out)
                                 : write_long(magnitude, places, out);
  for (int zeros = value.zeros; zeros > 0; --zeros) *out++ = '0';
  return out;
}

std::string to_string(const Decimal& value) {
  std::array<char, kDecimalTextMax> text{};
  return {text.data(), write_decimal(value, text.data())};
}

std::string to_tick(const Price& price, const std::optional<Price>& tick) {
  if (!tick || tick->is_zero()) return to_string(price.decimal);
  int places = tick->decimal.exponent;
  for (auto mantissa = tick->decimal.mantissa; mantissa % 10 == 0 && places < 0; mantissa /= 10)
    ++places;
  const auto shown = mantissa_at(price.decimal, std::min(places, 0));
  if (!shown) return to_string(price.decimal);
  return to_string({.mantissa = *shown, .exponent = static_cast<std::int8_t>(std::min(places, 0))});
}

std::optional<std::int64_t> mantissa_at(const Decimal& value, int exponent) {
  std::int64_t mantissa = value.mantissa;
  for (int from = value.exponent; from > exponent && mantissa != 0; --from) {
    constexpr std::int64_t kLimit = std::numeric_limits<std::int64_t>::max() / 10;
    if (mantissa > kLimit || mantissa < -kLimit) return std::nullopt;
    mantissa *= 10;
  }
  for (int from = value.exponent; from < exponent && mantissa != 0; ++from) {
    if (mantissa % 10 != 0) return std::nullopt;
    mantissa /= 10;
  }
  return mantissa;
}

double to_double(const Decimal& value) {
  auto result = static_cast<double>(value.mantissa);
  int exponent = value.exponent;
  for (; exponent < 0; exponent += kPowerMax) {
    const int step = exponent < -kPowerMax ? kPowerMax : -exponent;
    result /= static_cast<double>(kPowersOfTen[static_cast<std::size_t>(step)]);
    if (step != kPowerMax) return result;
  }
  for (; exponent > 0; --exponent) result *= 10.0;
  return result;
}

}  // namespace mp
