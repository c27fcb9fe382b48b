// L2. A shape as a table of plain data, so that the exact reader is one function in one translation
// unit.
#pragma once

#include <array>
#include <span>

#include "codec/json_scalar.hpp"
#include "codec/json_shape.hpp"

namespace mp::codec {

struct MemberRow;
using ShapeTable = std::span<const MemberRow>;

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

template <auto Member>
auto& member_of(void* message) {
  return static_cast<ClassType<Member>*>(message)->*Member;
}

template <class S>
struct Table;

template <auto Member>
void clear_optional(void* message) {
  member_of<Member>(message).reset();
}

template <Key K, auto Member>
constexpr MemberRow row(Field<K, Member>) {
  using V = MemberType<Member>;
  MemberRow out;
  out.key = K.view();
  out.required = !IsOptional<V>::value;
  if constexpr (IsOptional<V>::value) out.clear = &clear_optional<Member>;
  if constexpr (std::is_same_v<V, std::vector<Level>>) {
    out.kind = MemberKind::levels;
    out.levels = [](void* message) -> std::vector<Level>& { return member_of<Member>(message); };
  } else if constexpr (std::is_same_v<V, Raw> || std::is_same_v<V, std::optional<Raw>>) {
    out.kind = MemberKind::raw;
    out.set_raw = [](void* message, std::string_view json) {
      member_of<Member>(message) = Raw{json};
    };
  } else {
    out.kind = MemberKind::scalar;
    out.set_scalar = [](void* message, const Scalar& scalar) {
      return convert(scalar, member_of<Member>(message));
    };
  }
  return out;
}

template <Key K, auto Member>
constexpr MemberRow row(Tail<K, Member>) {
  return row(Field<K, Member>{});
}

template <Key K, auto Member, class S>
constexpr MemberRow row(Object<K, Member, S>) {
  using V = MemberType<Member>;
  MemberRow out;
  out.key = K.view();
  out.kind = MemberKind::object;
  out.required = !IsOptional<V>::value;
  out.nested = Table<S>::kRows;
  if constexpr (IsOptional<V>::value) {
    out.clear = &clear_optional<Member>;
    out.object = [](void* message) -> void* { return &member_of<Member>(message).emplace(); };
  } else {
    out.object = [](void* message) -> void* { return &member_of<Member>(message); };
  }
  return out;
}

template <Key K, auto Member, class S>
constexpr MemberRow row(Rows<K, Member, S>) {
  MemberRow out;
  out.key = K.view();
  out.kind = MemberKind::rows;
  out.required = true;
  out.nested = Table<S>::kRows;
  out.clear = [](void* message) { member_of<Member>(message).clear(); };
  out.next_row = [](void* message) -> void* { return &member_of<Member>(message).next(); };
  return out;
}

template <Key K>
constexpr MemberRow row(Skip<K>) {
  MemberRow out;
  out.key = K.view();
  return out;
}

template <class... Members>
struct Table<Shape<Members...>> {
  static constexpr std::array<MemberRow, sizeof...(Members)> kRows = {row(Members{})...};
};

}  // namespace detail

template <class S>
[[nodiscard]] constexpr ShapeTable table_of() {
  return detail::Table<S>::kRows;
}

}  // namespace mp::codec
