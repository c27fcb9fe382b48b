#include "sim/host.hpp"

#include <gmock/gmock.h>

#include "unit/sim/decode.hpp"

namespace mp::sim {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kStart = from_nanoseconds(1'795'000'000'000'000'000);

struct ScriptedWire final : Wire {
  void send(Frame frame) override { frames.push_back(std::move(frame)); }
  void ping(ConnectionId id) override { pings.push_back(id); }
  void close(ConnectionId id, std::uint16_t code, std::string_view) override {
    closes.emplace_back(id, code);
  }
  void reset(ConnectionId id) override { resets.push_back(id); }
  void cut(ConnectionId) override {}
  [[nodiscard]] std::size_t queued_bytes(ConnectionId) const override { return 0; }

  std::vector<Frame> frames;
  std::vector<ConnectionId> pings;
  std::vector<std::pair<ConnectionId, int>> closes;
  std::vector<ConnectionId> resets;
};

class SimHost : public testing::Test {
 protected:
  Host& open(std::string_view venue, std::string_view target, std::uint64_t rate = 2000,
             VenueOptions options = {}) {
    host_.emplace(make_exchange(venue, 3, kStart, options), rate, wire_, ledger_);
    EXPECT_TRUE(host_->opened(1, target, now_));
    host_->tick(now_);
    return *host_;
  }
  void pass(Nanoseconds time, Nanoseconds step = 5ms) {
    for (const Timestamp end = now_ + time; now_ < end;) host_->tick(now_ += step);
  }

  Timestamp now_ = kStart;
  ScriptedWire wire_;
  Ledger ledger_{1000};
  std::optional<Host> host_;
};

constexpr std::string_view kBusy =
    "/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms";

TEST_F(SimHost, keeps_the_rate) {
  open("binance", kBusy, 2000);
  pass(10s);
  EXPECT_NEAR(static_cast<double>(wire_.frames.size()), 20'000.0, 50.0);
}

TEST_F(SimHost, does_not_flood_after_a_pause) {
  open("binance", kBusy, 2000);
  pass(10s, 10s);
  EXPECT_LE(wire_.frames.size(), 220U);
  EXPECT_GE(wire_.frames.size(), 150U);
}

TEST_F(SimHost, stands_still_without_traffic) {
  Host& host = open("binance", kBusy);
  host.set_traffic(false);
  pass(1s);
  EXPECT_TRUE(wire_.frames.empty());
}

TEST_F(SimHost, ends_a_binance_client_that_sends_a_sixth_frame_in_a_second) {
  Host& host = open("binance", kBusy);
  for (int i = 0; i < 5; ++i) host.text_came(1, R"({"method":"LIST_SUBSCRIPTIONS","id":1})", now_);
  EXPECT_TRUE(wire_.closes.empty());
  host.pong_came(1, now_ + 999ms);
  EXPECT_THAT(wire_.closes, testing::ElementsAre(std::pair(ConnectionId{1}, 1008)));
  EXPECT_EQ(host.counters().rate_kills, 1U);
}

TEST_F(SimHost, allows_five_frames_in_each_second) {
  Host& host = open("binance", kBusy);
  for (int second = 0; second < 3; ++second) {
    for (int i = 0; i < 5; ++i)
      host.text_came(1, R"({"method":"LIST_SUBSCRIPTIONS","id":1})", now_);
    now_ += 1s;
  }
  EXPECT_TRUE(wire_.closes.empty());
  EXPECT_EQ(wire_.frames.size(), 15U);
}

TEST_F(SimHost, pings_every_20_s_and_ends_a_client_that_owes_a_pong_for_60_s) {
  Host& host = open("binance", "/ws");
  pass(20s);
  EXPECT_EQ(wire_.pings.size(), 1U);
  host.pong_came(1, now_);
  pass(20s);
  EXPECT_EQ(wire_.pings.size(), 2U);
  pass(59s);
  EXPECT_TRUE(wire_.closes.empty());
  pass(2s);
  EXPECT_EQ(wire_.closes.size(), 1U);
}

TEST_F(SimHost, ends_an_okx_client_after_30_s_without_a_word_to_it) {
  Host& host = open("okx", "/ws/v5/public");
  pass(29s);
  host.text_came(1, "ping", now_);
  EXPECT_EQ(wire_.frames.at(0).text, "pong");
  pass(29s);
  EXPECT_TRUE(wire_.closes.empty());
  pass(1s);
  EXPECT_THAT(wire_.closes, testing::ElementsAre(std::pair(ConnectionId{1}, 4004)));
}

TEST_F(SimHost, a_dropped_depth_message_leaves_a_gap_and_an_entry) {
  Host& host = open("binance", "/ws/btcusdt@depth@100ms");
  pass(1s);
  host.drop_depth("BTCUSDT", now_);
  pass(1s);
  std::vector<Entry> events;
  for (const Frame& frame : wire_.frames) events.push_back(decode_binance(frame.text).at(0));
  std::vector<std::pair<std::int64_t, std::int64_t>> gaps;
  for (std::size_t i = 1; i < events.size(); ++i) {
    const std::int64_t expected = *events[i - 1].last_sequence + 1;
    if (*events[i].first_sequence != expected)
      gaps.emplace_back(expected, *events[i].first_sequence - 1);
  }
  ASSERT_EQ(ledger_.entries().size(), 1U);
  const Entry& dropped = ledger_.entries()[0];
  EXPECT_EQ(dropped.delivery, Delivery::dropped);
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0], std::pair(*dropped.first_sequence, *dropped.last_sequence));
  ASSERT_EQ(ledger_.faults().size(), 1U);
  EXPECT_EQ(ledger_.faults()[0].kind, FaultKind::drop_depth);
  EXPECT_EQ(ledger_.faults()[0].affected, 1U);
}

TEST_F(SimHost, a_reset_ends_every_connection) {
  Host& host = open("okx", "/ws/v5/public");
  EXPECT_TRUE(host.opened(2, "/ws/v5/business", now_));
  host.reset_all(now_);
  EXPECT_THAT(wire_.resets, testing::ElementsAre(1, 2));
  EXPECT_EQ(ledger_.faults().at(0).affected, 2U);
}

TEST_F(SimHost, a_mute_venue_keeps_connections_and_loses_messages) {
  Host& host = open("okx", "/ws/v5/public");
  host.text_came(1, R"({"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"}]})", now_);
  host.mute(now_);
  wire_.frames.clear();
  pass(60s);
  EXPECT_TRUE(wire_.frames.empty());
  EXPECT_TRUE(wire_.closes.empty());
  EXPECT_FALSE(host.ping_came(1, now_));
  EXPECT_GT(host.counters().messages_dropped, 500U);
  host.unmute(now_);
  pass(1s);
  EXPECT_GE(wire_.frames.size(), 9U);
  EXPECT_EQ(ledger_.faults().size(), 2U);
}

TEST(SimLedger, counts_on_when_it_is_full) {
  Ledger ledger(2);
  for (int i = 1; i <= 3; ++i) {
    Entry entry;
    entry.venue = "binance";
    entry.symbol = "BTCUSDT";
    entry.values = {Decimal{-i, -2}, Decimal{10 * i, -3}};
    entry.values_count = 2;
    ledger.add(entry);
  }
  EXPECT_EQ(ledger.entries().size(), 2U);
  EXPECT_EQ(ledger.overflow(), 1U);
  ASSERT_EQ(ledger.totals().size(), 1U);
  const Total expected{.count = 3, .price_sum = static_cast<std::uint64_t>(-6), .quantity_sum = 60};
  EXPECT_EQ(ledger.totals().begin()->second, expected);
}

}  // namespace
}  // namespace mp::sim
