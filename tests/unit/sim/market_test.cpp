#include "sim/market.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iterator>
#include <limits>

namespace mp::sim {
namespace {

constexpr std::int64_t kSeconds = 24 * 3600;
constexpr int kActionsPerSecond = 20;

InstrumentSpec spec(std::int64_t start_ticks, std::int64_t typical_lots) {
  InstrumentSpec out;
  out.symbol = "BTCUSDT";
  out.base = "BTC";
  out.quote = "USDT";
  out.tick_size = {1, -2};
  out.lot_size = {1, -5};
  out.start_ticks = start_ticks;
  out.typical_lots = typical_lots;
  return out;
}

// What a day of a market was like.
struct Day {
  std::int64_t actions = 0;
  std::int64_t narrow = 0;  // after so many of them the spread was at most 10 ticks
  std::int64_t widest = 0;
  std::int64_t lowest = std::numeric_limits<std::int64_t>::max();
  std::int64_t highest = 0;
  std::size_t shallowest = SIZE_MAX;
  std::int64_t near_best = std::numeric_limits<std::int64_t>::max();  // least levels in 100 ticks
  std::int64_t minutes = 0;
  std::int64_t minutes_without_trade = 0;
};

template <class Levels>
std::int64_t near_best(const Levels& levels) {
  const std::int64_t best = levels.begin()->first;
  const auto far = std::ranges::find_if(
      levels, [best](const auto& level) { return std::abs(level.first - best) > 100; });
  return std::distance(levels.begin(), far);
}

Day live_through(Market& market, Timestamp start) {
  Day day;
  Outcome outcome;
  for (std::int64_t second = 0; second < kSeconds; ++second) {
    for (int i = 0; i < kActionsPerSecond; ++i) {
      outcome.clear();
      market.act(outcome);
      const std::int64_t bid = market.bids().begin()->first;
      const std::int64_t spread = market.asks().begin()->first - bid;
      ++day.actions;
      day.narrow += spread <= 10 ? 1 : 0;
      day.widest = std::max(day.widest, spread);
      day.lowest = std::min(day.lowest, bid);
      day.highest = std::max(day.highest, bid + spread);
      day.shallowest = std::min({day.shallowest, market.bids().size(), market.asks().size()});
    }
    day.near_best = std::min({day.near_best, near_best(market.bids()), near_best(market.asks())});
    if (const auto bar = market.roll(start + std::chrono::seconds{second})) {
      ++day.minutes;
      day.minutes_without_trade += bar->trades == 0 ? 1 : 0;
    }
  }
  return day;
}

TEST(Market, is_believable_for_a_day) {
  const Timestamp start = from_nanoseconds(1'795'000'000'000'000'000);
  for (const std::int64_t start_ticks : {9'123'456, 24'567}) {
    Market market{spec(start_ticks, 20'000), 7, start};
    const Day day = live_through(market, start);
    EXPECT_GT(day.narrow * 1000, day.actions * 980);
    EXPECT_LE(day.widest, 40);
    // It walks, and comes back: within 5 % of where it began.
    EXPECT_GT(day.lowest * 100, start_ticks * 95);
    EXPECT_LT(day.highest * 100, start_ticks * 105);
    EXPECT_GT(day.highest - day.lowest, 100);
    EXPECT_GT(day.shallowest, kBookLevels * 9 / 10);
    EXPECT_GT(day.near_best, 20);
    EXPECT_GE(day.minutes, 24 * 60 - 1);
    EXPECT_EQ(day.minutes_without_trade, 0);
  }
}

}  // namespace
}  // namespace mp::sim
