// L3. The Parquet sink: typed rows in hive folders, written by DuckDB.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "sink/duckdb.hpp"
#include "sink/files.hpp"
#include "sink/sink.hpp"

namespace mp::sink {

struct ParquetConfig {
  std::filesystem::path data_dir{};
  std::uint32_t shard = 0;  // of the journal that it gets: see Folders
  DuckdbConfig duckdb{};    // an empty temp_dir is set to a folder below data_dir
  unsigned writers = 2;     // files that are written at once, each by a thread while a flush lasts
  std::uint64_t flush_rows_max = 500'000;
  // Of the rows in memory, estimated; at most a quarter of what DuckDB may take beside them.
  std::uint64_t flush_bytes_max = std::uint64_t{128} << 20U;
  std::chrono::seconds flush_age_max{std::chrono::minutes{1}};
  Durable durable = Durable::yes;
  CrashPoint crash_point = nullptr;
};

// data_dir/parquet/channel=trade/venue=binance/instrument=BTC-USDT/date=2026-11-24/
//   [s<shard>-]<first index of the flush>-<identity of its first event>-<n>.parquet
// Rows gather in memory and a flush writes them all: to files in .staging, then the list of their
// names to .commits, which is the moment of delivery, then by renames into place. Exactly once
// after a crash: a flush that is in .commits is completed, any other is removed; and when the
// runner delivers again what .commits has, it is recognised by its first event, or by index and
// time of one within it, and passed over.
[[nodiscard]] std::unique_ptr<Sink> make_parquet(const ParquetConfig& config);

}  // namespace mp::sink
