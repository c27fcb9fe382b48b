// L3. The newest rows of a query: what the journal has and no Parquet file has yet.
//
// The cursor of the sink says where that begins. It is read before the files are listed, so all
// flushes below it are in the list as a whole. Of files of that journal beyond it the list may have
// a part of a flush: these are left out, and their rows come from the journal like all that follow.
// They are written by the sink's own writer, as files beside those of the sink.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/event.hpp"
#include "core/result.hpp"
#include "journal/journal.hpp"
#include "sink/duckdb.hpp"
#include "sink/parquet_name.hpp"

namespace mp::sink {

struct QueryTailConfig {
  struct Journal {
    std::uint32_t shard = 0;
    std::filesystem::path location;
  };
  std::vector<Journal> journals;
  std::string sink = "parquet";  // whose cursor tells what is in files; empty: there are none
  std::function<bool(const Event&)> wanted{};  // by that sink; nothing: all
  Timestamp until = Timestamp::max();          // what comes later is not read: a query ends
};

class QueryTail {
 public:
  // Looks at the cursors. A journal without events is passed over.
  static Result<QueryTail> open(QueryTailConfig config);

  // Told the files that are listed, learns where the journal begins to count.
  void settle(const std::vector<ParquetName>& files);
  // Its rows come from the journal.
  [[nodiscard]] bool replaces(const ParquetName& file) const;

  using Channels = std::bitset<kChannelCount>;
  using Files = std::array<std::vector<std::filesystem::path>, kChannelCount>;
  // Writes the rows of these channels below `folder`, which is made. Paths from there on.
  Result<Files> write(const Channels& channels, const std::filesystem::path& folder,
                      const DuckdbConfig& duckdb);
  [[nodiscard]] bool is_empty() const { return places_.empty(); }

 private:
  struct Place {
    QueryTailConfig::Journal journal;
    std::optional<std::uint64_t> cursor;
    std::uint64_t begin = 0;  // of what no file has
    std::uint64_t end = 0;    // of what the journal had when it was opened
    Timestamp earliest{};     // of the journal's oldest event

    // A journal that was there before ended before this one began.
    [[nodiscard]] bool has(const ParquetName& file) const {
      return file.shard == journal.shard && file.stretch.has_times() &&
             file.stretch.latest >= earliest;
    }
  };
  explicit QueryTail(QueryTailConfig config) : config_(std::move(config)) {}
  Result<std::optional<Place>> look_at(const QueryTailConfig::Journal& journal) const;
  Result<void> write(const Place& place, const Channels& channels,
                     const std::filesystem::path& folder, const DuckdbConfig& duckdb);

  QueryTailConfig config_;
  std::vector<Place> places_;
  std::uint64_t bytes_ = 0;  // of the rows that were written, as they are in memory
};

}  // namespace mp::sink
