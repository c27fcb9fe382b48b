#include "pipeline/wants.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/utf8.hpp"

namespace mp::pipeline {

Wants::Wants(const FeedConfig& config, const venue::Adapter& adapter, const Catalog& catalog,
             obs::Logger& log)
    : config_(config),
      wanted_{.wants = config.wants, .homes = config.homes},
      adapter_(adapter),
      catalog_(catalog),
      log_(log) {
  expect_all();
}

// No listing has named anything yet.
void Wants::expect_all() {
  unlisted_.clear();
  for (const auto& want : wanted_.wants) {
    for (const auto* names : {&want.instruments, &want.symbols}) {
      for (const auto& name : *names) {
        if (!is_elsewhere(name)) unlisted_.try_emplace(name);
      }
    }
  }
}

std::vector<venue::Subscription> Wants::resolve(bool all_listed) {
  auto out = resolve_all(all_listed);
  std::erase_if(out, [this](const venue::Subscription& each) {
    return !answered_.emplace(each.symbol, each.channel, each.interval).second;
  });
  return out;
}

// Of this shard, also what was answered before.
std::vector<venue::Subscription> Wants::resolve_all(bool all_listed) {
  std::vector<venue::Subscription> out;
  unlisted_.clear();
  for (const auto& want : wanted_.wants) resolve(want, all_listed, out);
  std::erase_if(out, [this](const venue::Subscription& each) {
    const auto home = symbol_homes_.find(each.symbol);
    return home != symbol_homes_.end() && home->second != config_.shard;
  });
  return out;
}

std::vector<venue::Subscription> Wants::change(WantsOfShard wanted, bool all_listed) {
  wanted_ = std::move(wanted);
  symbol_homes_.clear();
  std::set<std::tuple<std::string, Channel, std::string>> still;
  for (auto& each : resolve_all(all_listed))
    still.emplace(each.symbol, each.channel, each.interval);
  if (catalog_.entries().empty()) expect_all();
  std::vector<venue::Subscription> gone;
  std::erase_if(answered_, [&](const auto& each) {
    if (still.contains(each)) return false;
    const auto& [symbol, channel, interval] = each;
    gone.push_back({.channel = channel, .symbol = symbol, .interval = interval});
    return true;
  });
  return gone;
}

bool Wants::has(std::string_view symbol, Channel channel) const {
  const auto first = answered_.lower_bound({std::string{symbol}, channel, ""});
  return first != answered_.end() && std::get<0>(*first) == symbol &&
         std::get<1>(*first) == channel;
}

// Whatever the channel.
bool Wants::has(const std::string& symbol) const {
  const auto first = answered_.lower_bound({symbol, Channel{}, ""});
  return first != answered_.end() && std::get<0>(*first) == symbol;
}

void Wants::resolve(const Want& want, bool all_listed, std::vector<venue::Subscription>& out) {
  const auto channels = venue::channels_of(adapter_.traits());
  for (const auto* entry : entries_of(want, all_listed)) {
    say_unless_trading(*entry);
    for (const Channel channel : channels) {
      const bool chosen =
          want.channels.empty() || std::ranges::find(want.channels, channel) != want.channels.end();
      // Instruments are announced from the listing; status is our own.
      if (channel == Channel::instrument || channel == Channel::status) continue;
      if (!chosen || !applies_to(channel, entry->info.kind)) continue;
      venue::Subscription subscription{.channel = channel, .symbol = entry->symbol, .interval = ""};
      if (channel == Channel::candle) subscription.interval = want.interval;
      out.push_back(std::move(subscription));
    }
  }
}

std::vector<const Catalog::Entry*> Wants::entries_of(const Want& want, bool all_listed) {
  std::vector<const Catalog::Entry*> entries;
  const auto add = [&](const std::string& name, const Catalog::Entry& entry) {
    find_home(name, entry.symbol);
    entries.push_back(&entry);
  };
  for (const auto& name : want.instruments) {
    if (name.find('*') != std::string::npos) {
      const auto found = matching(name);
      for (const auto* entry : found) add(name, *entry);
      if (!found.empty()) continue;
      missing(name, all_listed,
              fmt::format("venue {} has no instrument that trades and whose name is like \"{}\"",
                          config_.venue, name));
    } else if (const auto* entry = named(name)) {
      add(name, *entry);
    } else {
      std::string hint;
      for (const auto near : catalog_.nearest_names(name, 3))
        hint.append(hint.empty() ? "; the nearest are " : ", ").append(printable(near, 64));
      missing(name, all_listed,
              fmt::format("venue {} has no instrument named \"{}\"{}", config_.venue, name, hint));
    }
  }
  for (const auto& symbol : want.symbols) {
    if (const auto* entry = catalog_.by_symbol(symbol)) {
      add(symbol, *entry);
    } else {
      missing(symbol, all_listed,
              fmt::format("venue {} has no symbol \"{}\"", config_.venue, symbol));
    }
  }
  return entries;
}

// All that trade, of a name with '*'; what has traded and is collected goes on.
std::vector<const Catalog::Entry*> Wants::matching(const std::string& name) const {
  std::vector<const Catalog::Entry*> found;
  for (const auto& entry : catalog_.entries()) {
    const bool trades = entry.info.status == "trading" || has(entry.symbol);
    if (trades && matches_glob(name, entry.name) && catalog_.by_name(entry.name) == &entry)
      found.push_back(&entry);
  }
  return found;
}

// Some symbols look like names of ours ("BTC_USDC-PERPETUAL").
const Catalog::Entry* Wants::named(const std::string& name) const {
  const auto* entry = catalog_.by_name(name);
  return entry != nullptr ? entry : catalog_.by_symbol(name);
}

bool Wants::is_elsewhere(const std::string& name) const {
  const auto home = wanted_.homes.find(name);
  return home != wanted_.homes.end() && home->second != config_.shard;
}

void Wants::find_home(const std::string& name, const std::string& symbol) {
  const auto home = wanted_.homes.find(name);
  if (home == wanted_.homes.end()) return;
  const auto known = symbol_homes_.try_emplace(symbol, home->second).first;
  known->second = std::min(known->second, home->second);
}

// Said once.
void Wants::missing(const std::string& name, bool all_listed, std::string problem) {
  if (is_elsewhere(name)) return;  // said there
  unlisted_[name] = all_listed ? problem : "";
  if (!told_.insert((all_listed ? "refused:" : "waits:") + name).second) return;
  if (!all_listed) {
    log_.warn("instrument_waits", {{"venue", config_.venue},
                                   {"name", name},
                                   {"problem",
                                    "no listing so far names it, and not all of "
                                    "the venue's listings have come"}});
    return;
  }
  log_.error("instrument_refused",
             {{"venue", config_.venue}, {"name", name}, {"problem", problem}});
  if (!closed_) refusals_.push_back({ErrorKind::config, std::move(problem)});
}

// Subscribed all the same: it may trade later. But silence needs a word.
void Wants::say_unless_trading(const Catalog::Entry& entry) {
  const auto status = entry.info.status;
  if (status == "trading" || status.empty()) return;
  if (!told_.insert(fmt::format("{}:{}", status, entry.symbol)).second) return;
  log_.warn("instrument_not_trading",
            {{"venue", config_.venue}, {"instrument", entry.name}, {"status", status}});
}

}  // namespace mp::pipeline
