// A feed's decisions in made-up time: what it asks for, again and again, and who succeeds whom.
#include "pipeline/feed_machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "pipeline/feed_leg.hpp"
#include "venue/registry.hpp"

namespace mp::pipeline {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view kListing =
    R"({"code":"0","msg":"","data":[)"
    R"({"instId":"BTC-USDT","instType":"SPOT","baseCcy":"BTC","quoteCcy":"USDT","tickSz":"0.1","lotSz":"1","state":"live"},)"
    R"({"instId":"ETH-USDT","instType":"SPOT","baseCcy":"ETH","quoteCcy":"USDT","tickSz":"0.1","lotSz":"1","state":"live"}]})";
constexpr std::string_view kNothing = R"({"code":"0","msg":"","data":[]})";

class FeedMachineTest : public testing::Test, private FeedMachine::Hands {
 protected:
  void want(std::vector<std::string> instruments, std::vector<Channel> channels) {
    config_.venue = "okx";
    config_.wants = {
        {.instruments = std::move(instruments), .symbols = {}, .channels = std::move(channels)}};
    config_.seed = 5;
    limits_ = okx_->traits().limits;
    budget_ = std::make_unique<VenueBudget>(limits_);
    machine_ = std::make_unique<FeedMachine>(FeedMachine::Parts{.config = config_,
                                                                .adapter = *okx_,
                                                                .limits = limits_,
                                                                .budget = *budget_,
                                                                .log = log_,
                                                                .counters = counters_,
                                                                .hands = *this});
  }
  void start(FeedMachine::Purpose purpose = FeedMachine::Purpose::collect) {
    machine_->start(purpose, now_);
  }
  // All listings come, that of spot with two instruments.
  void list() {
    while (!calls_.empty()) {
      const auto [number, call] = *calls_.begin();
      calls_.erase(calls_.begin());
      const bool spot = call.target.find("instType=SPOT") != std::string::npos;
      machine_->answered(number, spot ? kListing : kNothing, now_);
      if (calls_.empty()) pass(1s);
    }
  }
  void fail_all(int status = 0, std::optional<std::chrono::milliseconds> retry_after = {}) {
    for (const auto& [number, call] : std::exchange(calls_, {})) fail(number, status, retry_after);
  }
  void fail(std::uint64_t number, int status = 0,
            std::optional<std::chrono::milliseconds> retry_after = {}) {
    machine_->failed(number,
                     {.problem = {ErrorKind::unavailable, "no answer"},
                      .status = status,
                      .retry_after = retry_after},
                     now_);
  }
  // Time goes by, as the shell would let it.
  void pass(std::chrono::milliseconds time) {
    const auto end = now_.steady + time;
    int steps = 0;
    while (true) {
      const auto at = std::min(machine_->wake_at(now_.steady), end);
      now_.utc += std::max(at - now_.steady, net::SteadyTime::duration{0});
      now_.steady = std::max(at, now_.steady);
      machine_->on_time(now_);
      if (now_.steady >= end) return;
      ASSERT_LT(++steps, 1000 + 5 * (time / 1s)) << "it spins";
    }
  }
  void connect(FeedMachine::Leg& leg) { machine_->connected(leg, now_); }
  void read(FeedMachine::Leg& leg, const std::string& frame) {
    machine_->on_frame(leg, frame, now_.utc);
  }
  static std::string id_of(const std::string& request) {
    const auto at = request.find(R"("id":")") + 6;
    return request.substr(at, request.find('"', at) - at);
  }
  std::vector<std::string> take_sent() { return std::exchange(sent_, {}); }
  void refuse(FeedMachine::Leg& leg, const std::string& request, const std::string& code) {
    read(leg, R"({"id":")" + id_of(request) + R"(","event":"error","code":")" + code +
                  R"(","msg":"no","connId":"a"})");
  }

  std::unique_ptr<venue::Adapter> okx_ = venue::make_adapter("okx");
  FeedConfig config_;
  venue::Limits limits_;
  std::unique_ptr<VenueBudget> budget_;
  obs::Logger log_{obs::LogLevel::off};
  FeedCounters counters_;
  std::unique_ptr<FeedMachine> machine_;
  FeedMachine::Now now_{net::SteadyTime{1000s}, Timestamp{1'795'000'000s}};
  std::vector<FeedMachine::Leg*> legs_;  // that are open or to be
  std::vector<std::string> sent_;
  std::vector<std::string> retired_;
  std::vector<std::string> statuses_;
  std::map<std::uint64_t, venue::RestCall> calls_;
  std::size_t trades_ = 0;
  struct Gap {
    std::string symbol;
    std::string reason;
    std::int64_t missing = 0;
    friend bool operator==(const Gap&, const Gap&) = default;
  };
  std::vector<Gap> gaps_;

 private:
  void open(FeedMachine::Leg& leg) override { legs_.push_back(&leg); }
  void retire(FeedMachine::Leg& leg) override {
    retired_.push_back(leg.name());
    std::erase(legs_, &leg);
  }
  void renew(FeedMachine::Leg&, std::string_view) override {}
  void send(FeedMachine::Leg&, std::string text) override { sent_.push_back(std::move(text)); }
  void send_now(FeedMachine::Leg&, std::string_view) override {}
  void call(std::uint64_t number, const venue::RestCall& call) override {
    calls_.emplace(number, call);
  }
  void cancel_calls() override {}
  void wake() override {}
  void on_event(Stream&, const Event& event) override {
    trades_ += event.channel() == Channel::trade ? 1U : 0U;
    if (const auto* status = std::get_if<Status>(&event.body)) {
      if (status->condition == Condition::gap) {
        gaps_.push_back(
            {std::string{event.symbol}, std::string{status->reason}, status->missing.value_or(0)});
      }
      statuses_.push_back(std::string{name_of(status->condition)}.append(" ").append(
          status->channel ? name_of(*status->channel) : "all"));
    }
  }
  void on_refused(std::string_view, const venue::Reading&, Timestamp) override {}
};

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
      machine_->answered(number, spot ? kListing : kNothing, now_);
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

TEST_F(FeedMachineTest, takes_one_refusal_for_a_slip) {
  for (const int status : {400, 403, 404}) {
    want({"BTC-USDT"}, {Channel::trade});
    start();
    fail(std::exchange(calls_, {}).begin()->first, status);
    pass(1s);
    EXPECT_FALSE(calls_.empty()) << status;
    calls_.clear();
  }
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

TEST_F(FeedMachineTest, splits_a_refused_request_down_to_the_bad_topic) {
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

// One refusal must not leave a topic dead for good: it is asked for again, later and later.
TEST_F(FeedMachineTest, asks_for_a_refused_topic_again_with_growing_pauses) {
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

TEST_F(FeedMachineTest, what_was_granted_before_is_asked_for_again_within_seconds) {
  want({"BTC-USDT"}, {Channel::book});
  start();
  list();
  connect(*legs_[0]);
  const auto arg = std::string{R"("arg":{"channel":"books","instId":"BTC-USDT"},"connId":"a"})"};
  read(*legs_[0], R"({"id":")" + id_of(take_sent().at(0)) + R"(","event":"subscribe",)" + arg);
  const auto book = [&](int seq, int previous) {
    read(*legs_[0], R"({"arg":{"channel":"books","instId":"BTC-USDT"},"action":")" +
                        std::string{previous < 0 ? "snapshot" : "update"} +
                        R"(","data":[{"asks":[["200","1","0","1"]],"bids":[["100","1","0","1"]],)" +
                        R"("ts":"1795000000000","checksum":0,"seqId":)" + std::to_string(seq) +
                        R"(,"prevSeqId":)" + std::to_string(previous) + "}]}");
  };
  book(10, -1);
  book(15, 12);  // 12 is missing
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
  const auto trade = [&](FeedMachine::Leg& leg, int id) {
    read(leg, R"({"arg":{"channel":"trades-all","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT",)"
              R"("tradeId":")" +
                  std::to_string(id) +
                  R"(","px":"1","sz":"2","side":"buy","ts":"1795000000000"}]})");
  };
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

TEST_F(FeedMachineTest, a_leg_is_renewed_before_the_venue_ends_it) {
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

TEST_F(FeedMachineTest, a_successor_takes_over_at_once_when_the_leg_is_lost) {
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

TEST_F(FeedMachineTest, two_legs_are_one_stream) {
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

// A venue that is starting, or an error that looks like an answer: no reason to end the collection.
TEST_F(FeedMachineTest, asks_again_when_the_listing_names_nothing) {
  want({"BTC-USDT"}, {Channel::trade});
  start();
  for (int round = 0; round < 4; ++round) {
    while (!calls_.empty()) {
      const auto number = calls_.begin()->first;
      calls_.erase(calls_.begin());
      machine_->answered(number, kNothing, now_);
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

TEST_F(FeedMachineTest, misses_an_answer_says_so_and_asks_again_later_and_later) {
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

TEST_F(FeedMachineTest, asks_again_only_for_what_is_silent_and_not_answered) {
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
                      R"("arg":{"channel":"trades-all","instId":"ETH-USDT"},"connId":"a"})");
  pass(2h);
  EXPECT_THAT(take_sent(), IsEmpty());
  EXPECT_EQ(counters_.unanswered, 1U);
}

// What could not be read is missing, and what is missing is an event.
TEST_F(FeedMachineTest, marks_what_cannot_be_read_as_a_gap_and_counts_it_exactly) {
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

TEST_F(FeedMachineTest, ends_when_all_that_was_open_has_ended) {
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

}  // namespace
}  // namespace mp::pipeline
