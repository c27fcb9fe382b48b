#include "pipeline/monitor.hpp"

#include <gtest/gtest.h>

namespace mp::pipeline {
namespace {

using namespace std::chrono_literals;

Event event_of(Event::Body body, Timestamp ts_recv) {
  Event event;
  event.venue = "binance";
  event.symbol = "BTCUSDT";
  event.instrument = "BTC-USDT";
  event.ts_recv = ts_recv;
  event.body = body;
  return event;
}

TEST(Monitor, counts_rates_spreads_and_latencies_of_the_time_since_the_last_look) {
  Monitor monitor;
  const Timestamp start{1000s};
  const Quote quote{.bid_price = Price{{1000, 0}}, .ask_price = Price{{1001, 0}}};
  for (int i = 0; i < 10; ++i) monitor.on_event(event_of(quote, start), start + 20us);
  auto rows = monitor.rows(start + 20us + 2s);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].instrument, "BTC-USDT");
  EXPECT_EQ(rows[0].state, StreamState::live);
  EXPECT_DOUBLE_EQ(rows[0].events_per_second, 5.0);
  EXPECT_NEAR(rows[0].spread_basis_points.value_or(0), 10.0, 1e-9);
  EXPECT_NEAR(static_cast<double>(rows[0].latency_p50.count()), 20'000.0, 1'000.0);
  rows = monitor.rows(start + 4s);
  EXPECT_DOUBLE_EQ(rows[0].events_per_second, 0.0);
  EXPECT_EQ(rows[0].latency_p50, 0ns);
}

TEST(Monitor, shows_a_gap_of_all_streams_until_they_are_in_step_again) {
  Monitor monitor;
  const Timestamp now{1000s};
  monitor.on_event(event_of(Trade{}, now), now);
  monitor.on_event(event_of(Status{.condition = Condition::gap}, now), now);
  monitor.on_event(event_of(Trade{}, now), now);
  EXPECT_EQ(monitor.rows(now)[0].state, StreamState::gap);
  EXPECT_EQ(monitor.rows(now)[0].gaps, 1U);
  monitor.on_event(event_of(Status{.condition = Condition::resynced}, now), now);
  EXPECT_EQ(monitor.rows(now)[0].state, StreamState::live);
  monitor.on_event(event_of(Status{.condition = Condition::disconnected}, now), now);
  EXPECT_EQ(monitor.rows(now)[0].state, StreamState::down);
  monitor.on_event(event_of(Status{.condition = Condition::connected}, now), now);
  EXPECT_EQ(monitor.rows(now)[0].state, StreamState::waiting);
}

Status of_book(Condition condition) {
  return {.condition = condition, .channel = Channel::book};
}

TEST(Monitor, shows_gaps_until_the_stream_is_in_step_again) {
  Monitor monitor;
  const Timestamp now{1000s};
  const auto state_after = [&](const Event::Body& body) {
    monitor.on_event(event_of(body, now), now);
    return monitor.rows(now)[0].state;
  };
  EXPECT_EQ(state_after(Trade{}), StreamState::live);
  EXPECT_EQ(state_after(of_book(Condition::gap)), StreamState::gap);
  EXPECT_EQ(state_after(Trade{}), StreamState::gap);
  EXPECT_EQ(monitor.rows(now)[0].gaps, 1U);
  EXPECT_EQ(state_after(of_book(Condition::resynced)), StreamState::live);
  EXPECT_EQ(state_after(of_book(Condition::disconnected)), StreamState::down);
  EXPECT_EQ(state_after(of_book(Condition::connected)), StreamState::waiting);
  EXPECT_EQ(state_after(Book{}), StreamState::live);
}

// A missing trade is said and counted; what comes next is right.
TEST(Monitor, a_gap_of_trades_does_not_last) {
  Monitor monitor;
  const Timestamp now{1000s};
  monitor.on_event(event_of(Trade{}, now), now);
  monitor.on_event(event_of(Status{.condition = Condition::gap, .channel = Channel::trade}, now),
                   now);
  EXPECT_EQ(monitor.rows(now)[0].state, StreamState::live);
  EXPECT_EQ(monitor.rows(now)[0].gaps, 1U);
}

TEST(Monitor, an_instrument_is_as_bad_as_the_worst_of_its_streams) {
  Monitor monitor;
  const Timestamp now{1000s};
  const auto state_after = [&](const Event::Body& body) {
    monitor.on_event(event_of(body, now), now);
    return monitor.rows(now)[0].state;
  };
  EXPECT_EQ(state_after(of_book(Condition::connected)), StreamState::waiting);
  EXPECT_EQ(state_after(Trade{}), StreamState::waiting) << "its book never came";
  EXPECT_EQ(state_after(Book{}), StreamState::live);
  EXPECT_EQ(state_after(Status{.condition = Condition::connected, .channel = Channel::liquidation}),
            StreamState::live)
      << "a quiet stream keeps nobody waiting";
  EXPECT_EQ(state_after(Status{.condition = Condition::rejected, .channel = Channel::ticker}),
            StreamState::refused);
  EXPECT_EQ(state_after(Book{}), StreamState::refused);
}

TEST(Monitor, has_a_row_for_what_waits_and_says_why) {
  Monitor monitor;
  const Timestamp now{1000s};
  monitor.on_event(
      event_of(Status{.condition = Condition::connected, .channel = Channel::trade}, now), now);
  const std::vector<Waiting> waiting{
      {.venue = "binance", .symbol = "", .name = "NEW-*", .reason = "no listing has named it yet"},
      {.venue = "binance", .symbol = "BTCUSDT", .name = "BTC-USDT", .reason = "connecting"}};
  auto rows = monitor.rows(now, waiting);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].instrument, "BTC-USDT");
  EXPECT_EQ(rows[0].state, StreamState::waiting);
  EXPECT_EQ(rows[0].reason, "connecting");
  EXPECT_EQ(rows[1].instrument, "NEW-*");
  EXPECT_EQ(rows[1].reason, "no listing has named it yet");
  EXPECT_EQ(monitor.rows(now)[0].reason, "nothing has come yet");
  monitor.on_event(event_of(Trade{}, now), now);
  rows = monitor.rows(now, waiting);
  EXPECT_EQ(rows[0].state, StreamState::live);
  EXPECT_EQ(rows[0].reason, "") << "the feed's word is older than the event";
}

TEST(Monitor, says_that_the_book_is_what_is_missing) {
  Monitor monitor;
  const Timestamp now{1000s};
  monitor.on_event(event_of(of_book(Condition::connected), now), now);
  monitor.on_event(event_of(Trade{}, now), now);
  EXPECT_EQ(monitor.rows(now)[0].state, StreamState::waiting);
  EXPECT_EQ(monitor.rows(now)[0].reason, "its book has not come yet");
}

TEST(Monitor, what_is_no_longer_wanted_has_no_row) {
  Monitor monitor;
  const Timestamp now{1000s};
  for (const Channel channel : {Channel::trade, Channel::book}) {
    monitor.on_event(event_of(Status{.condition = Condition::connected, .channel = channel}, now),
                     now);
  }
  const auto end = [&](Channel channel) {
    monitor.on_event(event_of(Status{.condition = Condition::disconnected,
                                     .channel = channel,
                                     .reason = "no longer wanted"},
                              now),
                     now);
  };
  end(Channel::book);
  monitor.on_event(event_of(Trade{}, now), now);
  ASSERT_EQ(monitor.rows(now).size(), 1U);
  EXPECT_EQ(monitor.rows(now)[0].state, StreamState::live);
  end(Channel::trade);
  EXPECT_TRUE(monitor.rows(now).empty());
  monitor.on_event(
      event_of(Status{.condition = Condition::connected, .channel = Channel::trade}, now), now);
  EXPECT_EQ(monitor.rows(now).size(), 1U);
}

}  // namespace
}  // namespace mp::pipeline
