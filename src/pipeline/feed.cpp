#include "pipeline/feed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>

#include "net/clock.hpp"
#include "pipeline/feed_leg.hpp"
#include "venue/registry.hpp"

namespace mp::pipeline {
namespace {

Result<net::Url> venue_url(const std::string& given, std::string_view own, std::string_view venue) {
  auto url = net::parse_url(given.empty() ? own : std::string_view{given});
  if (!url) {
    return Error{ErrorKind::config, fmt::format("{} of venue {}", url.error().message, venue)};
  }
  return url;
}

}  // namespace

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
        return Error{ErrorKind::config,
                     fmt::format("venue {} has no channel \"{}\"", config.venue, name_of(channel))};
      }
    }
  }
  auto ws_url = venue_url(config.ws_url, traits.ws_url, config.venue);
  if (!ws_url) return ws_url.error();
  auto rest_url = venue_url(config.rest_url, traits.rest_url, config.venue);
  if (!rest_url) return rest_url.error();
  auto tls = net::TlsContext::create({.ca_file = config.ca_file});
  if (!tls) return tls.error();
  return std::unique_ptr<Feed>{new Feed(std::move(config), parts, std::move(adapter), ws_url.take(),
                                        rest_url.take(), tls.take())};
}

Feed::Feed(FeedConfig config, const FeedParts& parts, std::unique_ptr<venue::Adapter> adapter,
           net::Url ws_url, net::Url rest_url, net::TlsContext tls)
    : config_(std::move(config)),
      parts_(parts),
      adapter_(std::move(adapter)),
      limits_(config_.limits.value_or(adapter_->traits().limits)),
      ws_url_(std::move(ws_url)),
      rest_url_(std::move(rest_url)),
      tls_(std::move(tls)),
      http_(parts.io, tls_, {.connections_per_host = limits_.rest_calls_at_once}),
      own_budget_(parts.budget != nullptr ? nullptr : std::make_unique<VenueBudget>(limits_)),
      budget_(parts.budget != nullptr ? *parts.budget : *own_budget_),
      engine_(*adapter_, catalog_, *this,
              {.listings = EngineOptions::Listings::learn,
               .symbols = EngineOptions::Symbols::announced}),
      quarantine_(config_.quarantine, config_.venue, parts.log),
      tasks_(parts.io),
      wake_(parts.io),
      random_(config_.seed) {}

Feed::~Feed() = default;

net::Task<void> Feed::run() {
  // Each co_await is a statement of its own: g++ 12 miscompiles one in a condition.
  const bool learnt = co_await learn_listings();
  if (learnt) {
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
    const auto learnt = co_await learn(listing);
    if (!learnt) co_return learnt;
  }
  const auto wanted = resolve_all();
  if (!refusals_.empty()) co_return refusals_.front();
  if (wanted.empty()) {
    co_return Error{ErrorKind::config, fmt::format("nothing is wanted of venue {}", config_.venue)};
  }
  co_return Result<void>{};
}

net::Task<Result<void>> Feed::learn(const venue::RestCall& listing) {
  // Where several shards ask for the same listing, they take turns.
  VenueBudget::Call held;
  if (!config_.homes.empty()) {
    VenueBudget::Call taken = co_await turn();
    held = std::move(taken);
    if (stopping_) co_return Error{ErrorKind::unavailable, "stopped before the call was made"};
  }
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
          std::chrono::ceil<std::chrono::milliseconds>(budget_.calls_free_at() - net::steady_now());
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
  std::set<std::tuple<Channel, std::string, std::string>> known;
  std::erase_if(wanted, [&](const venue::Subscription& subscription) {
    const auto& [channel, symbol, interval] = subscription;
    return !known.emplace(channel, symbol, interval).second;
  });
  std::erase_if(wanted, [this](const venue::Subscription& subscription) {
    const auto home = symbol_homes_.find(subscription.symbol);
    return home != symbol_homes_.end() && home->second != config_.shard;
  });
  return wanted;
}

void Feed::find_home(const std::string& name, const std::string& symbol) {
  const auto home = config_.homes.find(name);
  if (home == config_.homes.end()) return;
  const auto known = symbol_homes_.try_emplace(symbol, home->second).first;
  known->second = std::min(known->second, home->second);
}

void Feed::plan() {
  const std::vector<venue::Subscription> wanted = resolve_all();
  const Timestamp now = net::now();
  for (const auto& subscription : wanted) {
    const bool is_new = engine_.streams().find(subscription.symbol) == nullptr;
    if (is_new) engine_.announce(subscription.symbol, now);
  }
  subscriptions_ = wanted.size();
  for (auto& session : plan_sessions(*adapter_, limits_, wanted)) {
    const auto number = fmt::format(
        "{}{}", config_.shard == 0 ? "" : fmt::format("{}.", config_.shard), legs_.size());
    legs_.push_back(std::make_unique<Leg>(*this, fmt::format("{}.{}", config_.venue, number),
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
    find_home(name, entry->symbol);
    entries.push_back(entry);
  }
  for (const auto& symbol : want.symbols) {
    const auto* entry = catalog_.by_symbol(symbol);
    if (entry == nullptr) {
      refuse(symbol, {ErrorKind::config,
                      fmt::format("venue {} has no symbol \"{}\"", config_.venue, symbol)});
      continue;
    }
    find_home(symbol, entry->symbol);
    entries.push_back(entry);
  }
  const auto& traits = adapter_->traits();
  for (const auto* entry : entries) {
    for (const Channel channel : traits.channels) {
      const bool chosen =
          want.channels.empty() || std::ranges::find(want.channels, channel) != want.channels.end();
      // Instruments are announced from the listing; status is our own.
      if (channel == Channel::instrument || channel == Channel::status) continue;
      if (!chosen || !applies_to(channel, entry->info.kind)) continue;
      venue::Subscription subscription{.channel = channel, .symbol = entry->symbol, .interval = ""};
      if (channel == Channel::candle) subscription.interval = want.interval;
      wanted.push_back(std::move(subscription));
    }
  }
}

void Feed::refuse(std::string_view name, Error error) {
  const auto home = config_.homes.find(name);
  if (home != config_.homes.end() && home->second != config_.shard) return;  // said there
  parts_.log.error("instrument_refused",
                   {{"venue", config_.venue}, {"name", name}, {"problem", error.message}});
  refusals_.push_back(std::move(error));
}

void Feed::on_event(Stream& stream, const Event& event) {
  if (!stream.subject) {
    stream.subject = parts_.journal.subject(event.venue, event.symbol, event.instrument);
  }
  parts_.journal.append(*stream.subject, event);
  counters_.events.add();
  if (const auto* status = std::get_if<Status>(&event.body);
      status != nullptr && status->condition == Condition::gap) {
    counters_.gaps.fetch_add(1, std::memory_order_relaxed);
    parts_.log.warn(
        "gap", {{"venue", config_.venue}, {"symbol", stream.symbol}, {"reason", status->reason}});
  }
}

void Feed::measure(double seconds, std::vector<InstrumentLoad>& loads) {
  for (const Stream& stream : engine_.streams().all()) {
    if (stream.symbol.empty()) continue;
    const auto events = std::accumulate(stream.seq.begin(), stream.seq.end(), std::uint64_t{0});
    const auto work = static_cast<double>(events * kEventWork + stream.levels);
    loads.push_back({.venue = config_.venue,
                     .symbol = stream.symbol,
                     .instrument = stream.instrument,
                     .work_per_second = work / seconds});
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

}  // namespace mp::pipeline
