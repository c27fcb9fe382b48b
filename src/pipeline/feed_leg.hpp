// L4. Feed::Leg: a session and the subscriptions that it carries. Only feed*.cpp includes this.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "net/clock.hpp"
#include "pipeline/feed.hpp"
#include "pipeline/session_plan.hpp"

namespace mp::pipeline {

class Feed::Leg final : public net::SessionHandler {
 public:
  Leg(Feed& feed, std::string name, std::vector<venue::Subscription> subscriptions,
      std::uint64_t seed)
      : feed_(feed),
        name_(std::move(name)),
        subscriptions_(std::move(subscriptions)),
        url_(with_target(feed.ws_url_, feed.adapter_->path(subscriptions_.front()))),
        session_(feed.parts_.io, feed.tls_, feed.parts_.buffers,
                 {.url = url_,
                  .rules = session_rules(feed.adapter_->traits(), feed.limits_),
                  .limits = {},
                  .pacer = &feed.budget_.pacer(),
                  .seed = seed},
                 *this) {}

  net::Task<void> run() { return session_.run(); }
  void stop() { session_.stop(); }

  [[nodiscard]] bool carries(const venue::Subscription& subscription) const {
    return std::ranges::find(subscriptions_, subscription) != subscriptions_.end();
  }
  [[nodiscard]] const std::vector<venue::Subscription>& subscriptions() const {
    return subscriptions_;
  }

  // Sends what the adapter wrote. A full queue is a session that does not drain: start it anew.
  void send(std::vector<std::string>& requests) {
    for (auto& request : requests) {
      if (auto* recording = feed_.parts_.recording) recording->send(name_, net::now(), request);
      if (const auto queued = session_.send(std::move(request)); !queued) {
        session_.reconnect(queued.error().message);
        return;
      }
    }
  }

 private:
  void on_connected(Timestamp now) override {
    if (auto* recording = feed_.parts_.recording) {
      recording->connect(name_, now, url_.without_query());
    }
    ++feed_.counters_.connects;
    was_open_ = true;
    feed_.parts_.log.info("connected", {{"venue", feed_.config_.venue},
                                        {"session", name_},
                                        {"subscriptions", subscriptions_.size()}});
    std::vector<std::string> requests;
    feed_.adapter_->subscribe(subscriptions_, requests);
    send(requests);
    for (const auto& s : subscriptions_) {
      feed_.engine_.on_connected({.symbol = s.symbol, .channel = s.channel, .reason = ""}, now);
    }
    feed_.parts_.journal.publish();
  }

  void on_frame(std::string_view text, Timestamp ts_recv) override {
    if (auto* recording = feed_.parts_.recording) {
      recording->recv(name_, ts_recv, text, codec::Payload::text);
    }
    feed_.reading_conn_ = name_;
    const auto reading = feed_.engine_.on_frame(text, ts_recv);
    if (!reading.reply.empty()) session_.send_now(reading.reply);
    if (reading.reconnect_soon) session_.reconnect("the venue announced the end of the session");
    feed_.counters_.frames.store(feed_.engine_.counters().frames, std::memory_order_relaxed);
  }

  void on_batch_end() override { feed_.parts_.journal.publish(); }

  void on_disconnected(const net::Disconnect& why, Timestamp now) override {
    const bool asked = why.why.reason == net::LossReason::stopped;
    feed_.parts_.log.log(asked ? obs::LogLevel::info : obs::LogLevel::warn, "disconnected",
                         {{"venue", feed_.config_.venue},
                          {"session", name_},
                          {"reason", net::name_of(why.why.reason)},
                          {"retry_ms", why.retry_in.count()},
                          {"problem", why.why.message}});
    if (!std::exchange(was_open_, false)) return;
    ++feed_.counters_.disconnects;
    for (const auto& s : subscriptions_) {
      feed_.engine_.on_disconnected(
          {.symbol = s.symbol, .channel = s.channel, .reason = net::name_of(why.why.reason)}, now);
    }
    feed_.parts_.journal.publish();
  }

  Feed& feed_;
  std::string name_;
  std::vector<venue::Subscription> subscriptions_;
  net::Url url_;
  net::Session session_;
  bool was_open_ = false;
};

}  // namespace mp::pipeline
