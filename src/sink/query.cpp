#include "sink/query.hpp"

#include <algorithm>
#include <cerrno>

#include "codec/json_encode.hpp"
#include "core/utf8.hpp"
#include "sink/files.hpp"

namespace mp::sink {
namespace {

constexpr std::size_t kCellBytesMax = 4096;  // of a table

namespace fs = std::filesystem;

// Whether DuckDB complains of the statement, or of what it was to read or write.
ErrorKind kind_of(std::string_view words) {
  if (words.find("Permission denied") != std::string_view::npos) return ErrorKind::permission;
  return words.starts_with("IO Error") ? ErrorKind::io : ErrorKind::usage;
}

void append_csv(const std::string& cell, std::string& out) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) {
    out.append(cell);
    return;
  }
  out.push_back('"');
  for (const char c : cell) out.append(c == '"' ? 2 : 1, c);
  out.push_back('"');
}

// Characters, not bytes: continuation bytes of UTF-8 take no column.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

// Rows that are gathered until the widths of all columns are known.
class AlignedTable {
 public:
  void add_column(const std::string& name, bool numeric) {
    widths_.push_back(width_of(name));
    numeric_.push_back(numeric);
    header_.push_back(name);
  }
  // What a venue called something must not move the cursor.
  void add_row(std::vector<std::string> cells) {
    for (std::string& cell : cells) cell = printable(cell, kCellBytesMax);
    for (std::size_t i = 0; i < cells.size(); ++i)
      widths_[i] = std::max(widths_[i], width_of(cells[i]));
    rows_.push_back(std::move(cells));
  }
  [[nodiscard]] std::size_t rows() const { return rows_.size(); }

  void print(std::ostream& out) const {
    if (header_.empty()) return;
    print_row(header_, out);
    for (std::size_t i = 0; i < widths_.size(); ++i)
      out << (i == 0 ? "" : "  ") << std::string(widths_[i], '-');
    out << '\n';
    for (const auto& row : rows_) print_row(row, out);
  }

 private:
  void print_row(const std::vector<std::string>& cells, std::ostream& out) const {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string space(widths_[i] - width_of(cells[i]), ' ');
      out << (i == 0 ? "" : "  ");
      if (numeric_[i]) out << space;
      out << cells[i];
      if (!numeric_[i] && i + 1 < cells.size()) out << space;
    }
    out << '\n';
  }

  std::vector<std::size_t> widths_;
  std::vector<bool> numeric_;
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace

std::optional<QueryFormat> query_format_named(std::string_view name) {
  if (name == "table") return QueryFormat::table;
  if (name == "csv") return QueryFormat::csv;
  if (name == "ndjson") return QueryFormat::ndjson;
  return std::nullopt;
}

Result<std::unique_ptr<Query>> Query::open(const QueryConfig& config) {
  const auto& dir = config.data_dir;
  const OpenedFile opened = open_file(dir, O_RDONLY | O_DIRECTORY);
  if (opened.code == ENOENT || opened.code == ENOTDIR) {
    return Error{ErrorKind::io, "there is no data folder " + dir.string() +
                                    ": name the one that the collector writes to"};
  }
  if (opened.code != 0) return file_error("read", dir, opened.code);
  DuckdbConfig duckdb = config.duckdb;
  std::unique_ptr<QuerySpill> spill;
  if (duckdb.temp_dir.empty()) {
    spill = QuerySpill::make(dir / ".query");
    duckdb.temp_dir = spill->path();
  }
  auto tail = QueryTail::open(config.tail);
  std::optional<Error> without_journal;
  if (!tail) without_journal = tail.error();
  if (duckdb.temp_dir.empty() && !config.tail.journals.empty())
    without_journal = {ErrorKind::io, "there is no folder to write them to, neither below " +
                                          dir.string() + " nor in " +
                                          fs::temp_directory_path().string()};
  if (without_journal) tail = QueryTail::open({});
  const auto& sink = config.tail.sink;
  auto views = QueryViews::open(dir / (sink.empty() ? "parquet" : sink), tail.take());
  if (!views) return views.error();
  auto database = Duckdb::open(duckdb);
  if (!database) return database.error();
  return std::unique_ptr<Query>{new Query{views.take(), std::move(spill), database.take(), duckdb,
                                          std::move(without_journal)}};
}

Result<std::uint64_t> Query::run(const std::string& sql, ValueStyle style,
                                 const OnColumns& on_columns, const OnRow& on_row) {
  if (auto made = views_.make(*database_, sql, duckdb_); !made) return made.error();
  const duck::Api& api = database_->api();
  duck::ResultHandle result{};
  if (api.query(database_->connection(), sql.c_str(), &result) != duck::kSuccess) {
    const char* const why = api.result_error(&result);
    const std::string_view words = why != nullptr ? why : "DuckDB refused the query";
    Error error{kind_of(words), views_.in_our_words(std::string{words})};
    api.destroy_result(&result);
    return error;
  }
  auto count = read(result, style, on_columns, on_row);
  api.destroy_result(&result);
  return count;
}

Result<std::uint64_t> Query::read(duck::ResultHandle& result, ValueStyle style,
                                  const OnColumns& on_columns, const OnRow& on_row) {
  const duck::Api& api = database_->api();
  Columns columns;
  for (duck::Index i = 0; i < api.column_count(&result); ++i) {
    columns.names.emplace_back(api.column_name(&result, i));
    duck::TypeHandle* handle = api.column_logical_type(&result, i);
    auto type = value_type(api, handle);
    api.destroy_logical_type(&handle);
    if (!type) return type.error();
    columns.types.push_back(type.take());
  }
  on_columns(columns);

  std::uint64_t count = 0;
  bool more = true;
  Cells cells(columns.names.size());
  std::vector<bool> nulls(cells.size());
  while (duck::ChunkHandle* chunk = more ? api.fetch_chunk(result) : nullptr) {
    const duck::Index size = api.data_chunk_get_size(chunk);
    for (duck::Index row = 0; row < size && more; ++row) {
      for (std::size_t i = 0; i < cells.size(); ++i) {
        duck::VectorHandle* const vector = api.data_chunk_get_vector(chunk, i);
        cells[i].clear();
        append_value(api, vector, columns.types[i], row, style, cells[i]);
        nulls[i] = columns.types[i].id == duck::Type::sql_null || is_null(api, vector, row);
      }
      ++count;
      more = on_row(cells, nulls);
    }
    api.destroy_data_chunk(&chunk);
  }
  return count;
}

Result<Rows> Query::rows(const std::string& sql, std::size_t rows_max) {
  Rows out;
  auto count = run(
      sql, ValueStyle::text, [&](const Columns& columns) { out.columns = columns.names; },
      [&](const Cells& cells, const std::vector<bool>& nulls) {
        if (out.rows.size() == rows_max) return false;
        auto& row = out.rows.emplace_back();
        for (std::size_t i = 0; i < cells.size(); ++i)
          row.push_back(nulls[i] ? std::nullopt : std::optional{cells[i]});
        return true;
      });
  if (!count) return count.error();
  return out;
}

Result<std::uint64_t> Query::print(const std::string& sql, QueryFormat format, std::ostream& out) {
  AlignedTable table;
  Cells names;
  std::string line;
  bool cut = false;
  const auto on_columns = [&](const Columns& columns) {
    names = columns.names;
    for (std::size_t i = 0; i < names.size(); ++i) {
      table.add_column(names[i], is_numeric(columns.types[i]));
      if (format == QueryFormat::csv) {
        if (i > 0) line.push_back(',');
        append_csv(names[i], line);
      }
    }
    if (format == QueryFormat::csv) out << line << '\n';
  };
  const auto on_row = [&](const Cells& cells, const std::vector<bool>&) {
    if (format == QueryFormat::table) {
      cut = table.rows() == kTableRowsMax;
      if (!cut) table.add_row(cells);
      return !cut;
    }
    line.clear();
    if (format == QueryFormat::ndjson) line.push_back('{');
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) line.push_back(',');
      if (format == QueryFormat::csv) {
        append_csv(cells[i], line);
      } else {
        codec::append_json_string(names[i], line);
        line.append(":").append(cells[i]);
      }
    }
    if (format == QueryFormat::ndjson) line.push_back('}');
    out << line << '\n';
    return out.good();
  };
  const ValueStyle style = format == QueryFormat::ndjson ? ValueStyle::json : ValueStyle::text;
  auto count = run(sql, style, on_columns, on_row);
  if (!count) return count;
  if (format == QueryFormat::table) table.print(out);
  if (cut) out << "(the first " << kTableRowsMax << " rows; csv and ndjson print all of them)\n";
  if (!out.good()) return Error{ErrorKind::io, "cannot write the rows of the query"};
  return count;
}

}  // namespace mp::sink
