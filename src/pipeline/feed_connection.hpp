// L4. Feed::Connection: the session that a leg has. Only feed.cpp includes this.
#pragma once

#include <string>
#include <utility>

#include "net/clock.hpp"
#include "pipeline/feed.hpp"
#include "pipeline/feed_leg.hpp"
#include "venue/rest.hpp"

namespace mp::pipeline {

class Feed::Connection final : public net::SessionHandler, private net::UrlSource {
 public:
  Connection(Feed& feed, FeedMachine::Leg& leg, std::uint64_t seed)
      : feed_(feed),
        leg_(leg),
        url_(with_target(feed.ws_urls_[leg.place()], feed.machine_.path_of(leg))),
        session_(feed.parts_.io, feed.tls_, feed.parts_.buffers,
                 {.url = url_,
                  .rules = session_rules(feed.adapter_->traits(), feed.limits_),
                  .limits = {},
                  .pacer = &feed.budget_.pacer(),
                  .urls = venue::token_call(*feed.adapter_) ? this : nullptr,
                  .seed = seed},
                 *this),
        turn_(feed.parts_.io) {}

  net::Task<void> run() { return session_.run(); }
  void stop() {
    stopping_ = true;
    turn_.set();
    session_.stop();
  }
  void renew(std::string_view why) { session_.reconnect(why); }
  // A full queue is a session that does not drain: start it anew.
  void send(std::string text) {
    if (auto* recording = feed_.parts_.recording) recording->send(leg_.name(), net::now(), text);
    if (const auto queued = session_.send(std::move(text)); !queued)
      session_.reconnect(queued.error().message);
  }
  void send_now(std::string_view text) { session_.send_now(text); }
  [[nodiscard]] Traffic traffic() const {
    const auto& counted = session_.counters();
    return {
        .messages = counted.frames, .bytes = counted.wire_bytes, .round_trip = counted.round_trip};
  }

 private:
  void on_connected(Timestamp now) override {
    if (auto* recording = feed_.parts_.recording)
      recording->connect(leg_.name(), now, url_.without_query());
    feed_.machine_.connected(leg_, {net::steady_now(), now});
    feed_.publish();
  }

  void on_frame(std::string_view text, Timestamp ts_recv) override {
    read(text, codec::Payload::text, ts_recv);
  }
  void on_binary_frame(std::string_view bytes, Timestamp ts_recv) override {
    read(bytes, codec::Payload::binary, ts_recv);
  }
  void read(std::string_view frame, codec::Payload payload, Timestamp ts_recv) {
    if (auto* recording = feed_.parts_.recording)
      recording->recv(leg_.name(), ts_recv, frame, payload);
    feed_.reading_conn_ = leg_.name();
    feed_.machine_.on_frame(leg_, frame, ts_recv);
  }
  void on_batch_end() override { feed_.end_batch(); }

  std::string text_ping() override { return feed_.machine_.text_ping(leg_, net::now()); }

  void on_disconnected(const net::Disconnect& why, Timestamp now) override {
    const bool asked = why.why.reason == net::LossReason::stopped;
    feed_.parts_.log.log(asked ? obs::LogLevel::info : obs::LogLevel::warn, "disconnected",
                         {{"venue", feed_.config_.venue},
                          {"session", leg_.name()},
                          {"reason", net::name_of(why.why.reason)},
                          {"retry_ms", why.retry_in.count()},
                          {"problem", why.why.message}});
    feed_.machine_.lost(leg_, net::name_of(why.why.reason), {net::steady_now(), now},
                        why.why.message, why.retry_in);
    feed_.publish();
  }

  // Where the venue wants a token before each connect, its answer says where to.
  net::Task<Result<net::Url>> next_url() override {
    const auto call = *venue::token_call(*feed_.adapter_);
    VenueBudget::Call turn = feed_.budget_.begin_call(net::steady_now(), call.weight);
    while (!turn.taken() && !stopping_) {
      const auto now = net::steady_now();
      co_await turn_.wait_until(
          std::max(feed_.budget_.calls_free_at(now, call.weight), now + kTurnWait));
      turn = feed_.budget_.begin_call(net::steady_now(), call.weight);
    }
    auto answer = co_await feed_.ask(call);
    turn = VenueBudget::Call{};
    if (!answer.response) {
      feed_.machine_.was_limited({.problem = answer.response.error(),
                                  .status = answer.status,
                                  .retry_after = answer.retry_after},
                                 {net::steady_now(), net::now()});
      co_return answer.response.error();
    }
    auto token =
        feed_.machine_.engine().on_rest(call, answer.response->body, answer.response->ts_recv);
    if (!token) co_return token.error();
    auto url = net::parse_url(token->ws_url);
    if (!url) co_return url.error();
    const net::Url& configured = feed_.ws_urls_[leg_.place()];
    url->origin = configured.origin;
    url->via = configured.via;
    url->socket = configured.socket;
    url->compression = configured.compression;
    if (feed_.config_.ws_url.empty()) co_return url;
    // A user's own endpoint stands in, with the token.
    net::Url own = configured;
    own.target = url->target;
    co_return own;
  }

  Feed& feed_;
  FeedMachine::Leg& leg_;
  net::Url url_;
  net::Session session_;
  // A token's call waits for its turn as any other. Who ends a call does not wake it.
  static constexpr std::chrono::milliseconds kTurnWait{50};
  Signal turn_;
  bool stopping_ = false;
};

}  // namespace mp::pipeline
