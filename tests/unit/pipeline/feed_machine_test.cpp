// What a feed asks of its venue by REST: listings, again and again, and what it does when refused.
#include <gmock/gmock.h>

#include "feed_machine_fixture.hpp"

namespace mp::pipeline {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(FeedMachineTest, asks_for_listings_then_connects_and_subscribes) {
  want({"BTC-USDT"}, {Channel::trade, Channel::book});
  start();
  EXPECT_FALSE(calls_.empty());
  EXPECT_THAT(legs_, IsEmpty());
  list();
  ASSERT_EQ(legs_.size(), 1U);
  EXPECT_TRUE(machine_->planned());
  EXPECT_EQ(machine_->subscriptions(), 2U);
  EXPECT_THAT(sent_, IsEmpty());
  connect(*legs_[0]);
  ASSERT_EQ(sent_.size(), 1U);
  EXPECT_THAT(sent_[0], HasSubstr("trades"));
  EXPECT_THAT(sent_[0], HasSubstr("books"));
  EXPECT_THAT(statuses_, ElementsAre("connected trade", "connected book"));
}

TEST_F(FeedMachineTest, what_is_not_listed_waits_while_a_listing_is_missing_and_is_refused_then) {
  want({"BTC-USDT", "NO-SUCH"}, {Channel::trade});
  start();
  // The first listing fails, whatever it is of.
  const auto first = *calls_.begin();
  calls_.erase(calls_.begin());
  fail(first.first);
  const bool spot_failed = first.second.target.find("SPOT") != std::string::npos;
  for (int i = 0; i < 20 && !calls_.empty(); ++i) {
    const auto [number, call] = *calls_.begin();
    calls_.erase(calls_.begin());
    if (call.target == first.second.target) {
      fail(number);
    } else {
      const bool spot = call.target.find("instType=SPOT") != std::string::npos;
      machine_->answered(number, spot ? listing_of({"BTC", "ETH"}) : listing_of({}), now_);
    }
    if (calls_.empty()) pass(100ms);
  }
  EXPECT_EQ(machine_->subscriptions(), spot_failed ? 0U : 1U);
  EXPECT_THAT(machine_->refusals(), IsEmpty());
  pass(60s);
  list();
  EXPECT_EQ(machine_->subscriptions(), 1U);
}

TEST_F(FeedMachineTest, keeps_asking_while_no_listing_comes_at_all_and_never_spins) {
  want({"BTC-USDT"}, {Channel::trade});
  start();
  std::size_t asked = 0;
  for (int minute = 0; minute < 60; ++minute) {
    asked += calls_.size();
    fail_all();
    pass(1min);
  }
  EXPECT_GT(asked, 60U);
  EXPECT_LT(asked, 1500U);
  EXPECT_FALSE(machine_->planned());
  fail_all();
  pass(1min);
  list();
  EXPECT_TRUE(machine_->planned());
}

TEST_F(FeedMachineTest, makes_no_call_while_the_venue_wants_a_pause) {
  want({"BTC-USDT"}, {Channel::trade});
  start();
  fail_all(429, 10min);
  for (int i = 0; i < 59; ++i) {
    pass(10s);
    ASSERT_THAT(calls_, IsEmpty()) << i;
  }
  pass(20s);
  EXPECT_FALSE(calls_.empty());
}

// Whoever goes on after 429 gets 418.
TEST_F(FeedMachineTest, waits_longer_each_time_that_it_is_limited_without_a_word_for_how_long) {
  want({"BTC-USDT"}, {Channel::trade});
  start();
  std::vector<net::SteadyTime> called;
  for (int i = 0; i < 5; ++i) {
    while (calls_.empty()) pass(1s);
    called.push_back(now_.steady);
    fail_all(429);
  }
  for (std::size_t i = 1; i < called.size(); ++i)
    EXPECT_GE(called[i] - called[i - 1], 10s * (1U << (i - 1)));
}

TEST_F(FeedMachineTest, believes_no_pause_of_a_year) {
  want({"BTC-USDT"}, {Channel::trade});
  start();
  fail_all(503, 24h * 365);
  pass(61min);
  EXPECT_FALSE(calls_.empty());
}

// A symbol that the venue does not know need not be asked for every half minute for ever.
TEST_F(FeedMachineTest, asks_seldom_for_what_the_venue_refuses) {
  want({"BTC-USDT"}, {Channel::trade});
  start();
  int asked = 0;
  for (int minute = 0; minute < 600; ++minute) {
    for (const auto& [number, call] : std::exchange(calls_, {})) {
      ++asked;
      fail(number, 400);
    }
    pass(1min);
  }
  EXPECT_LT(asked, 40 * 6);
  EXPECT_GT(asked, 20);
}

TEST_F(FeedMachineTest, learns_without_collecting) {
  want({"BTC-USDT", "ETH-USDX"}, {Channel::trade});
  start(FeedMachine::Purpose::learn);
  list();
  EXPECT_TRUE(machine_->learnt());
  const auto checked = machine_->check();
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message, HasSubstr("ETH-USDX"));
  EXPECT_THAT(legs_, IsEmpty());
}

TEST_F(FeedMachineTest, a_check_fails_when_a_listing_does) {
  want({"BTC-USDT"}, {Channel::trade});
  start(FeedMachine::Purpose::learn);
  while (!machine_->learnt()) {
    fail_all();
    pass(100ms);
  }
  EXPECT_EQ(machine_->check().error().message, "no answer");
}

}  // namespace
}  // namespace mp::pipeline
