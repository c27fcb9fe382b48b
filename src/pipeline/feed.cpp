#include "pipeline/feed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "net/clock.hpp"
#include "pipeline/feed_leg.hpp"
#include "venue/registry.hpp"
#include "venue/rest.hpp"

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
  const auto channels = venue::channels_of(traits);
  for (const auto& want : config.wants) {
    for (const Channel channel : want.channels) {
      if (std::ranges::find(channels, channel) == channels.end()) {
        return Error{ErrorKind::config,
                     fmt::format("venue {} has no channel \"{}\"", config.venue, name_of(channel))};
      }
    }
  }
  auto ws_url = venue_url(config.ws_url, traits.ws_url, config.venue);
  if (!ws_url) return ws_url.error();
  ws_url->origin = traits.origin;
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
  for (const auto& listing : venue::listing_calls(*adapter_)) {
    const auto learnt = co_await learn(listing);
    if (!learnt) co_return learnt;
  }
  const auto wanted = resolve_all();
  if (!refusals_.empty()) co_return refusals_.front();
  if (wanted.empty() && !config_.wants.empty()) {
    co_return Error{ErrorKind::config, fmt::format("nothing is wanted of venue {}", config_.venue)};
  }
  co_return Result<void>{};
}

void Feed::on_event(Stream& stream, const Event& event) {
  if (!stream.subject) {
    stream.subject =
        parts_.journal.subject(event.venue, event.symbol, event.instrument, engine_.facts(stream));
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

void Feed::count_slow() {
  counters_.slow.store(engine_.counters().slow, std::memory_order_relaxed);
  counters_.left_out.store(engine_.counters().left_out, std::memory_order_relaxed);
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
