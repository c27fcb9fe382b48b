#include "sink/duckdb_table.hpp"

#include <simdjson.h>

#include <array>

#include "core/assert.hpp"

namespace mp::sink {
namespace {

constexpr std::array<std::string_view, 6> kLevelFields = {
    "price",          "quantity",          "price_mantissa",
    "price_exponent", "quantity_mantissa", "quantity_exponent"};
constexpr std::array<duck::Type, 6> kLevelTypes = {duck::Type::double_real, duck::Type::double_real,
                                                   duck::Type::bigint,      duck::Type::tinyint,
                                                   duck::Type::bigint,      duck::Type::tinyint};

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
    add(name, T{});
  }
  template <class Meaning>
  void add(std::string_view name, const Exact<Meaning>&) {
    add(name, Decimal{});
  }
  void add(std::string_view name, const Decimal&) {
    out_.push_back({std::string{name}, ColumnType::real});
    out_.push_back({std::string{name} + "_mantissa", ColumnType::bigint});
    out_.push_back({std::string{name} + "_exponent", ColumnType::tinyint});
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
  void put(std::string_view name, ColumnType type) { out_.push_back({std::string{name}, type}); }

  std::vector<Column>& out_;
};

// The fields of every event, then those of its body. Both visitors use it, so that the columns and
// the values cannot part.
void visit_fields(const Event& event, auto&& visit) {
  visit("ts_recv", event.ts_recv);
  visit("ts_event", event.ts_event);
  visit("seq", event.seq);
  visit("symbol", event.symbol);
  std::visit([&](const auto& body) { body.fields(body, visit); }, event.body);
}

template <std::size_t I = 0>
Event::Body empty_body(std::size_t index) {
  if constexpr (I + 1 < kChannelCount) {
    if (index != I) return empty_body<I + 1>(index);
  }
  return Event::Body{std::in_place_index<I>};
}

duck::TypeHandle* level_list_type(const duck::Api& api) {
  std::array<duck::TypeHandle*, kLevelTypes.size()> types{};
  std::array<const char*, kLevelTypes.size()> names{};
  for (std::size_t i = 0; i < types.size(); ++i) {
    types[i] = api.create_logical_type(kLevelTypes[i]);
    names[i] = kLevelFields[i].data();
  }
  duck::TypeHandle* level = api.create_struct_type(types.data(), names.data(), types.size());
  duck::TypeHandle* const list = api.create_list_type(level);
  api.destroy_logical_type(&level);
  for (auto* type : types) api.destroy_logical_type(&type);
  return list;
}

duck::TypeHandle* type_of(const duck::Api& api, ColumnType type) {
  switch (type) {
    case ColumnType::boolean:
      return api.create_logical_type(duck::Type::boolean);
    case ColumnType::tinyint:
      return api.create_logical_type(duck::Type::tinyint);
    case ColumnType::bigint:
      return api.create_logical_type(duck::Type::bigint);
    case ColumnType::ubigint:
      return api.create_logical_type(duck::Type::ubigint);
    case ColumnType::real:
      return api.create_logical_type(duck::Type::double_real);
    case ColumnType::text:
      return api.create_logical_type(duck::Type::varchar);
    case ColumnType::timestamp:
      return api.create_logical_type(duck::Type::timestamp_ns);
    case ColumnType::levels:
      return level_list_type(api);
  }
  return nullptr;
}

}  // namespace

std::vector<Column> columns_of(Channel channel) {
  std::vector<Column> out;
  Event event;
  event.body = empty_body(static_cast<std::size_t>(channel));
  visit_fields(event, ColumnLister{out});
  return out;
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

// Writes the values of one event into the chunk's vectors, column after column.
class RowWriter {
 public:
  explicit RowWriter(EventTable& table)
      : table_(table), api_(table.database_.api()), row_(table.rows_) {}

  template <class T>
  void operator()(std::string_view, const T& value) {
    put(value);
  }
  [[nodiscard]] std::size_t columns() const { return column_; }
  [[nodiscard]] bool ok() const { return ok_; }

  void put(std::int64_t value) { store(value); }

 private:
  template <class T>
  void put(const std::optional<T>& value) {
    if (value) return put(*value);
    constexpr bool kExact = requires(T t) { t.decimal; } || std::is_same_v<T, Decimal>;
    for (int i = 0; i < (kExact ? 3 : 1); ++i) put_null();
  }
  template <class Meaning>
  void put(const Exact<Meaning>& value) {
    put(value.decimal);
  }
  void put(const Decimal& value) {
    store(to_double(value));
    store(value.mantissa);
    store(value.exponent);
  }
  void put(std::uint64_t value) { store(value); }
  void put(bool value) { store(value); }
  void put(Timestamp value) { store(to_nanoseconds(value)); }
  void put(Side value) { put(name_of(value)); }
  void put(Channel value) { put(name_of(value)); }
  void put(Condition value) { put(name_of(value)); }
  void put(InstrumentKind value) { put(name_of(value)); }

  void put(std::string_view value) {
    // DuckDB holds UTF-8 only; what is not becomes readable and is never refused.
    if (!simdjson::validate_utf8(value.data(), value.size())) {
      clean_.assign(value);
      for (char& c : clean_) {
        if ((static_cast<unsigned char>(c) & 0x80U) != 0) c = '?';
      }
      value = clean_;
    }
    api_.vector_assign_string_element_len(target().vector, row_, value.data(), value.size());
    ++column_;
  }

  void put(Levels levels) {
    auto& list = target();
    const std::uint64_t begin = list.children;
    const std::uint64_t end = begin + levels.size();
    ok_ = ok_ && api_.list_vector_reserve(list.vector, end) == duck::kSuccess &&
          api_.list_vector_set_size(list.vector, end) == duck::kSuccess;
    if (!ok_) return;
    static_cast<duck::ListEntry*>(list.data)[row_] = {begin, levels.size()};
    list.children = end;
    duck::VectorHandle* const child = api_.list_vector_get_child(list.vector);
    std::array<void*, kLevelTypes.size()> fields{};
    for (std::size_t i = 0; i < fields.size(); ++i)
      fields[i] = api_.vector_get_data(api_.struct_vector_get_child(child, i));
    for (std::size_t i = 0; i < levels.size(); ++i) {
      const Level& level = levels[i];
      const std::size_t at = begin + i;
      static_cast<double*>(fields[0])[at] = to_double(level.price().decimal);
      static_cast<double*>(fields[1])[at] = to_double(level.quantity().decimal);
      static_cast<std::int64_t*>(fields[2])[at] = level.price_mantissa;
      static_cast<std::int8_t*>(fields[3])[at] = level.price_exponent;
      static_cast<std::int64_t*>(fields[4])[at] = level.quantity_mantissa;
      static_cast<std::int8_t*>(fields[5])[at] = level.quantity_exponent;
    }
    ++column_;
  }

  void put_null() {
    auto* const vector = target().vector;
    api_.vector_ensure_validity_writable(vector);
    api_.vector_get_validity(vector)[row_ / 64] &= ~(std::uint64_t{1} << (row_ % 64));
    ++column_;
  }

  template <class T>
  void store(T value) {
    static_cast<T*>(target().data)[row_] = value;
    ++column_;
  }
  EventTable::Target& target() { return table_.targets_[column_]; }

  EventTable& table_;
  const duck::Api& api_;
  std::uint64_t row_;
  std::size_t column_ = 0;
  bool ok_ = true;
  std::string clean_;
};

EventTable::EventTable(Duckdb& database, Channel channel)
    : database_(database),
      channel_(channel),
      name_(sql_name("pending_" + std::string{name_of(channel)})),
      columns_(columns_of(channel)) {
  columns_.insert(columns_.begin(), Column{.name = "part", .type = ColumnType::bigint});
}

Result<std::unique_ptr<EventTable>> EventTable::create(Duckdb& database, Channel channel) {
  std::unique_ptr<EventTable> out{new EventTable{database, channel}};
  if (auto started = out->start(); !started) return started.error();
  return out;
}

Result<void> EventTable::start() {
  std::string sql = "CREATE OR REPLACE TABLE " + name_ + " (";
  for (const Column& column : columns_) {
    sql += (&column == columns_.data() ? "" : ", ") + sql_name(column.name) + " ";
    sql += sql_type(column.type);
  }
  if (auto made = database_.run(sql + ")"); !made) return made;

  const duck::Api& api = database_.api();
  std::vector<duck::TypeHandle*> types;
  for (const Column& column : columns_) types.push_back(type_of(api, column.type));
  chunk_ = api.create_data_chunk(types.data(), types.size());
  for (auto* type : types) api.destroy_logical_type(&type);
  rows_max_ = api.vector_size();
  targets_.resize(columns_.size());
  bind_vectors();
  const std::string table = name_.substr(1, name_.size() - 2);
  if (api.appender_create(database_.connection(), nullptr, table.c_str(), &appender_) !=
      duck::kSuccess) {
    return Error{ErrorKind::internal, "DuckDB gave no appender for " + name_};
  }
  return {};
}

EventTable::~EventTable() {
  const duck::Api& api = database_.api();
  if (appender_ != nullptr) api.appender_destroy(&appender_);
  if (chunk_ != nullptr) api.destroy_data_chunk(&chunk_);
  static_cast<void>(database_.run("DROP TABLE IF EXISTS " + name_).ok());
}

void EventTable::bind_vectors() {
  const duck::Api& api = database_.api();
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    targets_[i].vector = api.data_chunk_get_vector(chunk_, i);
    targets_[i].data = api.vector_get_data(targets_[i].vector);
    targets_[i].children = 0;
  }
}

Result<void> EventTable::append(const Event& event, std::int64_t part) {
  MP_ASSERT(event.channel() == channel_);
  RowWriter write{*this};
  write.put(part);
  visit_fields(event, write);
  if (!write.ok()) return Error{ErrorKind::io, "DuckDB has no memory for the levels of a book"};
  MP_ASSERT(write.columns() == columns_.size());
  if (++rows_ == rows_max_) return append_chunk();
  return {};
}

Result<void> EventTable::append_chunk() {
  const duck::Api& api = database_.api();
  api.data_chunk_set_size(chunk_, rows_);
  if (api.append_data_chunk(appender_, chunk_) != duck::kSuccess) {
    const char* const why = api.appender_error(appender_);
    return Error{ErrorKind::io, "DuckDB cannot take more rows: " +
                                    std::string{why != nullptr ? why : "it does not say why"}};
  }
  api.data_chunk_reset(chunk_);
  bind_vectors();
  rows_ = 0;
  return {};
}

Result<void> EventTable::flush() {
  if (rows_ > 0) {
    if (auto appended = append_chunk(); !appended) return appended;
  }
  const duck::Api& api = database_.api();
  if (api.appender_flush(appender_) == duck::kSuccess) return {};
  const char* const why = api.appender_error(appender_);
  return Error{ErrorKind::io, "DuckDB cannot take more rows: " +
                                  std::string{why != nullptr ? why : "it does not say why"}};
}

}  // namespace mp::sink
