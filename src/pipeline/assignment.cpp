#include "pipeline/assignment.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <utility>

#include "core/assert.hpp"

namespace mp::pipeline {
namespace {

// The lower one of the two in the middle.
double median_of(std::span<const std::optional<double>> loads) {
  std::vector<double> measured;
  for (const auto& load : loads) {
    if (load) measured.push_back(*load);
  }
  if (measured.empty()) return 1;
  const auto middle = measured.begin() + static_cast<std::ptrdiff_t>((measured.size() - 1) / 2);
  std::ranges::nth_element(measured, middle);
  return *middle;
}

}  // namespace

std::vector<std::uint32_t> assign(std::span<const std::optional<double>> loads,
                                  std::uint32_t shards) {
  MP_ASSERT(shards > 0);
  const double unmeasured = median_of(loads);
  const auto load_of = [&](std::size_t i) { return loads[i].value_or(unmeasured); };
  std::vector<std::size_t> order(loads.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair{-load_of(i), i}; });
  // Equal sums are told apart by the number of instruments: idle ones spread as well.
  std::vector<std::pair<double, std::size_t>> sums(shards);
  std::vector<std::uint32_t> out(loads.size());
  for (const std::size_t i : order) {
    const auto least = std::ranges::min_element(sums);
    out[i] = static_cast<std::uint32_t>(least - sums.begin());
    least->first += load_of(i);
    ++least->second;
  }
  return out;
}

std::vector<std::vector<FeedConfig>> assign_feeds(const std::vector<FeedConfig>& feeds,
                                                  std::uint32_t shards, const LoadOf& load_of,
                                                  const Homes& kept) {
  // By name, so that the order in which they are wanted does not matter.
  Homes homes;
  for (const FeedConfig& feed : feeds) {
    for (const Want& want : feed.wants) {
      for (const auto& name : want.instruments) homes[{feed.venue, name}];
      for (const auto& symbol : want.symbols) homes[{feed.venue, symbol}];
    }
  }
  std::vector<std::optional<double>> loads;
  for (const auto& [key, home] : homes) loads.push_back(load_of(key.first, key.second));
  const auto assigned = assign(loads, shards);
  std::size_t i = 0;
  for (auto& [key, home] : homes) {
    const auto before = kept.find(key);
    home = before == kept.end() ? assigned[i] : before->second;
    ++i;
  }

  std::vector<std::vector<FeedConfig>> out(shards);
  for (const FeedConfig& feed : feeds) {
    FeedConfig each = feed;
    std::vector<bool> serves(shards);
    for (const auto& [key, home] : homes) {
      if (key.first != feed.venue) continue;
      each.homes[key.second] = home;
      serves[home] = true;
    }
    // Nothing is wanted: the first shard says so.
    if (each.homes.empty()) serves[0] = true;
    for (std::uint32_t shard = 0; shard < shards; ++shard) {
      if (!serves[shard]) continue;
      each.shard = shard;
      each.seed = feed.seed ^ (shard * 0x9e3779b97f4a7c15U);
      out[shard].push_back(each);
    }
  }
  return out;
}

Homes homes_of(const std::vector<std::vector<FeedConfig>>& feeds) {
  Homes homes;
  for (const auto& shard : feeds) {
    for (const auto& feed : shard) {
      for (const auto& [name, home] : feed.homes) homes[{feed.venue, name}] = home;
    }
  }
  return homes;
}

}  // namespace mp::pipeline
