#include "core/decimal.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include "core/arithmetic.hpp"

namespace mp {
namespace {

std::string round_trip(std::string_view text) {
  const auto parsed = parse_decimal(text);
  return parsed ? to_string(*parsed) : "refused";
}

TEST(Decimal, keeps_the_digits_that_were_sent) {
  for (const auto* text :
       {"0", "1", "-1", "0.00", "1.50", "61837.63000000", "0.00000166", "-0.0004270396398519",
        "9223372036854775807", "0.000000000000000000000000000000000001"}) {
    EXPECT_EQ(round_trip(text), text);
  }
}

TEST(Decimal, reads_exponents) {
  EXPECT_EQ(round_trip("1e3"), "1000");
  EXPECT_EQ(round_trip("1.5E+2"), "150");
  EXPECT_EQ(round_trip("25e-8"), "0.00000025");
  EXPECT_EQ(round_trip("0e99"), "0");
}

TEST(Decimal, keeps_zeros_that_the_mantissa_has_no_room_for) {
  for (const auto* text :
       {"0.10000000000000000000000", "1.0000000000000000000", "123456789012345678.0000",
        "10000.0000000000000000", "123456789012.12345670000000", "-123456789012.12345670000000",
        "9223372036854775807.0", "-9223372036854775807.000", "0.00000000000000000000",
        "0.0000000000000000000000000000000000000000", "0.0000000000000000000000000000000000010",
        "0.000000000000000000000000000000000001000"}) {
    EXPECT_EQ(round_trip(text), text);
  }
  EXPECT_EQ(parse_decimal("1.0000000000000000000000")->zeros, 4);
  EXPECT_EQ(parse_decimal("1.000000000000000000")->zeros, 0);
  EXPECT_EQ(*parse_decimal("1.0000000000000000000000"), *parse_decimal("1"));
  EXPECT_EQ(round_trip("1.0000000000000000000000e2"), "100.00000000000000000000");
  EXPECT_EQ(round_trip("1.0000000000000000000000e20"), "100000000000000000000.00");
  EXPECT_EQ(round_trip("1.0000000000000000000000e23"), "100000000000000000000000");
}

TEST(Decimal, keeps_any_count_of_trailing_zeros_up_to_a_limit) {
  for (const std::string digits :
       {"0.", "1.", "-7.5", "9223372036854775807.", "1000000000000.25"}) {
    for (std::size_t zeros = 1; zeros <= kDecimalZerosMax; ++zeros) {
      const std::string text = digits + std::string(zeros, '0');
      ASSERT_EQ(round_trip(text), text);
    }
    EXPECT_EQ(round_trip(digits + std::string(kDecimalZerosMax + 100, '0')), "refused");
  }
}

// By strings alone: digits, a point, zeros where digits are missing.
std::string plainly(const Decimal& value) {
  std::string digits = std::to_string(value.mantissa);
  const bool negative = value.mantissa < 0;
  if (negative) digits.erase(0, 1);
  const auto places = static_cast<std::size_t>(std::max(0, -value.exponent));
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  if (value.mantissa != 0 && value.exponent > 0)
    digits.append(static_cast<std::size_t>(value.exponent), '0');
  if (places + value.zeros > 0) digits.insert(digits.size() - places, ".");
  return (negative ? "-" : "") + digits + std::string(value.zeros, '0');
}

TEST(Decimal, writes_every_count_of_digits_and_places) {
  std::minstd_rand random{1};
  for (int exponent = kDecimalExponentMin; exponent <= kDecimalExponentMax; ++exponent) {
    for (std::size_t digits = 0; digits <= 18; ++digits) {
      const auto most = static_cast<std::int64_t>(kPowersOfTen[digits] - 1);
      const std::int64_t least = most / 10 + (most > 0 ? 1 : 0);
      const auto chosen = least + static_cast<std::int64_t>(random()) % (most - least + 1);
      for (const std::int64_t mantissa : {least, chosen, most, -chosen}) {
        for (const int zeros : {0, 3}) {
          const Decimal value{.mantissa = mantissa,
                              .exponent = static_cast<std::int8_t>(exponent),
                              .zeros = static_cast<std::uint8_t>(zeros)};
          ASSERT_EQ(to_string(value), plainly(value));
        }
      }
    }
  }
}

TEST(Decimal, writes_no_text_longer_than_promised) {
  for (const int exponent : {kDecimalExponentMin, -18, -1, 0, 1, kDecimalExponentMax}) {
    const Decimal longest{.mantissa = -std::numeric_limits<std::int64_t>::max(),
                          .exponent = static_cast<std::int8_t>(exponent),
                          .zeros = kDecimalZerosMax};
    EXPECT_LE(to_string(longest).size(), kDecimalTextMax);
  }
}

TEST(Decimal, refuses_what_has_more_digits_than_fit) {
  EXPECT_EQ(round_trip("123456789012.123456789"), "refused");
  EXPECT_EQ(round_trip("9223372036854775808"), "refused");
}

// What the fast reader takes, it reads as the other one does; the rest it leaves alone.
TEST(Decimal, is_scanned_as_it_is_parsed) {
  for (std::string text :
       {"0", "1.50", "-0.00000166", "1.000000000000000000", "0.10000000000000000000000",
        "123456789012345678.0000", "9223372036854775807", "1e3"}) {
    const auto parsed = parse_decimal(text);
    text += ",";
    Decimal scanned;
    const char* const end = scan_decimal(text.data(), text.data() + text.size(), scanned);
    if (end == nullptr) continue;
    EXPECT_EQ(end, text.data() + text.size() - 1);
    EXPECT_EQ(scanned.mantissa, parsed->mantissa) << text;
    EXPECT_EQ(scanned.exponent, parsed->exponent) << text;
    EXPECT_EQ(scanned.zeros, parsed->zeros) << text;
  }
}

TEST(Decimal, refuses_what_is_not_a_number) {
  for (const auto* text : {"", "-", ".", ".5", "5.", "1.2.3", "+1", " 1", "1 ", "1e", "1e+",
                           "1e+-2", "0x1", "nan", "inf", "1,5", "--1", "1e400", "1e-400"}) {
    EXPECT_EQ(round_trip(text), "refused") << text;
  }
}

TEST(Decimal, compares_by_value_across_exponents) {
  const auto d = [](std::string_view text) { return *parse_decimal(text); };
  EXPECT_EQ(d("1.50"), d("1.5"));
  EXPECT_EQ(d("0.000"), d("0"));
  EXPECT_LT(d("1.4999"), d("1.5"));
  EXPECT_LT(d("-2"), d("-1.99"));
  EXPECT_LT(d("-1"), d("0.0000001"));
  EXPECT_GT(d("9223372036854775807e18"), d("9223372036854775807"));
  EXPECT_LT(d("-9223372036854775807e18"), d("-0.000000000000000000000000000000000001"));
  EXPECT_LT(d("0.000000000000000000000000000000000001"), d("9223372036854775807"));
}

// The reference does the same by big numbers in long double free integer arithmetic: 128 bits hold
// these ranges.
TEST(Decimal, compares_like_wide_integers_do) {
  std::mt19937_64 random{7};
  for (int round = 0; round < 200'000; ++round) {
    const auto pick = [&] {
      const auto mantissa = static_cast<std::int64_t>(random() >> (random() % 64));
      return Decimal{.mantissa = random() % 2 == 0 ? mantissa : -mantissa,
                     .exponent = static_cast<std::int8_t>(-static_cast<int>(random() % 18))};
    };
    Decimal a = pick();
    Decimal b = pick();
    if (round % 3 == 0) b = Decimal{.mantissa = a.mantissa, .exponent = b.exponent};
    __extension__ using Wide = __int128;
    const auto scaled = [](const Decimal& d) {
      Wide value = d.mantissa;
      for (int e = d.exponent; e > -18; --e) value *= 10;
      return value;
    };
    const Wide wide_a = scaled(a);
    const Wide wide_b = scaled(b);
    const auto expected = wide_a < wide_b   ? std::strong_ordering::less
                          : wide_a > wide_b ? std::strong_ordering::greater
                                            : std::strong_ordering::equal;
    ASSERT_EQ(a <=> b, expected) << to_string(a) << " and " << to_string(b);
  }
}

TEST(Decimal, survives_writing_and_reading_again) {
  std::mt19937_64 random{11};
  for (int round = 0; round < 200'000; ++round) {
    const Decimal value{.mantissa = static_cast<std::int64_t>(random() >> 1U) >> (random() % 63),
                        .exponent = static_cast<std::int8_t>(-static_cast<int>(random() % 37))};
    const auto again = parse_decimal(to_string(value));
    ASSERT_TRUE(again) << to_string(value);
    ASSERT_EQ(again->mantissa, value.mantissa);
    ASSERT_EQ(again->exponent, value.exponent);
    ASSERT_EQ(again->zeros, 0);
  }
}

TEST(Arithmetic, multiplies_exactly_or_not_at_all) {
  const auto times = [](std::string_view a, std::string_view b) {
    const auto value = product(*parse_decimal(a), *parse_decimal(b));
    return value ? to_string(*value) : "none";
  };
  EXPECT_EQ(times("2.50", "4.0"), "10.000");
  EXPECT_EQ(times("-0.001", "3"), "-0.003");
  EXPECT_EQ(times("1.0000000000000000000000", "7"), "7.000000000000000000");
  EXPECT_EQ(times("5000000000000000000", "2"), "10000000000000000000");
  EXPECT_EQ(times("0.0000000000000000000005", "0.000000000000002"),
            "0.000000000000000000000000000000000001");
  EXPECT_EQ(times("9223372036854775807", "3"), "none");
  EXPECT_EQ(times("0.0000000000000000001", "0.0000000000000000001"), "none");
}

TEST(Arithmetic, takes_a_sign_away_and_keeps_the_digits) {
  EXPECT_EQ(to_string(magnitude(*parse_decimal("-1.50"))), "1.50");
  EXPECT_EQ(to_string(magnitude(*parse_decimal("1.50"))), "1.50");
  EXPECT_EQ(to_string(negated(*parse_decimal("0.10000000000000000000000"))),
            "-0.10000000000000000000000");
  EXPECT_EQ(to_string(negated(*parse_decimal("-3"))), "3");
}

TEST(Decimal, gives_its_mantissa_at_another_exponent_or_nothing) {
  EXPECT_EQ(mantissa_at({150, -2}, -1), 15);
  EXPECT_EQ(mantissa_at({150, -2}, -4), 15000);
  EXPECT_EQ(mantissa_at({151, -2}, -1), std::nullopt);
  EXPECT_EQ(mantissa_at({std::numeric_limits<std::int64_t>::max(), 0}, -1), std::nullopt);
  EXPECT_EQ(mantissa_at({0, -30}, 18), 0);
}

}  // namespace
}  // namespace mp
