#include "pipeline/bars.hpp"

#include <gtest/gtest.h>

namespace mp::pipeline {
namespace {

using namespace std::chrono_literals;

TEST(Bars, a_minute_has_its_first_highest_lowest_and_last_price) {
  Bars bars;
  const Timestamp minute{6'000s};
  bars.add(minute + 1s, 10, 1);
  bars.add(minute + 2s, 12, 2);
  bars.add(minute + 3s, 9, 3);
  bars.add(minute + 59s, 11, 4);
  const Bar expected{.time = 6'000, .open = 10, .high = 12, .low = 9, .close = 11, .volume = 10};
  EXPECT_EQ(bars.all(), std::vector{expected});
}

TEST(Bars, a_late_trade_opens_no_minute_again) {
  Bars bars;
  bars.add(Timestamp{6'000s}, 10, 1);
  bars.add(Timestamp{6'060s}, 20, 1);
  bars.add(Timestamp{6'059s}, 5, 1);
  const auto all = bars.all();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].close, 10);
  EXPECT_EQ(all[1].low, 5);
}

TEST(Bars, the_oldest_go_and_minutes_without_trades_are_none) {
  Bars bars;
  for (int i = 0; i < 300; ++i) bars.add(Timestamp{} + 2min * i, i, 1);
  const auto all = bars.all();
  ASSERT_EQ(all.size(), Bars::kKept);
  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_EQ(all[i].open, static_cast<double>(300 - Bars::kKept + i));
}

}  // namespace
}  // namespace mp::pipeline
