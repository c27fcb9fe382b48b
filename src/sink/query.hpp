// L3. SQL over the Parquet files of a data folder, and over what its journal has beyond them: a
// view per channel.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "sink/duckdb.hpp"
#include "sink/duckdb_value.hpp"
#include "sink/query_spill.hpp"
#include "sink/query_views.hpp"

namespace mp::sink {

struct QueryConfig {
  std::filesystem::path data_dir{};
  DuckdbConfig duckdb{};  // an empty temp_dir: one of its own, below data_dir
  QueryTailConfig tail{};
};

enum class QueryFormat : std::uint8_t { table, csv, ndjson };
[[nodiscard]] std::optional<QueryFormat> query_format_named(std::string_view name);

// A table shows at most this many rows, and says so; CSV and NDJSON have no end.
inline constexpr std::size_t kTableRowsMax = 10'000;

struct Rows {
  std::vector<std::string> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;  // nullopt: NULL
};

// The views `trade`, `quote`, `book`, ... have the columns of the files, then type, venue and date,
// and, but for `status`, which has one, `channel`. A channel without files is an empty view.
class Query {
 public:
  static Result<std::unique_ptr<Query>> open(const QueryConfig& config);
  // Whether any rows can be there: files, or a journal.
  [[nodiscard]] bool has_source() const { return views_.has_source(); }
  // Why the rows of the journal are not among those of the files; nothing: they are.
  [[nodiscard]] const std::optional<Error>& without_journal() const { return without_journal_; }

  // Runs SQL and keeps at most `rows_max` rows. ErrorKind::usage: DuckDB's own sentence.
  Result<Rows> rows(const std::string& sql, std::size_t rows_max);
  // Runs SQL and writes the rows of the last statement; answers how many rows there were.
  Result<std::uint64_t> print(const std::string& sql, QueryFormat format, std::ostream& out);

 private:
  using Cells = std::vector<std::string>;
  // Hands over each row; `nulls` says which cells are NULL. False ends the reading.
  using OnRow = std::function<bool(const Cells& cells, const std::vector<bool>& nulls)>;
  struct Columns {
    Cells names;
    std::vector<ValueType> types;
  };
  using OnColumns = std::function<void(const Columns& columns)>;

  Query(QueryViews views, std::unique_ptr<QuerySpill> spill, std::unique_ptr<Duckdb> database,
        DuckdbConfig duckdb, std::optional<Error> without_journal)
      : views_(std::move(views)),
        spill_(std::move(spill)),
        database_(std::move(database)),
        duckdb_(std::move(duckdb)),
        without_journal_(std::move(without_journal)) {}
  Result<std::uint64_t> run(const std::string& sql, ValueStyle style, const OnColumns& on_columns,
                            const OnRow& on_row);
  Result<std::uint64_t> read(duck::ResultHandle& result, ValueStyle style,
                             const OnColumns& on_columns, const OnRow& on_row);

  QueryViews views_;
  std::unique_ptr<QuerySpill> spill_;
  std::unique_ptr<Duckdb> database_;
  DuckdbConfig duckdb_;  // its temp_dir takes the journal's rows too
  std::optional<Error> without_journal_;
};

}  // namespace mp::sink
