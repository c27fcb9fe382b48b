// L3. Writes rows as Parquet files with DuckDB, which reads them where they are.
#pragma once

#include <filesystem>
#include <memory>
#include <span>

#include "core/result.hpp"
#include "sink/duckdb.hpp"
#include "sink/parquet_rows.hpp"

namespace mp::sink {

// A connection to a database. One thread uses it at a time; several write at once.
class ParquetWriter {
 public:
  // Once for each database, before its first writer.
  static Result<void> prepare(Duckdb& database);
  // The database outlives its writers. It runs with one thread, the writer's own: see `Source`.
  static Result<std::unique_ptr<ParquetWriter>> open(Duckdb& database);

  // Makes the file, of rows of one channel; they keep their order.
  Result<void> write(std::span<const ParquetRows* const> parts, const std::filesystem::path& file);

 private:
  explicit ParquetWriter(std::unique_ptr<Duckdb> connection) : connection_(std::move(connection)) {}

  std::unique_ptr<Duckdb> connection_;
};

}  // namespace mp::sink
