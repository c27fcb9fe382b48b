// L3. Rows in ClickHouse's RowBinary, and the columns that they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"
#include "core/identity.hpp"

namespace mp::sink {

// What a server can hold: version 20.1 and later have DateTime64.
enum class TimeColumns : std::uint8_t { datetime64, int64 };

struct RowColumn {
  std::string name;
  std::string type;
};

// venue, instrument, identity, then the columns of Parquet files (columns.hpp). Levels are six
// arrays, such as `bids.price`. Without DateTime64 a time is an Int64: nanoseconds since 1970.
[[nodiscard]] std::vector<RowColumn> row_columns(Channel channel, TimeColumns times);

// The values of these columns, in their order; the same bytes for the same event.
void append_row(const Event& event, const Identity& identity, std::string& out);

// What rows are made of: numbers little-endian, texts with their length as a varint before them.
void append_row_text(std::string_view text, std::string& out);
template <class T>
void append_row_number(T value, std::string& out) {
  static_assert(std::is_arithmetic_v<T>);
  out.append(reinterpret_cast<const char*>(&value), sizeof(T));
}
void append_row_size(std::uint64_t size, std::string& out);

}  // namespace mp::sink
