// L3. A table of DuckDB with one row per event of a channel. Its columns come from the fields that
// the channel's body lists (core/event.hpp).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"
#include "core/result.hpp"
#include "sink/duckdb.hpp"

namespace mp::sink {

enum class ColumnType : std::uint8_t {
  boolean,
  tinyint,
  bigint,
  ubigint,
  real,
  text,
  timestamp,  // TIMESTAMP_NS, UTC
  levels,     // a list of structs: price, quantity and the exact parts of both
};

struct Column {
  std::string name;
  ColumnType type = ColumnType::text;
};

// The columns of a channel's Parquet files: ts_recv, ts_event, seq, symbol, then the body's fields.
// A price, quantity or decimal `f` has three: f (DOUBLE, for convenience), f_mantissa and
// f_exponent (exact).
[[nodiscard]] std::vector<Column> columns_of(Channel channel);
[[nodiscard]] std::string_view sql_type(ColumnType type);

// A table in memory that takes events by data chunks. Beside the columns it has `part`, the number
// of the partition that a row belongs to.
class EventTable {
 public:
  static Result<std::unique_ptr<EventTable>> create(Duckdb& database, Channel channel);
  ~EventTable();
  EventTable(const EventTable&) = delete;
  EventTable& operator=(const EventTable&) = delete;

  // After an error the table is of no more use.
  Result<void> append(const Event& event, std::int64_t part);
  // Brings all rows into the table, where SQL sees them.
  Result<void> flush();
  [[nodiscard]] const std::string& name() const { return name_; }  // for SQL, quoted
  [[nodiscard]] Channel channel() const { return channel_; }

 private:
  EventTable(Duckdb& database, Channel channel);
  Result<void> start();
  Result<void> append_chunk();
  void bind_vectors();

  Duckdb& database_;
  Channel channel_;
  std::string name_;
  std::vector<Column> columns_;
  duck::AppenderHandle* appender_ = nullptr;
  duck::ChunkHandle* chunk_ = nullptr;
  std::uint64_t rows_ = 0;  // in chunk_
  std::uint64_t rows_max_ = 0;

  friend class RowWriter;
  struct Target {
    duck::VectorHandle* vector = nullptr;
    void* data = nullptr;
    std::uint64_t children = 0;  // of a list: used so far in this chunk
  };
  std::vector<Target> targets_;
};

}  // namespace mp::sink
