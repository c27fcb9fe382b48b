// L4. Which shard collects which instrument: by the load that was measured when it was last
// collected. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/feed.hpp"

namespace mp::pipeline {

// The shard of each load: the heaviest first, each to the shard that has least, the lowest of
// equals. Loads without a measurement count as the median of the measured ones, 1 where there are
// none. The same input gives the same answer.
[[nodiscard]] std::vector<std::uint32_t> assign(std::span<const std::optional<double>> loads,
                                                std::uint32_t shards);

// What was measured of the instrument (our name or the venue's symbol, as it is wanted).
using LoadOf =
    std::function<std::optional<double>(std::string_view venue, std::string_view instrument)>;

// The shard of each (venue, instrument), by the name that it is wanted with.
using Homes = std::map<std::pair<std::string, std::string>, std::uint32_t>;

// The feeds of each shard. Every feed of a venue is told all that is wanted of the venue, and where
// each instrument is at home; a shard that has none of them has no feed of it. What has a home in
// `kept` stays there.
[[nodiscard]] std::vector<std::vector<FeedConfig>> assign_feeds(
    const std::vector<FeedConfig>& feeds, std::uint32_t shards, const LoadOf& load_of,
    const Homes& kept = {});
[[nodiscard]] Homes homes_of(const std::vector<std::vector<FeedConfig>>& feeds);

}  // namespace mp::pipeline
