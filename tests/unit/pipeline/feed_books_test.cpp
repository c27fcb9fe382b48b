// Hundreds of books by REST, under the weight that the venue allows: how soon all are right, and
// what comes after. A made-up Binance, in made-up time.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "pipeline/feed_leg.hpp"
#include "pipeline/feed_machine.hpp"
#include "sim/weight_meter.hpp"
#include "venue/registry.hpp"

namespace mp::pipeline {
namespace {

using namespace std::chrono_literals;

std::string symbol_of(std::size_t index) {
  return fmt::format("S{:04}USDT", index);
}

std::string levels_of(std::size_t count, int price, int step) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i)
    fmt::format_to(std::back_inserter(out), R"({}["{}","1"])", i == 0 ? "" : ",",
                   price + step * static_cast<int>(i));
  return out;
}

class FeedBooksTest : public testing::Test, private FeedMachine::Hands {
 protected:
  void begin(std::size_t books) {
    books_ = books;
    config_.venue = "binance";
    config_.seed = 7;
    Want want{.instruments = {}, .symbols = {}, .channels = {Channel::book}};
    for (std::size_t i = 0; i < books; ++i) want.symbols.push_back(symbol_of(i));
    config_.wants = {want};
    machine_.emplace(FeedMachine::Parts{.config = config_,
                                        .adapter = *binance_,
                                        .limits = binance_->traits().limits,
                                        .budget = budget_,
                                        .log = log_,
                                        .counters = counters_,
                                        .hands = *this});
    machine_->start(FeedMachine::Purpose::collect, now_);
  }

  // Time goes by in steps of 10 ms: answers come 100 ms after their calls, and a book changes with
  // `delta_every`.
  void pass(std::chrono::milliseconds time, std::chrono::milliseconds delta_every) {
    for (const auto end = now_.steady + time; now_.steady < end;) {
      now_.steady += 10ms;
      now_.utc += 10ms;
      while (!calls_.empty() && calls_.front().due <= now_.steady) {
        const Call call = calls_.front();
        calls_.pop_front();
        answer(call);
      }
      for (auto* leg : std::exchange(opened_, {})) machine_->connected(*leg, now_);
      acknowledge();
      if ((now_.steady - kStart) % delta_every < 10ms) {
        ++number_;
        for (const auto& [symbol, leg] : subscribed_) change(*leg, symbol);
      }
      if (now_.steady >= machine_->wake_at(now_.steady - 10ms)) machine_->on_time(now_);
    }
  }

  // Somebody else at our address spends, too.
  void spend_elsewhere(std::uint32_t weight) {
    for (std::uint32_t spent = 0; spent < weight; spent += 20) {
      if (weight_.count("/api/v3/exchangeInfo", now_.utc).status != 200) return;
    }
  }

  [[nodiscard]] std::size_t in_step() {
    return static_cast<std::size_t>(std::ranges::count_if(
        machine_->engine().streams().all(),
        [&](const Stream& each) { return machine_->engine().is_in_step(each); }));
  }
  [[nodiscard]] std::size_t shallow() {
    return static_cast<std::size_t>(std::ranges::count_if(
        machine_->engine().streams().all(),
        [&](const Stream& each) { return machine_->engine().is_shallow(each); }));
  }

  static constexpr net::SteadyTime kStart{1000s};
  std::unique_ptr<venue::Adapter> binance_ = venue::make_adapter("binance");
  FeedConfig config_;
  VenueBudget budget_{binance_->traits().limits, {.connections_max = 10}};
  obs::Logger log_{obs::LogLevel::off};
  FeedCounters counters_;
  std::optional<FeedMachine> machine_;
  // 40 s into a minute of the venue's clock: the burst is spread over two of its minutes.
  FeedMachine::Now now_{kStart, Timestamp{1'795'000'000s}};
  std::size_t refused_ = 0;
  std::size_t gaps_ = 0;
  std::vector<std::string> snapshots_;  // symbols, as they were asked for
  std::size_t fail_deep_ = 0;           // so many

 private:
  struct Call {
    net::SteadyTime due;
    std::uint64_t number;
    std::string target;
  };

  void answer(const Call& call) {
    const auto counted = weight_.count(call.target, now_.utc);
    budget_.learn_spent(counted.headers.front().second, now_.steady);
    if (counted.status != 200) {
      ++refused_;
      machine_->failed(call.number,
                       {.problem = {ErrorKind::unavailable, "too much"},
                        .status = static_cast<int>(counted.status),
                        .retry_after = 1min},
                       now_);
      return;
    }
    if (call.target.starts_with("/api/v3/exchangeInfo")) {
      std::string body = R"({"symbols":[)";
      for (std::size_t i = 0; i < books_; ++i)
        body += fmt::format(R"({}{{"symbol":"{}","status":"TRADING","baseAsset":"S{:04}",)"
                            R"("quoteAsset":"USDT","filters":[]}})",
                            i == 0 ? "" : ",", symbol_of(i), i);
      return machine_->answered(call.number, body + "]}", now_);
    }
    const bool deep = call.target.ends_with("limit=1000");
    if (deep && fail_deep_ > 0) {
      --fail_deep_;
      return machine_->failed(call.number, {.problem = {ErrorKind::unavailable, "no"}}, now_);
    }
    static const std::string kBids[] = {levels_of(100, 9999, -1), levels_of(1000, 9999, -1)};
    static const std::string kAsks[] = {levels_of(100, 10'000, 1), levels_of(1000, 10'000, 1)};
    machine_->answered(call.number,
                       fmt::format(R"({{"lastUpdateId":{},"bids":[{}],"asks":[{}]}})", number_,
                                   kBids[deep ? 1 : 0], kAsks[deep ? 1 : 0]),
                       now_);
  }

  // Requests are acknowledged, and their streams begin.
  void acknowledge() {
    for (auto& [leg, text] : std::exchange(sent_, {})) {
      const auto id = text.substr(text.find("\"id\":") + 5);
      machine_->on_frame(*leg, R"({"result":null,"id":)" + id, now_.utc);
      for (std::size_t at = 0; (at = text.find("@depth", at)) != std::string::npos; ++at) {
        const auto begin = text.rfind('"', at) + 1;
        std::string symbol = text.substr(begin, at - begin);
        std::ranges::transform(symbol, symbol.begin(), [](char c) { return std::toupper(c); });
        subscribed_.emplace_back(symbol, leg);
      }
    }
  }

  void change(FeedMachine::Leg& leg, const std::string& symbol) {
    machine_->on_frame(
        leg,
        fmt::format(R"({{"stream":"x@depth@100ms","data":{{"e":"depthUpdate","E":1795000000200,)"
                    R"("s":"{}","U":{},"u":{},"b":[["9999","{}"]],"a":[]}}}})",
                    symbol, number_, number_, number_),
        now_.utc);
  }

  void open(FeedMachine::Leg& leg, std::uint64_t) override { opened_.push_back(&leg); }
  void retire(FeedMachine::Leg&) override {}
  void renew(FeedMachine::Leg&, std::string_view) override {}
  void send(FeedMachine::Leg& leg, std::string text) override {
    sent_.emplace_back(&leg, std::move(text));
  }
  [[nodiscard]] Traffic traffic(const FeedMachine::Leg&) const override { return {}; }
  void send_now(FeedMachine::Leg&, std::string_view) override {}
  void call(std::uint64_t number, const venue::RestCall& call) override {
    if (call.kind == venue::RestKind::snapshot) snapshots_.push_back(call.symbol);
    calls_.push_back({now_.steady + 100ms, number, call.target});
  }
  void cancel_calls() override {}
  void wake() override {}
  void on_event(Stream&, const Event& event) override {
    const auto* status = std::get_if<Status>(&event.body);
    if (status != nullptr && status->condition == Condition::gap) ++gaps_;
  }
  void on_refused(std::string_view, const venue::Reading&, Timestamp) override {}

  std::size_t books_ = 0;
  sim::WeightMeter weight_{6000};
  std::deque<Call> calls_;
  std::vector<FeedMachine::Leg*> opened_;
  std::vector<std::pair<FeedMachine::Leg*, std::string>> sent_;
  std::vector<std::pair<std::string, FeedMachine::Leg*>> subscribed_;
  std::int64_t number_ = 100;
};

TEST_F(FeedBooksTest, five_hundred_are_right_within_thirty_seconds) {
  begin(500);
  pass(30s, 500ms);
  EXPECT_EQ(in_step(), 500U);
  EXPECT_EQ(gaps_, 0U);
  EXPECT_EQ(refused_, 0U);
}

TEST_F(FeedBooksTest, a_few_are_deep_at_once) {
  begin(50);
  pass(5s, 500ms);
  EXPECT_EQ(in_step(), 50U);
  EXPECT_EQ(shallow(), 0U);
}

// At 50 each in the half of the weight that is spent on it.
TEST_F(FeedBooksTest, get_deep_while_they_are_right_and_the_venue_refuses_nothing) {
  begin(200);
  pass(20s, 1s);
  EXPECT_EQ(in_step(), 200U);
  EXPECT_GT(shallow(), 50U);
  fail_deep_ = 5;
  for (int i = 0; i < 30; ++i) {
    pass(10s, 2s);
    EXPECT_EQ(in_step(), 200U);
  }
  EXPECT_EQ(shallow(), 0U);
  EXPECT_EQ(gaps_, 0U);
  EXPECT_EQ(refused_, 0U);
}

TEST_F(FeedBooksTest, spend_what_others_at_our_address_have_left) {
  spend_elsewhere(5000);
  begin(500);
  pass(15s, 1s);
  EXPECT_GT(in_step(), 50U);
  EXPECT_LT(in_step(), 250U);
  pass(75s, 1s);
  EXPECT_EQ(in_step(), 500U);
  EXPECT_EQ(refused_, 0U);
}

TEST_F(FeedBooksTest, wait_as_long_as_the_venue_says) {
  begin(500);
  pass(4s, 1s);
  spend_elsewhere(6000);
  pass(60s, 1s);
  EXPECT_LE(refused_, 8U) << "those that were under way";
  EXPECT_LT(in_step(), 500U);
  pass(60s, 1s);
  EXPECT_LE(refused_, 8U);
  EXPECT_EQ(in_step(), 500U);
}

TEST_F(FeedBooksTest, of_two_thousand_the_first_named_are_right_first) {
  begin(2000);
  pass(50s, 5s);
  const auto first_half = static_cast<std::size_t>(
      std::ranges::count_if(snapshots_, [](const auto& symbol) { return symbol < "S1000"; }));
  EXPECT_GE(snapshots_.size(), 1000U);
  EXPECT_GE(first_half, 900U);
  pass(80s, 5s);
  EXPECT_EQ(in_step(), 2000U);
  EXPECT_EQ(gaps_, 0U);
  EXPECT_EQ(refused_, 0U);
}

}  // namespace
}  // namespace mp::pipeline
