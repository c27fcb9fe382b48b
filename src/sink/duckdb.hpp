// L3. DuckDB: the one wrapper of the library that writes Parquet and runs SQL. It is loaded when a
// database is opened, and never runs without bounds for memory, threads and disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "sink/duckdb_api.hpp"

namespace mp::sink {

inline constexpr std::string_view kDuckdbVersion = "v1.4.4";

struct DuckdbConfig {
  // libduckdb.so itself; empty: searched for next to the program, in ../lib/marketprism, in
  // build/deps/duckdb (scripts/install-duckdb.sh), and where the system keeps libraries.
  std::filesystem::path library{};
  std::uint64_t memory_bytes_max = std::uint64_t{512} << 20U;
  unsigned threads = 1;
  std::filesystem::path temp_dir{};  // spilled data; made when needed
  std::uint64_t temp_bytes_max = std::uint64_t{2} << 30U;
};

// Where the library would be looked for, in this order.
[[nodiscard]] std::vector<std::filesystem::path> duckdb_places(const DuckdbConfig& config);

// A database in memory with one connection. One thread uses it.
class Duckdb {
 public:
  // ErrorKind::config when the library is missing or of another version.
  static Result<std::unique_ptr<Duckdb>> open(const DuckdbConfig& config);
  // Another connection to the same database, which lasts until the last of its connections goes:
  // each may have a thread of its own.
  Result<std::unique_ptr<Duckdb>> connect();
  ~Duckdb();
  Duckdb(const Duckdb&) = delete;
  Duckdb& operator=(const Duckdb&) = delete;

  // Runs statements for their effect. The error is DuckDB's own sentence.
  Result<void> run(const std::string& sql);

  [[nodiscard]] const duck::Api& api() const { return *api_; }
  [[nodiscard]] duck::ConnectionHandle* connection() const { return connection_; }

 private:
  explicit Duckdb(const duck::Api& api) : api_(&api) {}

  const duck::Api* api_;  // lives as long as the process: the library is never unloaded
  // Shared by its connections, of which each needs it.
  std::shared_ptr<duck::DatabaseHandle> database_;
  duck::ConnectionHandle* connection_ = nullptr;
};

// 'text', for SQL.
[[nodiscard]] std::string sql_text(std::string_view text);
// A path for functions that take patterns, as it is.
[[nodiscard]] std::string sql_path(const std::filesystem::path& path);
// "name", for SQL.
[[nodiscard]] std::string sql_name(std::string_view name);

}  // namespace mp::sink
