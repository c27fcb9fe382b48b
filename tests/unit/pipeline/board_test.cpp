#include "pipeline/board.hpp"

#include <gtest/gtest.h>

namespace mp::pipeline {
namespace {

using namespace std::chrono_literals;

InstrumentView view_of(std::uint64_t events) {
  return {.venue = "binance",
          .symbol = "BTCUSDT",
          .instrument = "BTC-USDT",
          .state = StreamState::live,
          .events = events};
}

TEST(Board, counts_rates_since_the_last_rows) {
  Board board;
  const Timestamp start{1000s};
  (void)board.rows({view_of(0)}, {}, {}, start);
  auto rows = board.rows({view_of(10)}, {}, {}, start + 2s);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_DOUBLE_EQ(rows[0].events_per_second, 5.0);
  EXPECT_EQ(rows[0].changed, start + 2s);
  rows = board.rows({view_of(10)}, {}, {}, start + 4s);
  EXPECT_DOUBLE_EQ(rows[0].events_per_second, 0.0);
  EXPECT_EQ(rows[0].changed, start + 2s);
}

TEST(Board, counts_spreads_in_basis_points) {
  auto view = view_of(1);
  view.bid = Level{Price{{1000, 0}}, Quantity{{1, 0}}};
  view.ask = Level{Price{{1001, 0}}, Quantity{{1, 0}}};
  Board board;
  const auto rows = board.rows({view}, {}, {}, Timestamp{1s});
  EXPECT_NEAR(rows[0].spread_basis_points.value_or(0), 10.0, 1e-9);
}

TEST(Board, shows_the_latency_of_the_venue_since_the_last_rows) {
  obs::Histogram latency;
  latency.record(20us);
  Board board;
  auto rows = board.rows({view_of(1)}, {}, {{"binance", latency.snapshot()}}, Timestamp{1s});
  EXPECT_NEAR(static_cast<double>(rows[0].latency_p50.count()), 20'000.0, 1'000.0);
  rows = board.rows({view_of(1)}, {}, {{"binance", latency.snapshot()}}, Timestamp{2s});
  EXPECT_EQ(rows[0].latency_p50, 0ns);
}

TEST(Board, has_a_row_for_what_waits_and_says_why) {
  auto view = view_of(0);
  view.state = StreamState::waiting;
  const std::vector<Waiting> waiting{
      {.venue = "binance", .symbol = "", .name = "NEW-*", .reason = "no listing has named it yet"},
      {.venue = "binance", .symbol = "BTCUSDT", .name = "BTC-USDT", .reason = "connecting"}};
  Board board;
  auto rows = board.rows({view}, waiting, {}, Timestamp{1s});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].name(), "BTC-USDT");
  EXPECT_EQ(rows[0].view.state, StreamState::waiting);
  EXPECT_EQ(rows[0].view.reason, "connecting");
  EXPECT_EQ(rows[1].name(), "NEW-*");
  EXPECT_EQ(rows[1].view.reason, "no listing has named it yet");
  rows = board.rows({view_of(1)}, waiting, {}, Timestamp{2s});
  EXPECT_EQ(rows[0].view.reason, "") << "the feed's word is older than the event";
}

}  // namespace
}  // namespace mp::pipeline
