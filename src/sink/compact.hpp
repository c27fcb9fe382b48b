// L3. Compaction of a folder of Parquet files: one takes the place of many, sorted by ts_recv.
//
// The file that is made has a name that says what it has (parquet_name.hpp). It is written to
// .compact/new, beside second names of all that stays in the folder, and then the two folders
// change names, in one step: who lists the folder sees the old files or the new one, whenever a
// kill comes. What is left in .compact after that is removed later. Sinks that add files, and
// queries, share a lock that is held for the change.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/files.hpp"
#include "core/result.hpp"
#include "sink/compact_plan.hpp"
#include "sink/duckdb.hpp"
#include "sink/files.hpp"
#include "sink/spec.hpp"

namespace mp::sink {

struct CompactConfig {
  std::filesystem::path folder{};  // of a Parquet sink
  DuckdbConfig duckdb{};           // its temp_dir is ours
  CompactRules rules{};
  // What was replaced stays so long as it has no more bytes, until the next run: for readers that
  // have listed it and know no lock.
  std::uint64_t kept_bytes_max = 0;
  Durable durable = Durable::yes;
  CrashPoint crash_point = nullptr;
};

struct CompactCounts {
  std::size_t folders = 0;  // to look at
  std::size_t folders_done = 0;
  std::uint64_t files_replaced = 0;
  std::uint64_t files_made = 0;
  std::uint64_t bytes_replaced = 0;
  std::uint64_t bytes_made = 0;
  std::uint64_t failures = 0;  // folders that stay as they are
  std::uint64_t held_up = 0;   // of these: others had the files, and a later run will do it
  std::string problem;         // the newest, in one sentence
};

class Compactor {
 public:
  // ErrorKind::locked: another one is at work in the folder.
  static Result<std::unique_ptr<Compactor>> open(const CompactConfig& config);
  // At the next run, what is closed by then.
  void close_by(Timestamp now) { config_.rules.now = now; }

  // Told after each folder; false ends the run.
  using OnProgress = std::function<bool(const CompactCounts& counts)>;
  Result<CompactCounts> run(const OnProgress& on_progress);
  // From any thread: ends a run soon.
  void interrupt();

 private:
  using Path = std::filesystem::path;
  explicit Compactor(const CompactConfig& config) : config_(config) {}

  Result<void> start();
  Result<void> compact(const Path& folder, CompactCounts& counts);
  Result<std::vector<CompactFile>> files_of(const Path& folder) const;
  Result<void> merge(const Path& folder, const CompactRun& run) const;
  Result<bool> replace(const Path& folder, const std::vector<CompactRun>& runs);
  Result<void> link_the_rest(const Path& folder, const std::vector<CompactRun>& runs) const;
  void throw_away(std::uint64_t bytes_kept_max);
  [[nodiscard]] Path work() const { return config_.folder / ".compact" / "new"; }
  void crash_point(std::string_view place) const {
    if (config_.crash_point != nullptr) config_.crash_point(place);
  }

  struct Old {
    Path folder;
    std::uint64_t bytes = 0;
  };

  CompactConfig config_;
  Fd lock_;
  std::unique_ptr<Duckdb> database_;
  std::deque<Old> old_;
  std::uint64_t replaced_ = 0;  // folders so far
};

}  // namespace mp::sink
