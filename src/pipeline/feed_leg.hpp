// L4. Feed::Leg: a session and the topics that it carries. Only feed*.cpp includes this.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/clock.hpp"
#include "pipeline/feed.hpp"
#include "pipeline/session_plan.hpp"
#include "venue/rest.hpp"

namespace mp::pipeline {

class Feed::Leg final : public net::SessionHandler, private net::UrlSource {
 public:
  Leg(Feed& feed, std::string name, PlannedSession topics, std::uint64_t seed)
      : feed_(feed),
        name_(std::move(name)),
        topics_(std::move(topics)),
        url_(with_target(feed.ws_url_, topics_.front().topic.path)),
        writer_(*feed.adapter_, feed.limits_),
        welcome_(feed.parts_.io),
        session_(feed.parts_.io, feed.tls_, feed.parts_.buffers,
                 {.url = url_,
                  .rules = session_rules(feed.adapter_->traits(), feed.limits_),
                  .limits = {},
                  .pacer = &feed.budget_.pacer(),
                  .urls = venue::token_call(*feed.adapter_) ? this : nullptr,
                  .seed = seed},
                 *this) {}

  net::Task<void> run() { return session_.run(); }
  void stop() {
    session_.stop();
    welcome_.set();
  }

  [[nodiscard]] bool carries(const venue::Subscription& subscription) const {
    return topic_of(subscription) != nullptr;
  }
  // Ends the subscription and begins it anew, so that the venue starts its book again.
  void resubscribe(const venue::Subscription& subscription) {
    const PlannedTopic* const topic = topic_of(subscription);
    using Verb = venue::RequestWriter::Verb;
    for (const auto& request : writer_.write(Verb::unsubscribe, {&topic->topic, 1}, net::now()))
      send(request.text);
    ask({topic->topic});
  }
  void ask_for_snapshot(std::string_view symbol) { send(writer_.snapshot(symbol, net::now())); }

 private:
  [[nodiscard]] const PlannedTopic* topic_of(const venue::Subscription& subscription) const {
    const auto found = std::ranges::find_if(topics_, [&](const PlannedTopic& topic) {
      return std::ranges::find(topic.subscriptions, subscription) != topic.subscriptions.end();
    });
    return found == topics_.end() ? nullptr : &*found;
  }

  // Sends what the venue's adapter wrote. A full queue is a session that does not drain: start it
  // anew.
  void send(const std::string& request) {
    if (auto* recording = feed_.parts_.recording) recording->send(name_, net::now(), request);
    if (const auto queued = session_.send(request); !queued)
      session_.reconnect(queued.error().message);
  }

  void ask(const std::vector<venue::Topic>& topics) {
    for (auto& request : writer_.write(venue::RequestWriter::Verb::subscribe, topics, net::now())) {
      send(request.text);
      if (asked_.size() == kAskedMax) asked_.erase(asked_.begin());
      asked_.emplace(request.id, std::move(request.topics));
    }
  }
  void ask_for_all() {
    if (std::exchange(asked_for_all_, true)) return;
    std::vector<venue::Topic> topics;
    for (const auto& planned : topics_) topics.push_back(planned.topic);
    ask(topics);
  }

  // A welcome that does not come must not keep us silent for ever.
  net::Task<void> ask_without_welcome() {
    co_await welcome_.wait_for(kWelcomeWait);
    if (parser_) ask_for_all();
  }

  // The venue answered a request of ours by its number. Of several topics that were refused
  // together, the good ones are to go on: halves are asked for again, down to the bad one.
  void on_answer(std::int64_t id, const venue::Reading& reading, Timestamp now) {
    const auto found = asked_.find(id);
    if (found == asked_.end()) return;
    const std::vector<venue::Topic> topics = std::move(found->second);
    asked_.erase(found);
    const bool refused = reading.verdict == venue::Verdict::rejected;
    if (refused && topics.size() > 1) {
      const auto middle = topics.begin() + static_cast<std::ptrdiff_t>(topics.size() / 2);
      ask({topics.begin(), middle});
      ask({middle, topics.end()});
      return;
    }
    const auto condition = refused ? Condition::rejected : Condition::subscribed;
    for (const auto& topic : topics) {
      const auto planned = std::ranges::find(topics_, topic, &PlannedTopic::topic);
      if (planned == topics_.end()) continue;
      for (const auto& each : planned->subscriptions) {
        feed_.engine_.on_answered(
            condition, {.symbol = each.symbol, .channel = each.channel, .reason = reading.problem},
            now);
      }
    }
  }

  void for_each_subscription(auto&& visit) const {
    for (const auto& topic : topics_) {
      for (const auto& subscription : topic.subscriptions) visit(subscription);
    }
  }

  void on_connected(Timestamp now) override {
    if (auto* recording = feed_.parts_.recording)
      recording->connect(name_, now, url_.without_query());
    ++feed_.counters_.connects;
    parser_ = feed_.engine_.open_session();
    writer_ = venue::RequestWriter{*feed_.adapter_, feed_.limits_};
    asked_.clear();
    feed_.parts_.log.info(
        "connected",
        {{"venue", feed_.config_.venue}, {"session", name_}, {"topics", topics_.size()}});
    for (const auto& text : writer_.hello(now)) send(text);
    asked_for_all_ = false;
    if (feed_.adapter_->traits().requests.after_welcome) {
      feed_.tasks_.spawn(ask_without_welcome());
    } else {
      ask_for_all();
    }
    for_each_subscription([&](const venue::Subscription& s) {
      feed_.engine_.on_connected({.symbol = s.symbol, .channel = s.channel, .reason = ""}, now);
    });
    feed_.parts_.journal.publish();
  }

  void on_frame(std::string_view text, Timestamp ts_recv) override {
    if (auto* recording = feed_.parts_.recording) {
      recording->recv(name_, ts_recv, text, codec::Payload::text);
    }
    feed_.reading_conn_ = name_;
    const auto reading = feed_.engine_.on_frame(*parser_, text, ts_recv);
    if (!reading.reply.empty()) session_.send_now(reading.reply);
    if (reading.ready) ask_for_all();
    if (reading.answers) on_answer(*reading.answers, reading, ts_recv);
    if (reading.reconnect_soon) session_.reconnect("the venue announced the end of the session");
    if (reading.broken) session_.reconnect(reading.problem);
    feed_.counters_.frames.store(feed_.engine_.counters().frames, std::memory_order_relaxed);
  }

  void on_batch_end() override {
    feed_.count_slow();
    feed_.parts_.journal.publish();
  }

  std::string text_ping() override { return writer_.ping(net::now()); }

  void on_disconnected(const net::Disconnect& why, Timestamp now) override {
    const bool asked = why.why.reason == net::LossReason::stopped;
    feed_.parts_.log.log(asked ? obs::LogLevel::info : obs::LogLevel::warn, "disconnected",
                         {{"venue", feed_.config_.venue},
                          {"session", name_},
                          {"reason", net::name_of(why.why.reason)},
                          {"retry_ms", why.retry_in.count()},
                          {"problem", why.why.message}});
    const auto ended = std::exchange(parser_, nullptr);
    if (!ended) return;
    welcome_.set();
    ++feed_.counters_.disconnects;
    for_each_subscription([&](const venue::Subscription& s) {
      feed_.engine_.on_disconnected({.symbol = s.symbol,
                                     .channel = s.channel,
                                     .reason = net::name_of(why.why.reason),
                                     .session = ended->id()},
                                    now);
    });
    feed_.parts_.journal.publish();
  }

  // Where the venue wants a token before each connect, its answer says where to.
  net::Task<Result<net::Url>> next_url() override {
    auto answer = co_await feed_.ask(*venue::token_call(*feed_.adapter_));
    if (!answer) co_return answer.error();
    auto url = net::parse_url(answer->ws_url);
    if (!url) co_return url.error();
    url->origin = feed_.ws_url_.origin;
    if (feed_.config_.ws_url.empty()) co_return url;
    // A user's own endpoint stands in, with the token.
    net::Url own = feed_.ws_url_;
    own.target = url->target;
    co_return own;
  }

  static constexpr std::size_t kAskedMax = 4096;  // requests that wait for their answers
  static constexpr std::chrono::seconds kWelcomeWait{3};

  Feed& feed_;
  std::string name_;
  PlannedSession topics_;
  net::Url url_;
  venue::RequestWriter writer_;
  std::map<std::int64_t, std::vector<venue::Topic>> asked_;  // by number of request
  std::unique_ptr<Engine::Session> parser_;                  // while connected
  bool asked_for_all_ = false;                               // since then
  Signal welcome_;
  net::Session session_;
};

}  // namespace mp::pipeline
