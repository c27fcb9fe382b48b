#include "pipeline/venue_budget.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace mp::pipeline {

VenueBudget::VenueBudget(const venue::Limits& limits, const Shared& shared)
    : pacer_({.between = limits.connects.pace(), .failing = net::ConnectPacer::Failing::slower},
             shared.connects, shared.pace),
      connections_(shared.connections_max),
      calls_max_(limits.rest_calls_at_once),
      spent_header_(limits.rest_spent),
      all_calls_(shared.calls),
      place_(shared.calls == nullptr ? 0 : shared.calls->add_venue()),
      own_memory_(shared.memory == nullptr ? std::make_unique<BudgetMemory>() : nullptr),
      memory_(shared.memory == nullptr ? *own_memory_ : *shared.memory),
      calls_(limits.rest_calls, memory_.calls),
      weight_(limits.rest_weight, memory_.weight) {}

net::SteadyTime VenueBudget::calls_free_at(net::SteadyTime now, std::uint32_t weight,
                                           Leave leave) const {
  const auto left = leave == Leave::half ? weight_.most() / 2 : 0;
  const net::SteadyTime paused{net::SteadyTime::duration{memory_.paused_until.load()}};
  return std::max({paused, calls_.free_at(1, now), weight_.free_at(weight + left, now)});
}

VenueBudget::Call VenueBudget::begin_call(net::SteadyTime now, std::uint32_t weight, Leave leave) {
  if (calls_free_at(now, weight, leave) > now) return Call{};
  if (under_way_.fetch_add(1) >= calls_max_) {
    --under_way_;
    return Call{};
  }
  if (all_calls_ != nullptr && !all_calls_->begin(place_)) {
    --under_way_;
    return Call{};
  }
  Call call{*this};
  if (!calls_.spend(1, now)) return Call{};
  if (weight_.spend(weight, now)) return call;
  calls_.give_back(1, now);
  return Call{};
}

bool VenueBudget::has_weight(std::uint64_t weight, net::SteadyTime now) const {
  return weight_.most() == 0 || weight_.spent(now) + weight <= weight_.most();
}

void VenueBudget::pause_calls(net::SteadyTime until) {
  const std::int64_t wanted = until.time_since_epoch().count();
  auto before = memory_.paused_until.load();
  while (before < wanted && !memory_.paused_until.compare_exchange_weak(before, wanted)) {
  }
}

void VenueBudget::learn_spent(std::string_view told, net::SteadyTime now) {
  std::uint64_t number = 0;
  const char* const end = told.data() + told.size();
  const auto [stop, problem] = std::from_chars(told.data(), end, number);
  if (problem != std::errc{} || stop != end || weight_.most() == 0) return;
  using Tells = venue::SpentHeader::Tells;
  if (spent_header_.tells == Tells::left)
    number = weight_.most() - std::min(weight_.most(), number);
  // The venue's window may have begun later than ours, and so have less.
  const auto known = weight_.spent(now);
  if (number > known) weight_.add(number - known, now);
}

void VenueBudget::end_call() {
  --under_way_;
  if (all_calls_ != nullptr) all_calls_->end(place_);
}

VenueBudget::Shared shared_of(BudgetFile* file, const FeedConfig& feed,
                              const venue::Limits& limits) {
  VenueBudget::Shared shared{.connections_max = feed.connections_max};
  if (file == nullptr) return shared;
  const auto key =
      key_of({.venue = feed.venue,
              .rest_url = feed.rest_url,
              .proxy = feed.proxies.empty() ? "" : feed.proxies.front(),
              .source = feed.source_addresses.empty() ? "" : feed.source_addresses.front()},
             limits);
  shared.memory = file->memory_of(key);
  shared.pace = file->connects_of(key);
  return shared;
}

std::string key_of(const BudgetName& name, const venue::Limits& limits) {
  return fmt::format("{}\n{}\n{}{}\n{}\n{}", name.venue, name.rest_url, name.proxy, name.source,
                     limits.rest_calls.per.count(), limits.rest_weight.per.count());
}

}  // namespace mp::pipeline
