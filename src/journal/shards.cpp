#include "journal/shards.hpp"

#include <algorithm>
#include <cerrno>
#include <string>

#include "core/files.hpp"

namespace mp::journal {

std::filesystem::path shard_location(const std::filesystem::path& dir, std::uint32_t number) {
  return number == 0 ? dir : dir / ("shard-" + std::to_string(number));
}

Result<std::vector<std::uint32_t>> shards_in(const std::filesystem::path& dir) {
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t number = 0; number < kShardsMax; ++number) {
    const auto location = shard_location(dir, number);
    const Listing listing = list_folder(location);
    if (listing.code == ENOENT || listing.code == ENOTDIR) continue;
    if (listing.code != 0)
      return os_error("cannot list the journal's folder " + location.string(), listing.code);
    const bool is_journal = std::ranges::any_of(listing.names, [](const std::string& name) {
      return name == "control" || name.ends_with(".segment");
    });
    if (is_journal) numbers.push_back(number);
  }
  return numbers;
}

}  // namespace mp::journal
