// L3. What the Parquet sink has taken and not delivered: rows in memory, their files in .staging,
// the renames of a commit. Each call of deliver() does a part.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "core/event.hpp"
#include "sink/commit_log.hpp"
#include "sink/duckdb.hpp"
#include "sink/parquet_partitions.hpp"
#include "sink/parquet_stage.hpp"
#include "sink/sink.hpp"
#include "sink/spec.hpp"

namespace mp::sink {

// The database of a Parquet sink's runner, as the section has it.
[[nodiscard]] DuckdbConfig duckdb_of(const Settings& settings, const Folders& folders);

// Of rows in memory, unless there are fewer for it.
inline constexpr std::uint64_t kRowsBytesMax = std::uint64_t{128} << 20U;

class ParquetFlush {
 public:
  struct Options {
    Folders folders;
    std::uint32_t shard = 0;
    DuckdbConfig duckdb;
    unsigned writers = 1;  // files that are written at once, each by a thread while a flush lasts
    Durable durable = Durable::yes;
    CrashPoint crash_point = nullptr;
  };
  explicit ParquetFlush(Options options);

  // A flush that an earlier run has committed is under way then.
  Result<void> open();
  void close();

  void add(const Event& event, std::uint64_t index);
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  // Of the rows in memory, estimated.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  // Rows stay in memory until their files are committed, so a flush that fails can be tried again.
  // None may be added to one that is under way.
  Written deliver();
  [[nodiscard]] bool under_way() const { return stage_.begun() || finishing_; }
  [[nodiscard]] bool finishing() const { return finishing_; }
  // Of the last flush that was delivered; 0: there was none.
  [[nodiscard]] std::uint64_t delivered_end() const { return delivered_end_; }
  [[nodiscard]] const CommitLog& log() const { return log_; }

 private:
  Result<Progress> stage();
  Result<Progress> sync_staged() const;
  Result<void> begin_stage();
  [[nodiscard]] std::string name() const;

  const Options options_;
  CommitLog log_;
  std::unique_ptr<Duckdb> database_;
  ParquetStage stage_;
  Partitions partitions_;
  CommitLog::Flush flush_;                     // the one that gathers
  std::vector<std::filesystem::path> places_;  // of its files that are staged
  std::uint64_t rows_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t committed_end_ = 0;
  std::uint64_t delivered_end_ = 0;
  bool finishing_ = false;  // committed, and some files wait for their rename
};

}  // namespace mp::sink
