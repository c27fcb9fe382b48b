#include "cli/data_journals.hpp"

#include <fmt/format.h>

#include "journal/shards.hpp"

namespace mp::cli {

Result<std::vector<std::filesystem::path>> journals_of(const std::filesystem::path& dir) {
  auto journal = dir / "journal";
  auto shards = journal::shards_in(journal);
  if (shards && shards->empty()) {
    if (auto own = journal::shards_in(dir); own && !own->empty()) {
      shards = std::move(own);
      journal = dir;
    }
  }
  if (!shards) return shards.error();
  if (shards->empty()) {
    return Error{ErrorKind::io,
                 fmt::format("there is no journal {}; name the data directory that `run` or `demo` "
                             "wrote with --data",
                             journal.string())};
  }
  std::vector<std::filesystem::path> out;
  for (const auto number : *shards) out.push_back(journal::shard_location(journal, number));
  return out;
}

}  // namespace mp::cli
