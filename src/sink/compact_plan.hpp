// L3. Which files of a Parquet folder become one.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/event.hpp"
#include "sink/parquet_name.hpp"

namespace mp::sink {

// What is known of a file without opening it.
struct CompactFile {
  std::string name;
  ParquetName parsed;
  std::uint64_t bytes = 0;
};
// Files of one journal and one instrument (or of those that share files), in the journal's order.
struct CompactRun {
  std::vector<CompactFile> files;
  ParquetName made;  // of the file that takes their place: it has all that they have
};

struct CompactRules {
  // Hours and days that ended so long before that time are closed; nothing: all are.
  std::optional<Timestamp> now;
  std::chrono::minutes settle{10};
  std::uint64_t file_bytes_max = std::uint64_t{512} << 20U;  // of a file that is made, roughly
};

// Of the files of one folder. An hour that is closed becomes one file, and so does a day, of these.
// Late comers do not make a large file be written anew, unless all are closed by word.
[[nodiscard]] std::vector<CompactRun> compact_runs(std::vector<CompactFile> files,
                                                   const CompactRules& rules);

}  // namespace mp::sink
