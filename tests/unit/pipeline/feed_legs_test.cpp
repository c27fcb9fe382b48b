// A feed's connections: what is asked for on each, who succeeds whom.
#include <gmock/gmock.h>

#include "feed_machine_fixture.hpp"
#include "okx_frames.hpp"

namespace mp::pipeline {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FeedLegs : public FeedMachineTest {
 protected:
  void book(int seq, int previous) { read(*legs_[0], okx::book(seq, previous)); }
  // A connection whose book was in step, until a message was lost.
  void begin_with_a_lost_message() {
    want({"BTC-USDT"}, {Channel::book});
    start();
    list();
    connect(*legs_[0]);
    read(*legs_[0], okx::subscribed(id_of(take_sent().at(0))));
    book(10, -1);
    book(15, 12);  // 12 is missing
  }
};

TEST_F(FeedLegs, splits_a_refused_request_down_to_the_bad_topic) {
  want({"BTC-USDT", "ETH-USDT"}, {Channel::trade, Channel::book});
  start();
  list();
  connect(*legs_[0]);
  int refused = 0;
  for (auto requests = take_sent(); !requests.empty(); requests = take_sent()) {
    for (const auto& request : requests) {
      const bool bad = request.find(R"("books","instId":"ETH-USDT")") != std::string::npos;
      if (!bad) continue;
      refuse(*legs_[0], request, "60018");
      ++refused;
    }
  }
  EXPECT_EQ(refused, 3);
  EXPECT_EQ(std::ranges::count(statuses_, "rejected book"), 1);
  EXPECT_EQ(std::ranges::count(statuses_, "rejected trade"), 0);
}

// Upbit: what is asked for takes the place of all before it.
TEST_F(FeedLegs, asks_for_all_topics_again_where_a_request_replaces_the_rest) {
  okx_ = venue::make_adapter("upbit");
  want({"*-KRW"}, {Channel::trade});
  start();
  const auto list_as = [&](const std::string& markets) {
    while (calls_.empty()) pass(1min);
    const auto number = calls_.begin()->first;
    calls_.clear();
    machine_->answered(number, markets, now_);
  };
  const std::string bitcoin = R"({"market":"KRW-BTC","korean_name":"b","english_name":"Bitcoin"})";
  const std::string ether = R"({"market":"KRW-ETH","korean_name":"e","english_name":"Ether"})";
  list_as("[" + bitcoin + "]");
  connect(*legs_.at(0));
  ASSERT_EQ(take_sent().size(), 1U);
  list_as("[" + bitcoin + "," + ether + "]");
  const auto requests = take_sent();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_THAT(requests[0], HasSubstr("KRW-BTC"));
  EXPECT_THAT(requests[0], HasSubstr("KRW-ETH"));
}

// One refusal must not leave a topic dead for good: it is asked for again, later and later.
TEST_F(FeedLegs, asks_for_a_refused_topic_again_with_growing_pauses) {
  want({"BTC-USDT"}, {Channel::book});
  start();
  list();
  connect(*legs_[0]);
  std::vector<net::SteadyTime> asked;
  for (int i = 0; i < 6; ++i) {
    const auto requests = take_sent();
    ASSERT_EQ(requests.size(), 1U) << i;
    asked.push_back(now_.steady);
    refuse(*legs_[0], requests[0], "60014");
    while (sent_.empty() && now_.steady < asked.back() + 2h) pass(1s);
  }
  EXPECT_GE(asked[1] - asked[0], 15s);
  for (std::size_t i = 2; i < asked.size(); ++i) EXPECT_GE(asked[i] - asked[i - 1], 15s);
  EXPECT_GE(asked[5] - asked[4], 2min);
  EXPECT_LE(asked[5] - asked[4], 1h);
}

TEST_F(FeedLegs, what_was_granted_before_is_asked_for_again_within_seconds) {
  begin_with_a_lost_message();
  pass(0ms);
  auto requests = take_sent();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_THAT(requests[0], HasSubstr("unsubscribe"));
  refuse(*legs_[0], requests[1], "60014");
  pass(3s);
  requests = take_sent();
  ASSERT_EQ(requests.size(), 1U) << "the refused topic is asked for again";
  EXPECT_THAT(requests[0], HasSubstr(R"("op":"subscribe")"));
  book(20, -1);
  EXPECT_EQ(statuses_.back(), "resynced book");
}

TEST_F(FeedMachineTest,
       a_leg_gets_a_successor_at_the_venues_notice_and_goes_when_that_has_caught_up) {
  want({"BTC-USDT"}, {Channel::trade});
  start();
  list();
  connect(*legs_[0]);
  take_sent();
  statuses_.clear();
  auto& first = *legs_[0];
  const auto trade = [&](FeedMachine::Leg& leg, int id) { read(leg, okx::trade(id)); };
  trade(first, 1);
  read(first, R"({"event":"notice","code":"64008","msg":"soon","connId":"a"})");
  pass(0ms);
  ASSERT_EQ(legs_.size(), 2U);
  auto& second = *legs_[1];
  EXPECT_NE(first.name(), second.name());
  pass(5s);
  EXPECT_THAT(retired_, IsEmpty()) << "the successor is not there yet";
  connect(second);
  trade(first, 2);
  trade(second, 2);
  trade(second, 3);
  trade(first, 3);
  EXPECT_EQ(take_sent().size(), 1U);
  pass(5s);
  ASSERT_THAT(retired_, ElementsAre(HasSubstr("okx.0")));
  trade(second, 4);
  machine_->lost(first, "stopped", now_);
  machine_->ended(first);
  trade(second, 5);
  EXPECT_EQ(trades_, 5U);
  EXPECT_THAT(statuses_, IsEmpty()) << "for the stream nothing has happened";
}

TEST_F(FeedLegs, a_leg_is_renewed_before_the_venue_ends_it) {
  want({"BTC-USDT"}, {Channel::trade});
  limits_.session_lifetime = 24h;
  start();
  list();
  connect(*legs_[0]);
  for (int i = 0; i < 23 * 2 + 1; ++i) {
    pass(30min);
    list();  // every half hour anew
  }
  pass(13min);
  EXPECT_EQ(legs_.size(), 1U);
  pass(7min);
  EXPECT_EQ(legs_.size(), 2U);
}

TEST_F(FeedLegs, a_successor_takes_over_at_once_when_the_leg_is_lost) {
  want({"BTC-USDT"}, {Channel::trade});
  start();
  list();
  auto& first = *legs_[0];
  connect(first);
  read(first, R"({"event":"notice","code":"64008","msg":"soon","connId":"a"})");
  pass(0ms);
  connect(*legs_[1]);
  machine_->lost(first, "closed", now_);
  pass(1s);
  EXPECT_THAT(retired_, ElementsAre(first.name()));
  EXPECT_EQ(std::ranges::count(statuses_, "disconnected trade"), 0);
}

TEST_F(FeedLegs, two_legs_are_one_stream) {
  config_.legs = 2;
  want({"BTC-USDT"}, {Channel::trade});
  start();
  list();
  ASSERT_EQ(legs_.size(), 2U);
  for (auto* leg : legs_) connect(*leg);
  EXPECT_EQ(sent_.size(), 2U);
  EXPECT_THAT(statuses_, ElementsAre("connected trade"));
  machine_->lost(*legs_[0], "reset", now_);
  EXPECT_EQ(statuses_.size(), 1U);
  machine_->lost(*legs_[1], "reset", now_);
  EXPECT_THAT(statuses_, ElementsAre("connected trade", "disconnected trade"));
}

TEST_F(FeedLegs, ends_when_all_that_was_open_has_ended) {
  want({"BTC-USDT"}, {Channel::trade});
  start();
  list();
  connect(*legs_[0]);
  auto& leg = *legs_[0];
  machine_->stop(now_);
  EXPECT_FALSE(machine_->ended());
  EXPECT_EQ(retired_.size(), 1U);
  machine_->lost(leg, "stopped", now_);
  machine_->ended(leg);
  EXPECT_TRUE(machine_->ended());
}

// A refusal that names neither its request nor its topic: nothing tells that the book is dead.
TEST_F(FeedLegs, a_book_that_nobody_cares_for_is_asked_for_again) {
  begin_with_a_lost_message();
  pass(1s);
  EXPECT_EQ(take_sent().size(), 2U);
  for (int i = 0; i < 4; ++i) {
    read(*legs_[0], R"({"event":"error","code":"60014","msg":"later","connId":"a"})");
    const auto since = now_.steady;
    while (sent_.empty() && now_.steady < since + 1h) pass(1s);
    EXPECT_FALSE(take_sent().empty()) << i;
    if (i == 0) {
      EXPECT_LE(now_.steady - since, 20s);
    }
  }
  book(20, -1);
  EXPECT_EQ(statuses_.back(), "resynced book");
  take_sent();
  pass(20min);
  EXPECT_TRUE(take_sent().empty());
}

}  // namespace
}  // namespace mp::pipeline
