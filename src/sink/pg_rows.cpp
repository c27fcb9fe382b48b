#include "sink/pg_rows.hpp"

#include <optional>
#include <type_traits>

#include "sink/columns.hpp"
#include "sink/pg_binary.hpp"

namespace mp::sink {
namespace {

// Lists the columns of one field.
class Lister {
 public:
  explicit Lister(std::vector<PgColumn>& out) : out_(out) {}

  template <class T>
  void operator()(std::string_view name, const T& value) {
    add(std::string{name}, value);
  }

 private:
  template <class T>
  void add(const std::string& name, const std::optional<T>&) {
    nullable_ = true;
    add(name, T{});
    nullable_ = false;
  }
  template <class Meaning>
  void add(const std::string& name, const Exact<Meaning>&) {
    put(name, "numeric");
  }
  template <class T>
    requires std::is_enum_v<T>
  void add(const std::string& name, T) {
    put(name, "text");
  }
  void add(const std::string& name, const Decimal&) { put(name, "numeric"); }
  void add(const std::string& name, std::string_view) { put(name, "text"); }
  void add(const std::string& name, std::int64_t) { put(name, "bigint"); }
  void add(const std::string& name, std::uint64_t) { put(name, "bigint"); }
  void add(const std::string& name, bool) { put(name, "boolean"); }
  void add(const std::string& name, Timestamp) {
    put(name, "timestamp with time zone");
    put(name + "_ns", "bigint");
  }
  void add(const std::string& name, Levels) {
    put(name + "_price", "numeric[]");
    put(name + "_quantity", "numeric[]");
  }
  void put(std::string name, std::string type) {
    out_.push_back({std::move(name), std::move(type), nullable_});
  }

  std::vector<PgColumn>& out_;
  bool nullable_ = false;
};

// Writes the values of one field.
class Writer {
 public:
  explicit Writer(PgWriter& to) : to_(to) {}

  template <class T>
  void operator()(std::string_view, const T& value) {
    put(value);
  }

 private:
  template <class T>
  void put(const std::optional<T>& value) {
    if (value) return put(*value);
    to_.null();
    if constexpr (std::is_same_v<T, Timestamp>) to_.null();
  }
  template <class Meaning>
  void put(const Exact<Meaning>& value) {
    to_.decimal(value.decimal);
  }
  template <class T>
    requires std::is_enum_v<T>
  void put(T value) {
    to_.text(name_of(value));
  }
  void put(const Decimal& value) { to_.decimal(value); }
  void put(std::string_view value) { to_.text(value); }
  void put(std::int64_t value) { to_.integer(value); }
  void put(std::uint64_t value) { to_.integer(static_cast<std::int64_t>(value)); }
  void put(bool value) { to_.flag(value); }
  void put(Timestamp value) {
    to_.time(value);
    to_.integer(to_nanoseconds(value));
  }
  void put(Levels value) {
    to_.decimals(value, PgWriter::Part::price);
    to_.decimals(value, PgWriter::Part::quantity);
  }

  PgWriter& to_;
};

}  // namespace

std::vector<PgColumn> pg_columns(Channel channel) {
  std::vector<PgColumn> out = {{"venue", "text"}, {"instrument", "text"}, {"identity", "uuid"}};
  visit_fields(empty_event(channel), Lister{out});
  return out;
}

void append_pg_row(const Event& event, const Identity& identity, std::size_t columns,
                   std::string& out) {
  PgWriter to{out};
  to.begin_row(columns);
  to.text(event.venue);
  to.text(event.instrument);
  to.uuid(identity);
  visit_fields(event, Writer{to});
}

}  // namespace mp::sink
