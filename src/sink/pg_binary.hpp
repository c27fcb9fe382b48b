// L3. Values and rows in PostgreSQL's binary form, as COPY ... BINARY takes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/event.hpp"
#include "core/identity.hpp"

namespace mp::sink {

// What stands before the first row and behind the last.
[[nodiscard]] std::string_view pg_copy_begin();
[[nodiscard]] std::string_view pg_copy_end();

// Appends fields, each with its length before it.
class PgWriter {
 public:
  explicit PgWriter(std::string& out) : out_(out) {}

  void begin_row(std::size_t fields);
  void null();
  void flag(bool value);
  void integer(std::int64_t value);
  void text(std::string_view value);
  void uuid(const Identity& value);
  // timestamptz: microseconds; what is below is cut off.
  void time(Timestamp value);
  // numeric, with the digits that were sent.
  void decimal(const Decimal& value);
  // numeric[]: of each level the price, or the quantity.
  enum class Part : std::uint8_t { price, quantity };
  void decimals(Levels levels, Part part);

 private:
  std::size_t begin_field();
  void end_field(std::size_t begin);

  std::string& out_;
};

}  // namespace mp::sink
