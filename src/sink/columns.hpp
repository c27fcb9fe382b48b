// L3. The columns of a channel's Parquet files. They come from the fields that the channel's body
// lists (core/event.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"

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
  bool nullable = false;  // some events have none
};

// The columns of a channel's Parquet files: ts_recv, ts_event, seq, symbol, then the body's fields.
// A price, quantity or decimal `f` has three: f (DOUBLE, for convenience), f_mantissa and
// f_exponent (exact).
[[nodiscard]] std::vector<Column> columns_of(Channel channel);
[[nodiscard]] std::string_view sql_type(ColumnType type);

// Whether a section with these `channels` needs a table for one: all where there are none, and
// `status` always, since gaps are told to every sink.
[[nodiscard]] bool needs_table(const std::vector<std::string>& channels, Channel channel);

// The fields of every event, then those of its body. All that makes columns or values uses it, so
// that they cannot part.
void visit_fields(const Event& event, auto&& visit) {
  visit("ts_recv", event.ts_recv);
  visit("ts_event", event.ts_event);
  visit("seq", event.seq);
  visit("symbol", event.symbol);
  for_each_field(event.body, visit);
}

// An event of that channel, to ask for its fields.
[[nodiscard]] Event empty_event(Channel channel);

}  // namespace mp::sink
