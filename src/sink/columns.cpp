#include "sink/columns.hpp"

#include <algorithm>

namespace mp::sink {
namespace {

// Lists the columns of one field.
class ColumnLister {
 public:
  explicit ColumnLister(std::vector<Column>& out) : out_(out) {}

  template <class T>
  void operator()(std::string_view name, const T& value) {
    add(name, value);
  }

 private:
  template <class T>
  void add(std::string_view name, const std::optional<T>&) {
    nullable_ = true;
    add(name, T{});
    nullable_ = false;
  }
  template <class Meaning>
  void add(std::string_view name, const Exact<Meaning>&) {
    add(name, Decimal{});
  }
  void add(std::string_view name, const Decimal&) {
    const std::string text{name};
    put(text, ColumnType::real);
    put(text + "_mantissa", ColumnType::bigint);
    put(text + "_exponent", ColumnType::tinyint);
  }
  void add(std::string_view name, std::string_view) { put(name, ColumnType::text); }
  void add(std::string_view name, Side) { put(name, ColumnType::text); }
  void add(std::string_view name, Channel) { put(name, ColumnType::text); }
  void add(std::string_view name, Condition) { put(name, ColumnType::text); }
  void add(std::string_view name, InstrumentKind) { put(name, ColumnType::text); }
  void add(std::string_view name, std::int64_t) { put(name, ColumnType::bigint); }
  void add(std::string_view name, std::uint64_t) { put(name, ColumnType::ubigint); }
  void add(std::string_view name, bool) { put(name, ColumnType::boolean); }
  void add(std::string_view name, Timestamp) { put(name, ColumnType::timestamp); }
  void add(std::string_view name, Levels) { put(name, ColumnType::levels); }
  void put(std::string_view name, ColumnType type) {
    out_.push_back({.name = std::string{name}, .type = type, .nullable = nullable_});
  }

  std::vector<Column>& out_;
  bool nullable_ = false;
};

template <std::size_t I = 0>
Event::Body empty_body(std::size_t index) {
  if constexpr (I + 1 < kChannelCount) {
    if (index != I) return empty_body<I + 1>(index);
  }
  return Event::Body{std::in_place_index<I>};
}

}  // namespace

Event empty_event(Channel channel) {
  Event event;
  event.body = empty_body(static_cast<std::size_t>(channel));
  return event;
}

std::vector<Column> columns_of(Channel channel) {
  std::vector<Column> out;
  visit_fields(empty_event(channel), ColumnLister{out});
  return out;
}

bool needs_table(const std::vector<std::string>& channels, Channel channel) {
  return channels.empty() || channel == Channel::status ||
         std::ranges::find(channels, name_of(channel)) != channels.end();
}

std::string_view sql_type(ColumnType type) {
  switch (type) {
    case ColumnType::boolean:
      return "BOOLEAN";
    case ColumnType::tinyint:
      return "TINYINT";
    case ColumnType::bigint:
      return "BIGINT";
    case ColumnType::ubigint:
      return "UBIGINT";
    case ColumnType::real:
      return "DOUBLE";
    case ColumnType::text:
      return "VARCHAR";
    case ColumnType::timestamp:
      return "TIMESTAMP_NS";
    case ColumnType::levels:
      return "STRUCT(price DOUBLE, quantity DOUBLE, price_mantissa BIGINT, price_exponent TINYINT, "
             "quantity_mantissa BIGINT, quantity_exponent TINYINT)[]";
  }
  return "";
}

}  // namespace mp::sink
