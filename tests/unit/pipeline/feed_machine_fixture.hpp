// A feed machine with hands that only note what it wants, in made-up time.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "pipeline/feed_leg.hpp"
#include "pipeline/feed_machine.hpp"
#include "venue/registry.hpp"

namespace mp::pipeline {
using namespace std::chrono_literals;

inline std::string listing_of(std::initializer_list<std::string> bases) {
  std::string entries;
  for (const auto& base : bases) {
    entries.append(entries.empty() ? "" : ",")
        .append(R"({"instId":")" + base + R"(-USDT","instType":"SPOT","baseCcy":")" + base)
        .append(R"(","quoteCcy":"USDT","tickSz":"0.1","lotSz":"1","state":"live"})");
  }
  return R"({"code":"0","msg":"","data":[)" + entries + "]}";
}

class FeedMachineTest : public testing::Test, private FeedMachine::Hands {
 protected:
  void want(std::vector<std::string> instruments, std::vector<Channel> channels) {
    config_.venue = "okx";
    config_.wants = {
        {.instruments = std::move(instruments), .symbols = {}, .channels = std::move(channels)}};
    config_.seed = 5;
    limits_ = okx_->traits().limits;
    make();
  }
  // Of what is configured, and these limits.
  void make(const VenueBudget::Shared& shared = {}) {
    machine_.reset();
    budget_ = std::make_unique<VenueBudget>(limits_, shared);
    machine_ = std::make_unique<FeedMachine>(FeedMachine::Parts{.config = config_,
                                                                .adapter = *okx_,
                                                                .limits = limits_,
                                                                .budget = *budget_,
                                                                .log = log_,
                                                                .counters = counters_,
                                                                .hands = *this,
                                                                .past = past_});
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
      machine_->answered(number, spot ? listing_of({"BTC", "ETH"}) : listing_of({}), now_);
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
  // The times that frames have (okx_frames.hpp) are made those of the venue's clock.
  void read(FeedMachine::Leg& leg, std::string frame) {
    const auto ts_event = std::chrono::floor<std::chrono::milliseconds>(now_.utc - delay_);
    for (auto at = frame.find(kFrameTime); at != std::string::npos; at = frame.find(kFrameTime, at))
      frame.replace(at, kFrameTime.size(), std::to_string(ts_event.time_since_epoch().count()));
    machine_->on_frame(leg, frame, now_.utc);
  }
  [[nodiscard]] FeedState state() const {
    FeedState out;
    machine_->tell_state(now_, out);
    return out;
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
  PastOf past_;  // of an earlier run
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
  std::map<std::string, Traffic> traffic_;  // by the leg's name
  static constexpr std::string_view kFrameTime = "1795000000000";
  std::chrono::milliseconds delay_{1};  // of the venue's clock behind ours, when it sends
  std::size_t trades_ = 0;
  struct Gap {
    std::string symbol;
    std::string reason;
    std::int64_t missing = 0;
    friend bool operator==(const Gap&, const Gap&) = default;
  };
  std::vector<Gap> gaps_;
  int renewed_ = 0;
  std::vector<std::string> reasons_;  // of what was disconnected

 private:
  void open(FeedMachine::Leg& leg, std::uint64_t) override { legs_.push_back(&leg); }
  void retire(FeedMachine::Leg& leg) override {
    retired_.push_back(leg.name());
    std::erase(legs_, &leg);
  }
  void renew(FeedMachine::Leg&, std::string_view) override { ++renewed_; }
  void send(FeedMachine::Leg&, std::string text) override { sent_.push_back(std::move(text)); }
  [[nodiscard]] Traffic traffic(const FeedMachine::Leg& leg) const override {
    const auto found = traffic_.find(leg.name());
    return found == traffic_.end() ? Traffic{} : found->second;
  }
  void send_now(FeedMachine::Leg&, std::string_view) override {}
  void call(std::uint64_t number, const venue::RestCall& call) override {
    calls_.emplace(number, call);
  }
  void cancel_calls() override {}
  void wake() override {}
  void on_event(Stream&, const Event& event) override {
    trades_ += event.channel() == Channel::trade ? 1U : 0U;
    if (const auto* status = std::get_if<Status>(&event.body)) {
      if (status->condition == Condition::disconnected) reasons_.emplace_back(status->reason);
      if (status->condition == Condition::gap)
        gaps_.push_back(
            {std::string{event.symbol}, std::string{status->reason}, status->missing.value_or(0)});
      statuses_.push_back(std::string{name_of(status->condition)}.append(" ").append(
          status->channel ? name_of(*status->channel) : "all"));
    }
  }
  void on_refused(std::string_view, const venue::Reading&, Timestamp) override {}
};

}  // namespace mp::pipeline
