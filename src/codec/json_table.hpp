// L2. A shape as a table of plain data, so that the exact reader is one function in one translation
// unit.
#pragma once

#include <array>
#include <span>

#include "codec/json_scalar.hpp"
#include "codec/json_shape.hpp"

namespace mp::codec {

struct MemberRow;

struct ShapeTable {
  std::span<const MemberRow> members{};
  bool positional = false;  // a Row: the message is an array, keys do not count
};

enum class MemberKind : std::uint8_t { scalar, raw, levels, object, rows, skip };

// One member of a shape. Which functions are set depends on its kind; `message` is the object that
// is filled.
struct MemberRow {
  std::string_view key{};
  MemberKind kind = MemberKind::skip;
  bool required = false;
  bool (*set_scalar)(void* message, const Scalar& scalar) = nullptr;
  void (*set_raw)(void* message, std::string_view json) = nullptr;
  std::vector<Level>& (*levels)(void* message) = nullptr;
  void* (*object)(void* message) = nullptr;    // the nested message to fill
  void (*clear)(void* message) = nullptr;      // sets an optional member to nothing, empties a list
  void* (*next_row)(void* message) = nullptr;  // a fresh element of a RowList
  ShapeTable nested{};
};

namespace detail {

template <class S, class T>
struct Table;

// What the readers call to fill `Member` of a message of type T, which is behind a void*.
template <class T, auto Member>
struct Access {
  using Value = MemberType<Member>;

  static Value& in(void* message) { return static_cast<T*>(message)->*Member; }
  static void clear(void* message) {
    if constexpr (IsOptional<Value>::value) {
      in(message).reset();
    } else {
      in(message).clear();
    }
  }
  static void* object(void* message) {
    if constexpr (IsOptional<Value>::value) {
      return &in(message).emplace();
    } else {
      return &in(message);
    }
  }

  static constexpr MemberRow row(std::string_view key, MemberKind kind) {
    MemberRow out;
    out.key = key;
    out.kind = kind;
    out.required = !IsOptional<Value>::value;
    if constexpr (IsOptional<Value>::value) out.clear = &clear;
    return out;
  }
};

template <class T, Key K, auto Member, Presence P>
constexpr MemberRow row(Field<K, Member, P>) {
  using At = Access<T, Member>;
  using V = typename At::Value;
  if constexpr (std::is_same_v<V, std::vector<Level>>) {
    auto out = At::row(K.view(), MemberKind::levels);
    out.levels = &At::in;
    return out;
  } else if constexpr (std::is_same_v<V, Raw> || std::is_same_v<V, std::optional<Raw>>) {
    auto out = At::row(K.view(), MemberKind::raw);
    out.set_raw = [](void* message, std::string_view json) { At::in(message) = Raw{json}; };
    return out;
  } else {
    auto out = At::row(K.view(), MemberKind::scalar);
    out.required = out.required || P == Presence::required;
    out.set_scalar = [](void* message, const Scalar& scalar) {
      return convert(scalar, At::in(message)) && is_enough<P>(At::in(message));
    };
    return out;
  }
}

template <class T, Key K, auto Member, Presence P>
constexpr MemberRow row(Id<K, Member, P>) {
  using At = Access<T, Member>;
  auto out = At::row(K.view(), MemberKind::scalar);
  out.required = out.required || P == Presence::required;
  out.set_scalar = [](void* message, const Scalar& scalar) {
    return convert_id(scalar, At::in(message)) && is_enough<P>(At::in(message));
  };
  return out;
}

template <class T, Key K, auto Member>
constexpr MemberRow row(Tail<K, Member>) {
  return row<T>(Field<K, Member>{});
}

template <class V>
struct Inner {
  using Type = V;
};
template <class V>
struct Inner<std::optional<V>> {
  using Type = V;
};
template <class V>
struct Inner<RowList<V>> {
  using Type = V;
};

template <class T, Key K, auto Member, class S>
constexpr MemberRow row(Object<K, Member, S>) {
  using At = Access<T, Member>;
  auto out = At::row(K.view(), MemberKind::object);
  out.object = &At::object;
  out.nested = Table<S, typename Inner<typename At::Value>::Type>::kTable;
  return out;
}

template <class T, Key K, auto Member, class S>
constexpr MemberRow row(Rows<K, Member, S>) {
  using At = Access<T, Member>;
  auto out = At::row(K.view(), MemberKind::rows);
  out.clear = &At::clear;
  out.next_row = [](void* message) -> void* { return &At::in(message).next(); };
  out.nested = Table<S, typename Inner<typename At::Value>::Type>::kTable;
  return out;
}

template <class T, Key K, auto Member>
constexpr MemberRow row(Seen<K, Member>) {
  using At = Access<T, Member>;
  auto out = At::row(K.view(), MemberKind::raw);
  out.required = false;
  out.set_raw = [](void* message, std::string_view) { At::in(message) = true; };
  out.clear = [](void* message) { At::in(message) = false; };
  return out;
}

template <class T, Key K>
constexpr MemberRow row(Skip<K>) {
  MemberRow out;
  out.key = K.view();
  return out;
}

template <class T>
constexpr MemberRow row(Rest) {
  return {};
}

template <class... Members, class T>
struct Table<Shape<Members...>, T> {
  static constexpr std::array<MemberRow, sizeof...(Members)> kRows = {row<T>(Members{})...};
  static constexpr ShapeTable kTable{.members = kRows, .positional = false};
};

template <auto... Members, class T>
struct Table<Row<Members...>, T> {
  static constexpr std::array<MemberRow, sizeof...(Members)> kRows = {
      row<T>(Field<"", Members>{})...};
  static constexpr ShapeTable kTable{.members = kRows, .positional = true};
};

}  // namespace detail

// The table of shape S for messages of type T.
template <class S, class T>
[[nodiscard]] constexpr ShapeTable table_of() {
  return detail::Table<S, T>::kTable;
}

}  // namespace mp::codec
