// What a venue leaves unsaid, refuses, or says so that it cannot be read.
#include <gmock/gmock.h>

#include "feed_machine_fixture.hpp"
#include "okx_frames.hpp"

namespace mp::pipeline {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using FeedFaults = FeedMachineTest;

// A venue that is starting, or an error that looks like an answer: no reason to end the collection.
TEST_F(FeedFaults, asks_again_when_the_listing_names_nothing) {
  want({"BTC-USDT"}, {Channel::trade});
  start();
  for (int round = 0; round < 4; ++round) {
    while (!calls_.empty()) {
      const auto number = calls_.begin()->first;
      calls_.erase(calls_.begin());
      machine_->answered(number, listing_of({}), now_);
    }
    EXPECT_FALSE(machine_->planned());
    EXPECT_THAT(machine_->refusals(), IsEmpty());
    for (int second = 0; second < 60 && calls_.empty(); ++second) pass(1s);
    ASSERT_FALSE(calls_.empty()) << round;
  }
  list();
  EXPECT_TRUE(machine_->planned());
  EXPECT_EQ(machine_->subscriptions(), 1U);
}

TEST_F(FeedFaults, takes_one_refusal_for_a_slip) {
  for (const int status : {400, 403, 404}) {
    want({"BTC-USDT"}, {Channel::trade});
    start();
    fail(std::exchange(calls_, {}).begin()->first, status);
    pass(1s);
    EXPECT_FALSE(calls_.empty()) << status;
    calls_.clear();
    machine_.reset();
  }
}

TEST_F(FeedFaults, misses_an_answer_says_so_and_asks_again_later_and_later) {
  want({"BTC-USDT", "ETH-USDT"}, {Channel::trade});
  start();
  list();
  connect(*legs_[0]);
  take_sent();
  std::vector<net::SteadyTime> asked{now_.steady};
  while (asked.size() < 4) {
    pass(1s);
    const auto requests = take_sent();
    if (requests.empty()) continue;
    EXPECT_EQ(requests.size(), 1U);
    EXPECT_THAT(requests[0], HasSubstr("BTC-USDT"));
    EXPECT_THAT(requests[0], HasSubstr("ETH-USDT"));
    asked.push_back(now_.steady);
  }
  EXPECT_EQ(counters_.unanswered, 3U);
  EXPECT_LE(asked[1] - asked[0], 7s);
  EXPECT_GE(asked[2] - asked[1], 20s);
  EXPECT_GE(asked[3] - asked[2], 80s);
}

// Who stays away longer each time would come back minutes after the venue has.
TEST_F(FeedFaults, asks_sooner_again_for_what_the_venue_granted_before) {
  want({"BTC-USDT"}, {Channel::trade});
  start();
  list();
  connect(*legs_[0]);
  read(*legs_[0], R"({"id":")" + id_of(take_sent().at(0)) + R"(","event":"subscribe",)" +
                      R"("arg":{"channel":"trades","instId":"BTC-USDT"},"connId":"a"})");
  machine_->lost(*legs_[0], "reset", now_);
  connect(*legs_[0]);
  take_sent();
  const auto begin = now_.steady;
  std::size_t asked = 0;
  for (const auto end : {8s, 20s, 42s, 84s}) {
    while (now_.steady < begin + end) pass(1s);
    asked += take_sent().size();
  }
  EXPECT_EQ(asked, 4U);
}

TEST_F(FeedFaults, asks_again_only_for_what_is_silent_and_not_answered) {
  want({"BTC-USDT", "ETH-USDT"}, {Channel::trade});
  start();
  list();
  connect(*legs_[0]);
  take_sent();
  read(*legs_[0],
       R"({"arg":{"channel":"trades-all","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT",)"
       R"("tradeId":"1","px":"1","sz":"2","side":"buy","ts":"1795000000000"}]})");
  pass(10s);
  auto requests = take_sent();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_THAT(requests[0], Not(HasSubstr("BTC-USDT")));
  read(*legs_[0], R"({"id":")" + id_of(requests[0]) + R"(","event":"subscribe",)" +
                      R"("arg":{"channel":"trades","instId":"ETH-USDT"},"connId":"a"})");
  pass(2h);
  EXPECT_THAT(take_sent(), IsEmpty());
  EXPECT_EQ(counters_.unanswered, 1U);
}

// What one connection brings says nothing of what another one was asked for.
TEST_F(FeedFaults, asks_again_on_a_connection_whose_topic_another_one_brings) {
  config_.legs = 2;
  want({"BTC-USDT"}, {Channel::trade});
  start();
  list();
  ASSERT_EQ(legs_.size(), 2U);
  auto& first = *legs_[0];
  connect(first);
  read(first, R"({"id":")" + id_of(take_sent().at(0)) + R"(","event":"subscribe",)" +
                  R"("arg":{"channel":"trades","instId":"BTC-USDT"},"connId":"a"})");
  connect(*legs_[1]);
  ASSERT_EQ(take_sent().size(), 1U);
  for (int id = 1; id <= 10; ++id) {
    read(first, okx::trade(id));
    pass(1s);
  }
  EXPECT_EQ(take_sent().size(), 1U) << "nothing answers the second one";
}

// What was refused once and is not answered the next time is not given up.
TEST_F(FeedFaults, asks_again_for_a_refused_topic_that_is_then_not_answered) {
  want({"BTC-USDT"}, {Channel::book});
  start();
  list();
  connect(*legs_[0]);
  const auto requests = take_sent();
  ASSERT_EQ(requests.size(), 1U);
  refuse(*legs_[0], requests[0], "60014");
  std::size_t asked = 0;
  for (int minute = 0; minute < 10; ++minute) {
    pass(1min);
    asked += take_sent().size();
  }
  EXPECT_GE(asked, 3U);
}

// What could not be read is missing, and what is missing is an event.
TEST_F(FeedFaults, marks_what_cannot_be_read_as_a_gap_and_counts_it_exactly) {
  want({"BTC-USDT", "ETH-USDT"}, {Channel::trade});
  start();
  list();
  auto& leg = *legs_[0];
  connect(leg);
  const auto broken = [&](const std::string& symbol) {
    read(leg, R"({"arg":{"channel":"trades-all","instId":")" + symbol +
                  R"("},"data":[{"instId":")" + symbol +
                  R"(","tradeId":"1","px":"abc","sz":"2","side":"buy","ts":"1795000000000"}]})");
  };
  for (int i = 0; i < 5; ++i) broken("BTC-USDT");
  EXPECT_EQ(gaps_, (std::vector<Gap>{{"BTC-USDT", "malformed", 1}}));
  read(leg, "{{{");
  EXPECT_EQ(gaps_.back(), (Gap{"", "malformed", 1}));
  pass(2s);
  EXPECT_EQ(gaps_.back(), (Gap{"BTC-USDT", "malformed", 4}));
  EXPECT_EQ(gaps_.size(), 3U);
  broken("ETH-USDT");
  broken("ETH-USDT");
  machine_->lost(leg, "reset", now_);
  EXPECT_EQ(gaps_.back(), (Gap{"ETH-USDT", "malformed", 1})) << "told before the end";
  EXPECT_EQ(gaps_.size(), 5U);
}

// Coinbase's books have no numbers: nothing else would tell that an update of one was lost.
TEST_F(FeedFaults, a_book_begins_anew_where_nothing_tells_what_was_lost) {
  okx_ = venue::make_adapter("coinbase");
  want({"BTC-USD"}, {Channel::book});
  start();
  const auto listing = calls_.begin()->first;
  calls_.clear();
  machine_->answered(
      listing,
      R"([{"id":"BTC-USD","base_currency":"BTC","quote_currency":"USD",)"
      R"("quote_increment":"0.01","base_increment":"0.00000001","status":"online"}])",
      now_);
  ASSERT_EQ(legs_.size(), 1U);
  auto& leg = *legs_[0];
  connect(leg);
  const std::string snapshot =
      R"({"type":"snapshot","product_id":"BTC-USD","asks":[["2","1"]],"bids":[["1","1"]]})";
  read(leg, snapshot);
  take_sent();
  statuses_.clear();
  read(leg, R"({"type":"l2update","product_id":"BTC-USD","changes":[["buy","x","0.00"]],)"
            R"("time":"2021-04-17T16:43:37.200251Z"})");
  EXPECT_THAT(statuses_, testing::Contains("gap book"));
  pass(1s);
  const auto requests = take_sent();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_THAT(requests[0], HasSubstr("unsubscribe"));
  read(leg, snapshot);
  EXPECT_EQ(statuses_.back(), "resynced book");
  EXPECT_EQ(renewed_, 0);
  // Whose it was cannot be told: all books of the connection, which is made anew, once a minute.
  for (int i = 0; i < 3; ++i) {
    read(leg, "{{{");
    pass(1s);
  }
  EXPECT_EQ(std::ranges::count(statuses_, "gap book"), 2);
  EXPECT_EQ(renewed_, 1);
  pass(1min);
  EXPECT_EQ(renewed_, 2);
}

// --- silence ---

TEST_F(FeedFaults, renews_a_connection_that_stops_saying_anything) {
  want({"BTC-USDT"}, {Channel::trade});
  start();
  list();
  connect(*legs_[0]);
  for (int id = 1; id <= 100; ++id) {
    read(*legs_[0], okx::trade(id));
    pass(200ms);
  }
  const auto heard = now_.steady;
  while (renewed_ == 0 && now_.steady < heard + 1min) {
    read(*legs_[0], "pong");  // it answers pings all the time
    pass(1s);
  }
  EXPECT_EQ(renewed_, 1);
  EXPECT_LE(now_.steady - heard, 30s);
  EXPECT_EQ(counters_.silences, 1U);
}

TEST_F(FeedFaults, leaves_a_quiet_connection_alone_for_ten_minutes_but_says_it) {
  want({"BTC-USDT"}, {Channel::trade});
  start();
  list();
  connect(*legs_[0]);
  read(*legs_[0], okx::subscribed(id_of(take_sent().at(0))));
  pass(30s);
  EXPECT_EQ(counters_.silences, 1U) << "said within half a minute";
  pass(9min);
  EXPECT_EQ(counters_.silences, 1U) << "once";
  EXPECT_EQ(renewed_, 0);
}

TEST_F(FeedFaults, asks_anew_for_a_topic_that_falls_silent_among_others) {
  want({"BTC-USDT", "ETH-USDT"}, {Channel::trade});
  start();
  list();
  connect(*legs_[0]);
  take_sent();
  int id = 0;
  const auto trade_for = [&](std::chrono::seconds time,
                             std::initializer_list<const char*> symbols) {
    for (const auto end = now_.steady + time; now_.steady < end; pass(500ms)) {
      ++id;
      for (const char* const symbol : symbols) read(*legs_[0], okx::trade(id, symbol));
    }
  };
  trade_for(2min, {"BTC-USDT", "ETH-USDT"});
  take_sent();
  trade_for(55s, {"BTC-USDT"});
  EXPECT_THAT(take_sent(), IsEmpty());
  trade_for(15s, {"BTC-USDT"});
  const auto sent = take_sent();
  ASSERT_GE(sent.size(), 2U) << "the end of it, and its beginning";
  for (const auto& request : sent) {
    EXPECT_THAT(request, HasSubstr("ETH-USDT"));
    EXPECT_THAT(request, Not(HasSubstr("BTC-USDT")));
  }
  EXPECT_EQ(renewed_, 0);
}

}  // namespace
}  // namespace mp::pipeline
