#include "journal/shards.hpp"

#include <string>
#include <system_error>

namespace mp::journal {

std::filesystem::path shard_location(const std::filesystem::path& dir, std::uint32_t number) {
  return number == 0 ? dir : dir / ("shard-" + std::to_string(number));
}

std::vector<std::uint32_t> shards_in(const std::filesystem::path& dir) {
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t number = 0; number < kShardsMax; ++number) {
    std::error_code none;
    if (std::filesystem::exists(shard_location(dir, number) / "control", none))
      numbers.push_back(number);
  }
  return numbers;
}

}  // namespace mp::journal
