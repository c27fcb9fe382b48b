// L3. Values of DuckDB results as text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "sink/duckdb_api.hpp"

namespace mp::sink {

enum class ValueStyle : std::uint8_t {
  text,  // as a person or a CSV file has it; nested values as JSON
  json,  // a JSON value; integers and decimals with all their digits
};

// The type of a column, read once per result.
struct ValueType {
  duck::Type id = duck::Type::invalid;
  duck::Type storage = duck::Type::invalid;  // of a decimal
  unsigned scale = 0;                        // of a decimal
  std::vector<std::string> names;            // of a struct's children
  std::vector<ValueType> children;           // of a list, struct or map (key and value)
};

// ErrorKind::usage for a type that has no text here; the sentence says to cast it.
[[nodiscard]] Result<ValueType> value_type(const duck::Api& api, duck::TypeHandle* type);
[[nodiscard]] bool is_numeric(const ValueType& type);

[[nodiscard]] bool is_null(const duck::Api& api, duck::VectorHandle* vector, std::uint64_t row);
// Appends the value; null is "null" in JSON and nothing in text.
void append_value(const duck::Api& api, duck::VectorHandle* vector, const ValueType& type,
                  std::uint64_t row, ValueStyle style, std::string& out);

}  // namespace mp::sink
