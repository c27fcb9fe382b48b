// Data that flow, and are old.
#include <gmock/gmock.h>

#include "feed_machine_fixture.hpp"
#include "okx_frames.hpp"

namespace mp::pipeline {
namespace {

using testing::Each;
using testing::ElementsAre;

class FeedStaleness : public FeedMachineTest {
 protected:
  FeedStaleness() {
    want({"BTC-USDT"}, {Channel::trade, Channel::book});
    start();
    list();
    connect(*legs_.at(0));
  }
  // A trade a second.
  void trade_for(std::chrono::seconds time) {
    for (auto second = 0s; second < time; ++second) {
      read(*legs_[0], okx::trade(++last_trade_));
      pass(1s);
    }
  }

  int last_trade_ = 0;
};

TEST_F(FeedStaleness, a_connection_whose_data_are_old_is_renewed) {
  trade_for(300s);
  delay_ = 20s;
  trade_for(25s);
  EXPECT_EQ(renewed_, 0);
  trade_for(10s);
  EXPECT_EQ(renewed_, 1);
  EXPECT_EQ(counters_.stale, 1U);
  machine_->lost(*legs_[0], "requested", now_, "a new session was asked for");
  EXPECT_THAT(reasons_, ElementsAre("stale", "stale"));
  connect(*legs_[0]);
  delay_ = 1ms;
  trade_for(300s);
  EXPECT_EQ(renewed_, 1);
  machine_->lost(*legs_[0], "requested", now_, "for another reason");
  EXPECT_EQ(reasons_.back(), "requested");
}

TEST_F(FeedStaleness, a_queue_that_grows_is_found) {
  trade_for(300s);
  for (int i = 0; i < 100; ++i) {
    delay_ += 500ms;
    trade_for(1s);
  }
  EXPECT_GE(renewed_, 1);
}

TEST_F(FeedStaleness, it_is_renewed_with_growing_pauses_where_that_does_not_help) {
  trade_for(300s);
  for (int i = 0; i < 3600; ++i) {
    delay_ += 1s;  // as if the venue's clock stood still
    trade_for(1s);
    if (renewed_ > static_cast<int>(reasons_.size() / 2)) {
      machine_->lost(*legs_[0], "requested", now_);
      connect(*legs_[0]);
    }
  }
  EXPECT_THAT(reasons_, Each("stale"));
  EXPECT_GE(renewed_, 4);
  EXPECT_LE(renewed_, 7);
}

TEST_F(FeedStaleness, a_clock_that_is_off_makes_no_alarm) {
  delay_ = 3h;
  trade_for(600s);
  EXPECT_EQ(renewed_, 0);
}

TEST_F(FeedStaleness, our_own_clock_that_is_set_makes_none) {
  trade_for(300s);
  now_.utc += 1h;
  delay_ += 1h;  // the venue's clock is as before
  trade_for(600s);
  EXPECT_EQ(renewed_, 0);
}

// A book's snapshot has the time of its last change, which may be long ago.
TEST_F(FeedStaleness, what_is_not_new_may_be_old) {
  trade_for(60s);
  for (int i = 0; i < 300; ++i) {
    delay_ += 1s;
    read(*legs_[0], okx::book(10 + i, -1));
    pass(1s);
  }
  EXPECT_EQ(renewed_, 0);
  for (int i = 300; i < 360; ++i) {
    read(*legs_[0], okx::book(10 + i, 9 + i));
    pass(1s);
  }
  EXPECT_EQ(renewed_, 1) << "but changes are new";
}

TEST_F(FeedStaleness, events_without_a_time_tell_nothing) {
  trade_for(300s);
  for (int i = 0; i < 300; ++i) {
    read(*legs_[0], R"({"arg":{"channel":"index-tickers","instId":"BTC-USDT"},"data":[{"instId":)"
                    R"("BTC-USDT","idxPx":"1","ts":"1000"}]})");
    pass(1s);
  }
  EXPECT_EQ(counters_.stale, 0U);
}

}  // namespace
}  // namespace mp::pipeline
