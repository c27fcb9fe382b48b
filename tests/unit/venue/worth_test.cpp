#include "venue/worth.hpp"

#include <gtest/gtest.h>

namespace mp::venue {
namespace {

std::string worth(std::string_view amount, std::string_view price) {
  const auto quantity = quantity_worth(*parse_decimal(amount), *parse_decimal(price));
  return quantity ? to_string(quantity->decimal) : "none";
}

TEST(QuantityWorth, is_the_quotient_where_that_is_exact) {
  EXPECT_EQ(worth("13.70319", "0.1649"), "83.1");
  EXPECT_EQ(worth("1810", "90500"), "0.02");
  EXPECT_EQ(worth("91230.50", "91230.5"), "1");
  EXPECT_EQ(worth("2000", "0.0001"), "20000000");
}

TEST(QuantityWorth, is_found_though_the_amount_was_cut_off) {
  EXPECT_EQ(worth("143.330431857868", "0.500280739469"), "286.5");
  EXPECT_EQ(worth("33.333", "11.1111"), "3");
}

TEST(QuantityWorth, is_not_guessed) {
  EXPECT_EQ(worth("10", "3"), "none");   // 3 1/3, and 9.99 would have been written so
  EXPECT_EQ(worth("1", "0.7"), "none");  // 1 digit tells too little of it
  EXPECT_EQ(worth("0", "3"), "none");
  EXPECT_EQ(worth("10", "0"), "none");
  EXPECT_EQ(worth("-10", "5"), "none");
  EXPECT_EQ(worth("10", "-5"), "none");
}

TEST(QuantityWorth, bears_the_largest_numbers) {
  EXPECT_EQ(worth("9223372036854775807", "1"), "9223372036854775807");
  EXPECT_EQ(worth("9223372036854775807", "0.000000000000000001"), "none");
  EXPECT_EQ(worth("0.000000000000000001", "9223372036854775807"), "none");
  EXPECT_EQ(worth("1e18", "1e-36"), "none");
  EXPECT_EQ(worth("1e-36", "1e18"), "none");
}

}  // namespace
}  // namespace mp::venue
