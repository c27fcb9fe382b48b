// L3. Events as lines of the line protocol that InfluxDB and QuestDB read.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/event.hpp"

namespace mp::sink {

// Appends one line: the table, then tags, then fields, then the time.
class LineWriter {
 public:
  explicit LineWriter(std::string& out) : out_(out) {}

  void begin(std::string_view table);
  // Nothing where the value is empty. Control characters and backslashes, which some readers do
  // not take there, become '_'.
  void tag(std::string_view name, std::string_view value);
  void integer(std::string_view name, std::int64_t value);
  void real(std::string_view name, double value);
  void flag(std::string_view name, bool value);
  void text(std::string_view name, std::string_view value);
  void end(Timestamp time);

 private:
  void field(std::string_view name);

  std::string& out_;
  bool has_fields_ = false;
};

// The number of an event among those of its venue, channel and symbol that have its receive time:
// 0 for the first, and so for most. They come one behind the other, being of one frame; who starts
// reading at the first of a time counts them alike.
class SameTime {
 public:
  std::uint64_t number_of(const Event& event);

 private:
  Timestamp time_{};
  std::map<std::string, std::uint64_t, std::less<>> counts_;
};

// Tags: venue, symbol, instrument. Fields: seq, ts_event, then the body's, a decimal `f` as f
// (for convenience), f_mantissa and f_exponent (exact), times as nanoseconds since 1970, levels as
// JSON. The line's time is ts_recv. `number`: a further tag `n` unless it is 0.
void append_line(const Event& event, std::uint64_t number, std::string& out);

// The statement that makes QuestDB's table of a channel for such lines.
[[nodiscard]] std::string questdb_table(Channel channel, std::string_view time_type);

}  // namespace mp::sink
