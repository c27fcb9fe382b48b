// L4. VenueHealth: how the connections of a venue are, over the feeds that its shards have of it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "pipeline/health.hpp"

namespace mp::pipeline {

struct VenueHealth {
  Uptime hour{};
  Uptime day{};
  CallHealth calls{};  // of the shards' p95 the largest
  std::uint64_t connects = 0;
  std::uint64_t disconnects = 0;
  std::string last_problem{};            // of a connection that is not live
  std::map<std::uint32_t, Race> legs{};  // of each, over all connections
};

[[nodiscard]] std::map<std::string, VenueHealth> by_venue(const std::vector<FeedHealth>& feeds);

}  // namespace mp::pipeline
