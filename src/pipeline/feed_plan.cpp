// From what is wanted to subscriptions, and from these to legs and polls.
#include <fmt/format.h>

#include <algorithm>

#include "net/clock.hpp"
#include "pipeline/feed.hpp"
#include "pipeline/feed_leg.hpp"
#include "venue/rest.hpp"

namespace mp::pipeline {

// Starts what is wanted, found and not started yet: at first, and whenever a listing has come.
void Feed::plan() {
  std::vector<venue::Subscription> wanted = resolve_all();
  std::erase_if(wanted, [this](const venue::Subscription& each) {
    return !subscribed_.emplace(each.channel, each.symbol, each.interval).second;
  });
  const Timestamp now = net::now();
  for (const auto& each : wanted) engine_.announce(each.symbol, each.channel, now);
  subscriptions_ += wanted.size();
  std::vector<venue::Subscription> polled;
  std::vector<venue::Subscription> streamed;
  for (auto& each : wanted) {
    const bool streams = venue::route_of(adapter_->traits(), each.channel) != nullptr;
    (streams ? streamed : polled).push_back(std::move(each));
  }
  start_legs(streamed);
  start_polls(polled);
  parts_.journal.publish();
  if (listings_missing_ == 0 || subscriptions_ > 0) planned_.store(true, std::memory_order_release);
}

void Feed::start_legs(const std::vector<venue::Subscription>& wanted) {
  for (auto& session : plan_sessions(*adapter_, limits_, wanted)) {
    const auto number = fmt::format(
        "{}{}", config_.shard == 0 ? "" : fmt::format("{}.", config_.shard), legs_.size());
    legs_.push_back(std::make_unique<Leg>(*this, fmt::format("{}.{}", config_.venue, number),
                                          std::move(session), random_()));
    tasks_.spawn(legs_.back()->run());
  }
}

// Spread over the interval, so that a thousand symbols are no burst.
void Feed::start_polls(const std::vector<venue::Subscription>& wanted) {
  const auto now = net::steady_now();
  std::size_t started = 0;
  for (const auto& each : wanted) {
    const auto every = venue::poll_of(adapter_->traits(), each.channel)->every;
    jobs_.push_back({.kind = Job::Kind::poll,
                     .stream = engine_.streams().find(each.symbol),
                     .call = venue::poll_call(*adapter_, each),
                     .every = every,
                     .due = now + std::chrono::milliseconds{every} * started / wanted.size()});
    ++started;
  }
  if (started > 0) wake_.set();
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

// What the catalogue has of the instruments and symbols; of a name with '*', all that trade.
std::vector<const Catalog::Entry*> Feed::entries_of(const Want& want) {
  std::vector<const Catalog::Entry*> entries;
  const auto add = [&](const std::string& name, const Catalog::Entry& entry) {
    find_home(name, entry.symbol);
    entries.push_back(&entry);
  };
  for (const auto& name : want.instruments) {
    if (name.find('*') != std::string::npos) {
      bool any = false;
      for (const auto& entry : catalog_.entries()) {
        if (entry.info.status != "trading" || !matches_glob(name, entry.name)) continue;
        if (catalog_.by_name(entry.name) != &entry) continue;
        any = true;
        add(name, entry);
      }
      if (any) continue;
      missing(name, {ErrorKind::config, fmt::format("venue {} has no instrument that trades and "
                                                    "whose name is like \"{}\"",
                                                    config_.venue, name)});
      continue;
    }
    // Some symbols look like names of ours ("BTC_USDC-PERPETUAL").
    const auto* entry = catalog_.by_name(name);
    if (entry == nullptr) entry = catalog_.by_symbol(name);
    if (entry != nullptr) {
      add(name, *entry);
      continue;
    }
    std::string hint;
    for (const auto near : catalog_.nearest_names(name, 3))
      hint.append(hint.empty() ? "; the nearest are " : ", ").append(near);
    missing(name, {ErrorKind::config, fmt::format("venue {} has no instrument named \"{}\"{}",
                                                  config_.venue, name, hint)});
  }
  for (const auto& symbol : want.symbols) {
    if (const auto* entry = catalog_.by_symbol(symbol)) {
      add(symbol, *entry);
    } else {
      missing(symbol, {ErrorKind::config,
                       fmt::format("venue {} has no symbol \"{}\"", config_.venue, symbol)});
    }
  }
  return entries;
}

void Feed::resolve(const Want& want, std::vector<venue::Subscription>& wanted) {
  const auto channels = venue::channels_of(adapter_->traits());
  for (const auto* entry : entries_of(want)) {
    say_unless_trading(*entry);
    for (const Channel channel : channels) {
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

// The venue does not list what is wanted: it is refused, or waits for a listing that has not come.
// Said once.
void Feed::missing(const std::string& name, Error error) {
  const auto home = config_.homes.find(name);
  if (home != config_.homes.end() && home->second != config_.shard) return;  // said there
  const bool may_come = listings_missing_ > 0;
  if (!told_.insert((may_come ? "waits:" : "refused:") + name).second) return;
  if (may_come) {
    parts_.log.warn("instrument_waits", {{"venue", config_.venue},
                                         {"name", name},
                                         {"problem",
                                          "no listing so far names it, and not all of "
                                          "the venue's listings have come"}});
    return;
  }
  parts_.log.error("instrument_refused",
                   {{"venue", config_.venue}, {"name", name}, {"problem", error.message}});
  if (!planned()) refusals_.push_back(std::move(error));
}

// Subscribed all the same: it may trade later. But silence needs a word.
void Feed::say_unless_trading(const Catalog::Entry& entry) {
  const auto status = entry.info.status;
  if (status == "trading" || status.empty()) return;
  if (!told_.insert(fmt::format("{}:{}", status, entry.symbol)).second) return;
  parts_.log.warn("instrument_not_trading",
                  {{"venue", config_.venue}, {"instrument", entry.name}, {"status", status}});
}

}  // namespace mp::pipeline
