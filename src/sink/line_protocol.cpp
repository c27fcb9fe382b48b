#include "sink/line_protocol.hpp"

#include <array>
#include <charconv>
#include <type_traits>

#include "codec/json_encode.hpp"
#include "core/utf8.hpp"
#include "sink/columns.hpp"

namespace mp::sink {
namespace {

// Appends the fields of one event.
class FieldLister {
 public:
  explicit FieldLister(LineWriter& to) : to_(to) {}

  template <class T>
  void operator()(std::string_view name, const T& value) {
    put(name, value);
  }

 private:
  template <class T>
  void put(std::string_view name, const std::optional<T>& value) {
    if (value) put(name, *value);
  }
  template <class Meaning>
  void put(std::string_view name, const Exact<Meaning>& value) {
    put(name, value.decimal);
  }
  template <class T>
    requires std::is_enum_v<T>
  void put(std::string_view name, T value) {
    to_.text(name, name_of(value));
  }
  void put(std::string_view name, const Decimal& value) {
    const std::string text{name};
    to_.real(text, to_double(value));
    to_.integer(text + "_mantissa", value.mantissa);
    to_.integer(text + "_exponent", value.exponent);
  }
  void put(std::string_view name, std::string_view value) { to_.text(name, value); }
  void put(std::string_view name, std::int64_t value) { to_.integer(name, value); }
  void put(std::string_view name, std::uint64_t value) {
    to_.integer(name, static_cast<std::int64_t>(value));
  }
  void put(std::string_view name, bool value) { to_.flag(name, value); }
  void put(std::string_view name, Timestamp value) { to_.integer(name, to_nanoseconds(value)); }
  void put(std::string_view name, Levels value) {
    json_.clear();
    codec::append_json_levels(value, json_);
    to_.text(name, json_);
  }

  LineWriter& to_;
  std::string json_;
};

std::string_view questdb_type(ColumnType type) {
  switch (type) {
    case ColumnType::boolean:
      return "BOOLEAN";
    case ColumnType::tinyint:
      return "INT";
    case ColumnType::bigint:
    case ColumnType::ubigint:
    case ColumnType::timestamp:
      return "LONG";
    case ColumnType::real:
      return "DOUBLE";
    case ColumnType::text:
    case ColumnType::levels:
      break;
  }
  return "VARCHAR";
}

}  // namespace

void LineWriter::begin(std::string_view table) {
  out_.append(table);  // names of channels: nothing to escape
  has_fields_ = false;
}

void LineWriter::tag(std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out_.append(",").append(name).append("=");
  const std::size_t begin = out_.size();
  append_utf8(value, out_);
  for (std::size_t i = begin; i < out_.size(); ++i) {
    const char c = out_[i];
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f' || c == '\\') out_[i] = '_';
    if (c == ',' || c == ' ' || c == '=') out_.insert(i++, 1, '\\');
  }
}

void LineWriter::field(std::string_view name) {
  out_.push_back(has_fields_ ? ',' : ' ');
  has_fields_ = true;
  out_.append(name).push_back('=');
}

void LineWriter::integer(std::string_view name, std::int64_t value) {
  field(name);
  codec::append_json_integer(value, out_);
  out_.push_back('i');
}

void LineWriter::real(std::string_view name, double value) {
  field(name);
  std::array<char, 32> text{};
  out_.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
}

void LineWriter::flag(std::string_view name, bool value) {
  field(name);
  out_.push_back(value ? 't' : 'f');
}

void LineWriter::text(std::string_view name, std::string_view value) {
  field(name);
  out_.push_back('"');
  const std::size_t begin = out_.size();
  append_utf8(value, out_);
  for (std::size_t i = begin; i < out_.size(); ++i) {
    if (out_[i] == '\n' || out_[i] == '\r') out_[i] = ' ';
    if (out_[i] == '"' || out_[i] == '\\') out_.insert(i++, 1, '\\');
  }
  out_.push_back('"');
}

void LineWriter::end(Timestamp time) {
  out_.push_back(' ');
  codec::append_json_integer(to_nanoseconds(time), out_);
  out_.push_back('\n');
}

std::uint64_t SameTime::number_of(const Event& event) {
  if (event.ts_recv != time_) counts_.clear();
  time_ = event.ts_recv;
  std::string stream{name_of(event.channel())};
  stream.append(1, '\0').append(event.venue).append(1, '\0').append(event.symbol);
  return counts_[stream]++;
}

void append_line(const Event& event, std::uint64_t number, std::string& out) {
  LineWriter line{out};
  line.begin(name_of(event.channel()));
  line.tag("venue", event.venue);
  line.tag("symbol", event.symbol);
  line.tag("instrument", event.instrument);
  if (number > 0) line.tag("n", std::to_string(number));
  FieldLister fields{line};
  if (event.ts_event) fields("ts_event", *event.ts_event);
  fields("seq", event.seq);
  for_each_field(event.body, fields);
  line.end(event.ts_recv);
}

std::string questdb_table(Channel channel, std::string_view time_type) {
  std::string out = "CREATE TABLE IF NOT EXISTS \"" + std::string{name_of(channel)} +
                    "\" (ts_recv " + std::string{time_type} +
                    ", venue SYMBOL, symbol SYMBOL, instrument SYMBOL";
  for (const Column& column : columns_of(channel)) {
    if (column.name == "ts_recv" || column.name == "symbol") continue;
    out += ", \"" + column.name + "\" " + std::string{questdb_type(column.type)};
  }
  return out +
         ") TIMESTAMP(ts_recv) PARTITION BY DAY WAL DEDUP UPSERT KEYS(ts_recv, venue, "
         "symbol, seq)";
}

}  // namespace mp::sink
