#include "core/decimal.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>

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

TEST(Decimal, drops_trailing_zeros_of_the_fraction_only_to_fit) {
  EXPECT_EQ(round_trip("10000.0000000000000000"), "10000.00000000000000");
  EXPECT_EQ(round_trip("123456789012.12345670000000"), "123456789012.1234567");
  EXPECT_EQ(round_trip("123456789012.123456789"), "refused");
  EXPECT_EQ(round_trip("9223372036854775808"), "refused");
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
  }
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
