#include "pipeline/feed.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "net/clock.hpp"
#include "pipeline/leg.hpp"
#include "venue/registry.hpp"

namespace mp::pipeline {
namespace {

constexpr std::chrono::seconds kRestDeadline{20};
constexpr std::chrono::milliseconds kBackOffFirst{500};
constexpr std::chrono::milliseconds kBackOffMax{32'000};
// Repairs of one book that come quicker than this after each other wait longer and longer.
constexpr std::chrono::seconds kRepairsCalm{60};

Result<net::Url> venue_url(const std::string& given, std::string_view own, std::string_view venue) {
  auto url = net::parse_url(given.empty() ? own : std::string_view{given});
  if (!url) {
    return Error{ErrorKind::config, fmt::format("{} of venue {}", url.error().message, venue)};
  }
  return url;
}

net::Url with_target(net::Url url, std::string_view target) {
  url.target = target;
  return url;
}

}  // namespace

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
                  .rules = session_rules(feed.adapter_->traits()),
                  .limits = {},
                  .pacer = &feed.pacer_,
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

Result<std::unique_ptr<Feed>> Feed::create(FeedConfig config, const FeedParts& parts) {
  auto adapter = venue::make_adapter(config.venue);
  if (!adapter) {
    return Error{ErrorKind::config,
                 fmt::format("there is no venue named \"{}\"; `marketprism list venues` shows "
                             "those that there are",
                             config.venue)};
  }
  const auto& traits = adapter->traits();
  for (const auto& want : config.wants) {
    for (const Channel channel : want.channels) {
      if (std::ranges::find(traits.channels, channel) == traits.channels.end()) {
        return Error{ErrorKind::config, fmt::format("venue {} has no channel \"{}\"", config.venue,
                                                    name_of(channel))};
      }
    }
  }
  auto ws_url = venue_url(config.ws_url, traits.ws_url, config.venue);
  if (!ws_url) return ws_url.error();
  auto rest_url = venue_url(config.rest_url, traits.rest_url, config.venue);
  if (!rest_url) return rest_url.error();
  auto tls = net::TlsContext::create({.ca_file = config.ca_file});
  if (!tls) return tls.error();
  return std::unique_ptr<Feed>{new Feed(std::move(config), parts, std::move(adapter),
                                        ws_url.take(), rest_url.take(), tls.take())};
}

Feed::Feed(FeedConfig config, const FeedParts& parts, std::unique_ptr<venue::Adapter> adapter,
           net::Url ws_url, net::Url rest_url, net::TlsContext tls)
    : config_(std::move(config)),
      parts_(parts),
      adapter_(std::move(adapter)),
      ws_url_(std::move(ws_url)),
      rest_url_(std::move(rest_url)),
      tls_(std::move(tls)),
      http_(parts.io, tls_,
            {.connections_per_host = adapter_->traits().limits.rest_calls_at_once}),
      pacer_(adapter_->traits().limits.between_connects),
      engine_(*adapter_, catalog_, *this, {.listings = EngineOptions::Listings::learn}),
      quarantine_(config_.quarantine, config_.venue, parts.log),
      tasks_(parts.io),
      wake_(parts.io),
      random_(config_.seed) {}

Feed::~Feed() = default;

net::Task<void> Feed::run() {
  if (co_await learn_listings()) {
    plan();
    for (const auto& leg : legs_) tasks_.spawn(leg->run());
    tasks_.spawn(work());
    co_await tasks_.join();
  }
  planned_.store(true, std::memory_order_release);
  quarantine_.flush();
  parts_.journal.publish();
}

void Feed::stop() {
  stopping_ = true;
  for (const auto& leg : legs_) leg->stop();
  http_.cancel();
  wake_.set();
}

net::Task<Result<void>> Feed::check() {
  for (const auto& listing : adapter_->listing()) {
    if (auto learnt = co_await learn(listing); !learnt) co_return learnt;
  }
  const auto wanted = resolve_all();
  if (!refusals_.empty()) co_return refusals_.front();
  if (wanted.empty()) {
    co_return Error{ErrorKind::config,
                    fmt::format("nothing is wanted of venue {}", config_.venue)};
  }
  co_return Result<void>{};
}

net::Task<Result<void>> Feed::learn(const venue::RestCall& listing) {
  auto response = co_await call(listing);
  if (!response) co_return response.error();
  co_return engine_.on_rest(listing, response->body, response->ts_recv);
}

// Asks until the catalogue is there; false when stopped before.
net::Task<bool> Feed::learn_listings() {
  for (const auto& listing : adapter_->listing()) {
    for (unsigned attempt = 0; !stopping_; ++attempt) {
      const auto learnt = co_await learn(listing);
      if (learnt) break;
      const auto pause =
          std::chrono::ceil<std::chrono::milliseconds>(rest_free_at_ - net::steady_now());
      const auto wait = std::max(back_off(attempt), pause);
      parts_.log.warn("listing_failed", {{"venue", config_.venue},
                                         {"target", listing.target},
                                         {"retry_ms", wait.count()},
                                         {"problem", learnt.error().message}});
      if (!stopping_) co_await wake_.wait_for(wait);
    }
    if (stopping_) co_return false;
  }
  co_return true;
}

std::vector<venue::Subscription> Feed::resolve_all() {
  std::vector<venue::Subscription> wanted;
  for (const auto& want : config_.wants) resolve(want, wanted);
  return wanted;
}

void Feed::plan() {
  const std::vector<venue::Subscription> wanted = resolve_all();
  const Timestamp now = net::now();
  for (const auto& subscription : wanted) {
    const bool is_new = !engine_.streams().contains(subscription.symbol);
    if (is_new) engine_.announce(subscription.symbol, now);
  }
  subscriptions_ = wanted.size();
  for (auto& session : plan_sessions(*adapter_, wanted)) {
    legs_.push_back(std::make_unique<Leg>(*this, fmt::format("{}.{}", config_.venue, legs_.size()),
                                          std::move(session), random_()));
  }
  parts_.journal.publish();
  planned_.store(true, std::memory_order_release);
}

void Feed::resolve(const Want& want, std::vector<venue::Subscription>& wanted) {
  std::vector<const Catalog::Entry*> entries;
  for (const auto& name : want.instruments) {
    const auto* entry = catalog_.by_name(name);
    if (entry == nullptr) {
      std::string hint;
      for (const auto near : catalog_.nearest_names(name, 3)) {
        hint.append(hint.empty() ? "; the nearest are " : ", ").append(near);
      }
      refuse(name, {ErrorKind::config, fmt::format("venue {} has no instrument named \"{}\"{}",
                                                   config_.venue, name, hint)});
      continue;
    }
    entries.push_back(entry);
  }
  for (const auto& symbol : want.symbols) {
    const auto* entry = catalog_.by_symbol(symbol);
    if (entry == nullptr) {
      refuse(symbol, {ErrorKind::config, fmt::format("venue {} has no symbol \"{}\"",
                                                     config_.venue, symbol)});
      continue;
    }
    entries.push_back(entry);
  }
  const auto& traits = adapter_->traits();
  for (const auto* entry : entries) {
    for (const Channel channel : traits.channels) {
      const bool chosen = want.channels.empty() ||
                          std::ranges::find(want.channels, channel) != want.channels.end();
      // Instruments are announced from the listing; status is our own.
      if (channel == Channel::instrument || channel == Channel::status) continue;
      if (!chosen || !applies_to(channel, entry->info.kind)) continue;
      venue::Subscription subscription{.channel = channel, .symbol = entry->symbol, .interval = ""};
      if (channel == Channel::candle) subscription.interval = want.interval;
      if (std::ranges::find(wanted, subscription) == wanted.end()) {
        wanted.push_back(std::move(subscription));
      }
    }
  }
}

void Feed::refuse(std::string_view name, Error error) {
  parts_.log.error("instrument_refused",
                   {{"venue", config_.venue}, {"name", name}, {"problem", error.message}});
  refusals_.push_back(std::move(error));
}

void Feed::on_event(Stream& stream, const Event& event) {
  if (!stream.subject) {
    stream.subject = parts_.journal.subject(event.venue, event.symbol, event.instrument);
  }
  parts_.journal.append(*stream.subject, event);
  counters_.events.fetch_add(1, std::memory_order_relaxed);
  if (const auto* status = std::get_if<Status>(&event.body);
      status != nullptr && status->condition == Condition::gap) {
    counters_.gaps.fetch_add(1, std::memory_order_relaxed);
    parts_.log.warn("gap", {{"venue", config_.venue},
                            {"symbol", stream.symbol},
                            {"reason", status->reason}});
  }
}

void Feed::on_refused(std::string_view frame, const venue::Reading& reading, Timestamp ts_recv) {
  using venue::Verdict;
  if (reading.verdict == Verdict::rejected) {
    ++counters_.rejected;
    parts_.log.error("rejected", {{"venue", config_.venue}, {"problem", reading.problem}});
    return;
  }
  ++(reading.verdict == Verdict::malformed ? counters_.malformed : counters_.unknown);
  quarantine_.keep(frame, reading, reading_conn_, ts_recv);
}

void Feed::want_snapshot(Stream& stream) { schedule(stream, false); }
void Feed::want_resubscribe(Stream& stream) { schedule(stream, true); }

void Feed::schedule(Stream& stream, bool resubscribe) {
  const auto now = net::steady_now();
  Repairs& repairs = repairs_[&stream];
  if (now - repairs.last > kRepairsCalm) repairs.recent = 0;
  repairs.last = now;
  const auto wait =
      repairs.recent == 0 ? std::chrono::milliseconds{0} : back_off(repairs.recent - 1);
  ++repairs.recent;
  jobs_.push_back(
      {.stream = &stream, .resubscribe = resubscribe, .attempt = 0, .due = now + wait});
  wake_.set();
}

// Makes the REST calls and resubscriptions that books need, the earliest first, at the venue's pace.
net::Task<void> Feed::work() {
  TaskGroup calls{parts_.io};
  const auto& limits = adapter_->traits().limits;
  while (!stopping_) {
    const auto next = std::ranges::min_element(jobs_, {}, &Job::due);
    if (next == jobs_.end() || calls.running() >= limits.rest_calls_at_once) {
      co_await wake_.wait();
      continue;
    }
    const auto now = net::steady_now();
    const auto due = next->resubscribe ? next->due : std::max(next->due, rest_free_at_);
    if (due > now) {
      co_await wake_.wait_for(std::chrono::ceil<std::chrono::milliseconds>(due - now));
      continue;
    }
    const Job job = *next;
    jobs_.erase(next);
    if (job.resubscribe) {
      resubscribe(*job.stream);
    } else {
      rest_free_at_ = std::max(rest_free_at_, now + limits.between_rest_calls);
      calls.spawn(perform(job));
    }
  }
  co_await calls.join();
}

net::Task<void> Feed::perform(Job job) {
  const auto request = adapter_->snapshot(job.stream->symbol);
  MP_ASSERT(request.has_value());
  auto response = co_await call(*request);
  Result<void> read = response ? engine_.on_rest(*request, response->body, response->ts_recv)
                               : Result<void>{response.error()};
  wake_.set();
  if (read || stopping_) {
    parts_.journal.publish();
    co_return;
  }
  const auto wait = back_off(job.attempt);
  parts_.log.warn("snapshot_failed", {{"venue", config_.venue},
                                      {"symbol", job.stream->symbol},
                                      {"retry_ms", wait.count()},
                                      {"problem", read.error().message}});
  ++job.attempt;
  job.due = net::steady_now() + wait;
  jobs_.push_back(job);
}

net::Task<Result<net::HttpResponse>> Feed::call(const venue::RestCall& request) {
  const net::Url url = with_target(rest_url_, request.target);
  auto response = co_await http_.get(url, net::steady_now() + kRestDeadline);
  if (!response) co_return response;
  record_http(url.without_query() + request.target.substr(std::min(
                  request.target.find('?'), request.target.size())), *response);
  if (response->status == 200) co_return response;
  // 429 and 418 name the time until which no call at all may be made.
  const auto pause = response->retry_after.value_or(std::chrono::milliseconds{0});
  rest_free_at_ = std::max(rest_free_at_, net::steady_now() + pause);
  co_return Error{ErrorKind::unavailable,
                  fmt::format("{} answered with status {}, expected 200", url.without_query(),
                              response->status)};
}

void Feed::record_http(std::string_view url, const net::HttpResponse& response) {
  if (auto* recording = parts_.recording; recording != nullptr && response.status == 200) {
    recording->http(config_.venue, response.ts_recv, url, response.body);
  }
}

void Feed::resubscribe(Stream& stream) {
  const venue::Subscription book{.channel = Channel::book, .symbol = stream.symbol, .interval = ""};
  for (const auto& leg : legs_) {
    if (!leg->carries(book)) continue;
    std::vector<std::string> requests;
    adapter_->unsubscribe({&book, 1}, requests);
    adapter_->subscribe({&book, 1}, requests);
    leg->send(requests);
    return;
  }
}

std::chrono::milliseconds Feed::back_off(unsigned attempt) {
  const auto ceiling = std::min(kBackOffMax, kBackOffFirst * (1U << std::min(attempt, 6U)));
  std::uniform_int_distribution<std::int64_t> spread{ceiling.count() / 2, ceiling.count()};
  return std::chrono::milliseconds{spread(random_)};
}

}  // namespace mp::pipeline
