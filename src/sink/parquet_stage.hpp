// L3. Makes the files of one flush of the Parquet sink, a bounded number at each call.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "core/result.hpp"
#include "sink/commit_log.hpp"
#include "sink/files.hpp"
#include "sink/parquet_rows.hpp"
#include "sink/parquet_writer.hpp"

namespace mp::sink {

class ParquetStage {
 public:
  struct Output {
    std::vector<const ParquetRows*> rows;
    std::filesystem::path path;
  };

  ParquetStage(Durable durable, CrashPoint crash_point)
      : durable_(durable), crash_point_(crash_point) {}

  // The database outlives the stage's work.
  Result<void> open(Duckdb& database, unsigned writers);
  void close() { writers_.clear(); }

  // The rows stay as they are until the last step.
  void begin(std::vector<Output> files);
  [[nodiscard]] bool begun() const { return next_ < files_.size(); }
  void give_up() { files_.clear(); }
  // Each writer takes the next file until there is none, or enough; the last works on this thread.
  Result<Progress> step();

 private:
  Result<void> write_file(ParquetWriter& writer, const Output& file) const;

  Durable durable_;
  CrashPoint crash_point_;
  std::vector<std::unique_ptr<ParquetWriter>> writers_;
  std::vector<Output> files_;
  std::size_t next_ = 0;
};

}  // namespace mp::sink
