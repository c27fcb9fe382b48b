// What a feed says of its connections.
#include <gmock/gmock.h>

#include "feed_machine_fixture.hpp"
#include "okx_frames.hpp"

namespace mp::pipeline {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class FeedHealthTest : public FeedMachineTest {
 protected:
  void begin(unsigned legs = 1) {
    config_.legs = legs;
    want({"BTC-USDT"}, {Channel::trade});
    start();
    list();
    pass(0ms);
  }
  FeedHealth health() { return state().health; }
  ConnectionHealth connection(std::size_t number = 0) {
    const auto all = health().connections;
    EXPECT_GT(all.size(), number);
    return all.size() > number ? all[number] : ConnectionHealth{};
  }
};

TEST_F(FeedHealthTest, a_connection_opens_lives_and_waits) {
  begin();
  EXPECT_EQ(connection().state, ConnectionState::opening);
  EXPECT_EQ(connection().name, "okx.0");
  EXPECT_EQ(connection().topics, 1U);
  machine_->lost(*legs_[0], "refused", now_, "connection refused", 4s);
  EXPECT_EQ(connection().state, ConnectionState::waiting);
  EXPECT_EQ(connection().reason, "connection refused");
  EXPECT_EQ(connection().retry_at, now_.utc + 4s);
  EXPECT_EQ(connection().disconnects, 0U) << "it was never open";
  pass(5s);
  EXPECT_EQ(connection().state, ConnectionState::opening);
  EXPECT_EQ(connection().retry_at, std::nullopt);
  connect(*legs_[0]);
  pass(7s);
  read(*legs_[0], okx::trade(1));
  pass(3s);
  EXPECT_EQ(connection().state, ConnectionState::live);
  EXPECT_EQ(connection().reason, "");
  EXPECT_EQ(connection().uptime, 10s);
  EXPECT_EQ(connection().silence, 3s);
  EXPECT_EQ(connection().connects, 1U);
}

TEST_F(FeedHealthTest, availability_is_the_time_with_a_live_leg) {
  want({"BTC-USDT"}, {Channel::trade});
  start();
  pass(4s);  // no listing comes
  EXPECT_EQ(health().hour, (Uptime{.wanted = 4s, .live = 0s}));
  list();
  pass(0ms);
  const Uptime before = health().hour;
  connect(*legs_[0]);
  pass(30s);
  machine_->lost(*legs_[0], "reset", now_, "reset", 2s);
  pass(2s);
  connect(*legs_[0]);
  pass(8s);
  EXPECT_EQ(health().hour, (Uptime{.wanted = before.wanted + 40s, .live = before.live + 38s}));
  EXPECT_EQ(health().day, health().hour);
}

TEST_F(FeedHealthTest, with_two_legs_one_of_them_is_enough) {
  begin(2);
  for (auto* leg : legs_) connect(*leg);
  pass(1s);
  const Uptime before = health().hour;
  machine_->lost(*legs_[0], "reset", now_);
  pass(10s);
  EXPECT_EQ(health().hour, (Uptime{.wanted = before.wanted + 10s, .live = before.live + 10s}));
  machine_->lost(*legs_[1], "reset", now_);
  pass(10s);
  EXPECT_EQ(health().hour, (Uptime{.wanted = before.wanted + 20s, .live = before.live + 10s}));
}

TEST_F(FeedHealthTest, two_legs_tell_who_leads_and_by_how_much) {
  begin(2);
  for (auto* leg : legs_) connect(*leg);
  auto& first = *legs_[0];
  auto& second = *legs_[1];
  for (int id = 1; id <= 3; ++id) {
    read(first, okx::trade(id));
    pass(4ms);
    read(second, okx::trade(id));
  }
  read(second, okx::trade(4));
  pass(1ms);
  read(first, okx::trade(4));
  EXPECT_EQ(connection(0).race, (Race{.first = 3, .late = 1, .timed = 1, .behind = 1ms}));
  EXPECT_EQ(connection(1).race, (Race{.first = 1, .late = 3, .timed = 3, .behind = 12ms}));
  EXPECT_EQ(connection(1).leg, 1U);
  // A new connection goes on with the counts of the one before it.
  machine_->lost(second, "reset", now_);
  EXPECT_EQ(connection(1).race.late, 3U);
  connect(second);
  read(second, okx::trade(5));
  EXPECT_EQ(connection(1).race.first, 2U);
}

TEST_F(FeedHealthTest, a_successor_takes_over_what_was_counted) {
  begin();
  connect(*legs_[0]);
  auto& first = *legs_[0];
  traffic_[first.name()] = {.messages = 10, .bytes = 900};
  read(first, R"({"event":"notice","code":"64008","msg":"soon","connId":"a"})");
  pass(0ms);
  ASSERT_THAT(legs_, SizeIs(2));
  auto& second = *legs_[1];
  connect(second);
  pass(5s);
  ASSERT_THAT(retired_, SizeIs(1));
  machine_->lost(first, "stopped", now_);
  machine_->ended(first);
  traffic_[second.name()] = {.messages = 2, .bytes = 100};
  ASSERT_THAT(health().connections, SizeIs(1));
  EXPECT_EQ(connection().connects, 2U);
  EXPECT_EQ(connection().disconnects, 1U);
  EXPECT_EQ(connection().messages, 12U);
  EXPECT_EQ(connection().bytes, 1000U);
}

TEST_F(FeedHealthTest, the_answer_to_a_text_ping_tells_the_round_trip) {
  begin();
  connect(*legs_[0]);
  traffic_[legs_[0]->name()] = {.round_trip = 70ms};  // of a ping by the protocol
  EXPECT_EQ(connection().round_trip, 70ms);
  pass(25s);
  EXPECT_EQ(machine_->text_ping(*legs_[0], now_.utc), "ping");
  pass(20ms);
  read(*legs_[0], okx::trade(1));
  EXPECT_EQ(connection().round_trip, 70ms) << "data answers nothing";
  pass(13ms);
  read(*legs_[0], "pong");
  EXPECT_EQ(connection().round_trip, 33ms);
  pass(1s);
  read(*legs_[0], "pong");
  EXPECT_EQ(connection().round_trip, 33ms) << "nobody asked";
}

TEST_F(FeedHealthTest, tells_how_old_what_comes_is) {
  begin();
  connect(*legs_[0]);
  EXPECT_EQ(connection().delay, std::nullopt);
  delay_ = 40ms;
  read(*legs_[0], okx::trade(1));
  pass(1s);
  delay_ = 70ms;
  read(*legs_[0], okx::trade(2));
  pass(1s);
  EXPECT_EQ(connection().delay, 70ms);
  EXPECT_EQ(connection().usual_delay, 40ms);
}

TEST_F(FeedHealthTest, ends_with_what_it_was_up_to_then) {
  begin();
  connect(*legs_[0]);
  pass(10s);
  const Uptime before = health().hour;
  auto& leg = *legs_[0];
  machine_->stop(now_);
  machine_->lost(leg, "stopped", now_);
  now_.steady += 1h;
  EXPECT_EQ(health().day, before);
}

}  // namespace
}  // namespace mp::pipeline
