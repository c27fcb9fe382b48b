// L2. One reader over the journals of several shards, in the order of ts_recv.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <vector>

#include "core/result.hpp"
#include "journal/journal.hpp"

namespace mp::journal {

// A sleeping reader may watch two words of each journal: see futex_wait_any.
inline constexpr std::size_t kMergedMax = 64;

struct MergedConfig {
  std::vector<std::filesystem::path> locations;  // one to kMergedMax
  From from = From::oldest;                      // or newest; `cursor` means oldest
  // A shard is waited for as long as its newest promise is younger than this. One that was killed
  // or hangs holds the others up no longer.
  std::chrono::nanoseconds patience = std::chrono::seconds{1};
};

// With one location it is the plain reader. With several:
// - events of one journal keep their order; between journals the lowest ts_recv goes first. It is
//   handed out once every other journal has an event that is later, has promised to write none that
//   is earlier (Writer::promise), is closed, or is silent beyond `patience`. An event that comes
//   too late for its place, against a promise or after a silence, is handed out at once.
// - index() counts in the event's own journal, so there is no cursor: commit() does nothing. Who
//   must not miss anything reads each journal by itself.
// - lost and corrupt are told as soon as one of the journals tells them; closed when all are.
[[nodiscard]] Result<std::unique_ptr<Reader>> open_merged(const MergedConfig& config);

}  // namespace mp::journal
