// L2. Where the journals of a collector's shards are: shard 0 in the directory, as if it were the
// only one; shard N below it, in shard-N.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/result.hpp"
#include "journal/merged_reader.hpp"

namespace mp::journal {

inline constexpr std::uint32_t kShardsMax = kMergedMax;  // numbers are below it

[[nodiscard]] std::filesystem::path shard_location(const std::filesystem::path& dir,
                                                   std::uint32_t number);

// The shards that have a journal there, be it a control page or segments alone, ascending; may be
// empty.
[[nodiscard]] Result<std::vector<std::uint32_t>> shards_in(const std::filesystem::path& dir);

}  // namespace mp::journal
