#include "sink/row_binary.hpp"

#include <bit>
#include <type_traits>

#include "sink/columns.hpp"

namespace mp::sink {
namespace {

static_assert(std::endian::native == std::endian::little);

std::string_view type_of(ColumnType type, TimeColumns times) {
  switch (type) {
    case ColumnType::boolean:
      return "UInt8";
    case ColumnType::tinyint:
      return "Int8";
    case ColumnType::bigint:
      return "Int64";
    case ColumnType::ubigint:
      return "UInt64";
    case ColumnType::real:
      return "Float64";
    case ColumnType::timestamp:
      return times == TimeColumns::datetime64 ? "DateTime64(9, 'UTC')" : "Int64";
    case ColumnType::text:
    case ColumnType::levels:
      break;
  }
  return "String";
}

void add_levels(const std::string& name, std::vector<RowColumn>& out) {
  for (const auto& [part, type] : {std::pair{".price", "Array(Float64)"},
                                   {".quantity", "Array(Float64)"},
                                   {".price_mantissa", "Array(Int64)"},
                                   {".price_exponent", "Array(Int8)"},
                                   {".quantity_mantissa", "Array(Int64)"},
                                   {".quantity_exponent", "Array(Int8)"}})
    out.push_back({name + part, type});
}

// Appends the values of one event, field after field.
class BinaryWriter {
 public:
  explicit BinaryWriter(std::string& out) : out_(out) {}

  template <class T>
  void operator()(std::string_view, const T& value) {
    put(value);
  }

 private:
  template <class T>
  void put(const std::optional<T>& value) {
    if constexpr (requires { put_nullable(*value); }) {
      if (value) return put_nullable(*value);
      return put_null(T{});
    } else {
      out_.push_back(value ? '\0' : '\1');
      if (value) put(*value);
    }
  }
  // A decimal has three columns, each with its own mark.
  void put_nullable(const Decimal& value) {
    out_.push_back('\0');
    append_row_number(to_double(value), out_);
    out_.push_back('\0');
    append_row_number(value.mantissa, out_);
    out_.push_back('\0');
    append_row_number(value.exponent, out_);
  }
  template <class Meaning>
  void put_nullable(const Exact<Meaning>& value) {
    put_nullable(value.decimal);
  }
  template <class T>
  void put_null(const T&) {
    out_.append("\1\1\1", 3);
  }

  void put(const Decimal& value) {
    append_row_number(to_double(value), out_);
    append_row_number(value.mantissa, out_);
    append_row_number(value.exponent, out_);
  }
  template <class Meaning>
  void put(const Exact<Meaning>& value) {
    put(value.decimal);
  }
  void put(std::int64_t value) { append_row_number(value, out_); }
  void put(std::uint64_t value) { append_row_number(value, out_); }
  void put(Timestamp value) { append_row_number(to_nanoseconds(value), out_); }
  void put(bool value) { out_.push_back(value ? '\1' : '\0'); }
  void put(std::string_view value) { append_row_text(value, out_); }
  template <class T>
    requires std::is_enum_v<T>
  void put(T value) {
    append_row_text(name_of(value), out_);
  }
  void put(Levels levels) {
    array(levels, [](const Level& of) { return to_double(of.price().decimal); });
    array(levels, [](const Level& of) { return to_double(of.quantity().decimal); });
    array(levels, [](const Level& of) { return of.price_mantissa; });
    array(levels, [](const Level& of) { return of.price_exponent; });
    array(levels, [](const Level& of) { return of.quantity_mantissa; });
    array(levels, [](const Level& of) { return of.quantity_exponent; });
  }
  void array(Levels levels, auto value_of) {
    append_row_size(levels.size(), out_);
    for (const Level& level : levels) append_row_number(value_of(level), out_);
  }

  std::string& out_;
};

}  // namespace

void append_row_size(std::uint64_t size, std::string& out) {
  for (; size >= 0x80; size >>= 7U) out.push_back(static_cast<char>((size & 0x7fU) | 0x80U));
  out.push_back(static_cast<char>(size));
}

void append_row_text(std::string_view text, std::string& out) {
  append_row_size(text.size(), out);
  out.append(text);
}

std::vector<RowColumn> row_columns(Channel channel, TimeColumns times) {
  std::vector<RowColumn> out = {
      {"venue", "String"}, {"instrument", "String"}, {"identity", "UUID"}};
  for (const Column& column : columns_of(channel)) {
    if (column.type == ColumnType::levels) {
      add_levels(column.name, out);
      continue;
    }
    std::string type{type_of(column.type, times)};
    if (column.nullable) type = "Nullable(" + type + ")";
    out.push_back({column.name, std::move(type)});
  }
  return out;
}

void append_row(const Event& event, const Identity& identity, std::string& out) {
  append_row_text(event.venue, out);
  append_row_text(event.instrument, out);
  append_row_number(identity.high, out);
  append_row_number(identity.low, out);
  visit_fields(event, BinaryWriter{out});
}

}  // namespace mp::sink
