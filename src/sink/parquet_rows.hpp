// L3. Rows of one Parquet file: events of a channel, column by column, until DuckDB writes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"
#include "sink/columns.hpp"
#include "sink/duckdb_api.hpp"

namespace mp::sink {

// The values of one field of all rows; a field of a price has three columns. Of the members only
// those of its kind are used. What is null has a value as well, which nobody reads.
struct Field {
  enum class Kind : std::uint8_t { number, flag, decimal, text, levels };
  struct Text {
    std::uint64_t begin = 0;  // in `bytes`
    std::uint32_t size = 0;
  };
  struct Decimals {
    std::vector<std::int64_t> mantissas;
    std::vector<std::int8_t> exponents;
  };

  Kind kind = Kind::number;
  std::size_t nulls = 0;
  std::vector<std::uint8_t> present;  // of each row; may end before rows that all have a value
  std::vector<std::int64_t> numbers;
  std::vector<std::uint8_t> flags;
  Decimals decimals;  // of levels: the prices
  Decimals quantities;
  std::vector<std::uint64_t> ends;  // of each row's levels
  std::vector<Text> texts;
  std::string bytes;

  void clear();
};

// The columns of a file: `instrument` (the venue's symbol where ours is not known), then those of
// columns_of(channel). The folders have the rest: type, venue and date.
[[nodiscard]] std::vector<Column> parquet_columns(Channel channel);

class ParquetRows {
 public:
  explicit ParquetRows(Channel channel);

  void append(const Event& event);
  [[nodiscard]] std::size_t size() const { return size_; }
  // What writing them costs, roughly: values.
  [[nodiscard]] std::size_t weight() const;
  [[nodiscard]] Channel channel() const { return channel_; }
  // Forgets the rows and keeps the memory for others.
  void clear();
  // Puts rows from `begin` on into an empty chunk with the columns of the channel, as many as it
  // can hold, and answers how many. Texts are borrowed: the rows outlive the chunk, unchanged.
  // Nothing when DuckDB has no memory.
  [[nodiscard]] std::optional<std::size_t> fill(std::size_t begin, const duck::Api& api,
                                                duck::ChunkHandle* chunk) const;

 private:
  Channel channel_;
  std::vector<Field> fields_;
  std::size_t size_ = 0;
};

}  // namespace mp::sink
