// L3. The file sink: events as lines of JSON, plain or zstd, in data_dir/ndjson/<date>/.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "sink/files.hpp"
#include "sink/sink.hpp"

namespace mp::sink {

enum class Compression : std::uint8_t { none, zstd };

struct NdjsonConfig {
  std::filesystem::path data_dir{};
  std::uint32_t shard = 0;  // of the journal that it gets: see Folders
  Compression compression = Compression::zstd;
  int zstd_level = 3;
  std::uint64_t file_bytes_max = std::uint64_t{256} << 20U;  // as stored, plus one batch
  std::chrono::seconds file_age_max{std::chrono::minutes{5}};
  Durable durable = Durable::yes;  // fsync before a file is renamed into place
  CrashPoint crash_point = nullptr;
};

// A file is written in .staging and renamed into place when it is complete, which is the moment of
// delivery. Its name carries the indexes and the identity of its first event:
//   <date of the first event>/[s<shard>-]<first>-<identity>-<end>.ndjson.zst
// Exactly once after a crash: what stood in .staging is removed, the runner starts again at the
// last file's end, and a file that exists already is recognised by its name and passed over.
[[nodiscard]] std::unique_ptr<Sink> make_ndjson(const NdjsonConfig& config);

}  // namespace mp::sink
