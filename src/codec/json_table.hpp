// L2. A shape as a table of plain data, so that the exact reader is one function in one translation
// unit.
#pragma once

#include <array>
#include <span>

#include "codec/json_check.hpp"
#include "codec/json_convert.hpp"
#include "codec/json_scalar.hpp"
#include "codec/json_shape.hpp"

namespace mp::codec {

struct MemberRow;

struct ShapeTable {
  std::span<const MemberRow> members{};
  bool positional = false;  // a Row: the message is an array, keys do not count
};

enum class MemberKind : std::uint8_t { scalar, raw, levels, texts, object, inside, rows, skip };

// How a level is written: an array with both at their places, or an object with both keys.
struct LevelForm {
  std::size_t price_at = 0;
  std::size_t quantity_at = 1;
  std::string_view price_key{};
  std::string_view quantity_key{};
};

// What came of setting a member by a scalar.
enum class Set : std::uint8_t {
  yes,
  no,        // of another type or range
  left_out,  // an optional number that does not fit: nothing now
};

// One member of a shape. Which functions are set depends on its kind; `message` is the object that
// is filled.
struct MemberRow {
  std::string_view key{};
  MemberKind kind = MemberKind::skip;
  bool required = false;
  bool kept = false;          // absent: as before
  bool null_is_none = false;  // of a list
  // Rows of one OneOf follow each other: the place of this one among them, and how many follow.
  std::uint8_t others_before = 0;
  std::uint8_t others_after = 0;
  LevelForm form{};
  Set (*set_scalar)(void* message, const Scalar& scalar) = nullptr;
  void (*set_raw)(void* message, std::string_view json) = nullptr;
  std::vector<Level>& (*levels)(void* message) = nullptr;
  std::vector<std::string_view>& (*texts)(void* message) = nullptr;
  void* (*object)(void* message) = nullptr;    // the nested message to fill
  void (*clear)(void* message) = nullptr;      // sets an optional member to nothing, empties a list
  void* (*next_row)(void* message) = nullptr;  // a fresh element of a RowList
  void (*drop_row)(void* message) = nullptr;   // takes it back
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

  template <auto... Options>
  static constexpr MemberRow row(std::string_view key, MemberKind kind) {
    constexpr Presence kPresence = OptionsOf<Options...>::kPresence;
    MemberRow out;
    out.key = key;
    out.kind = kind;
    out.kept = kPresence == Presence::kept;
    out.null_is_none = kPresence == Presence::optional;
    out.required = kPresence == Presence::required ||
                   (kPresence == Presence::by_type && !IsOptional<Value>::value);
    if constexpr (IsOptional<Value>::value || kPresence == Presence::optional) out.clear = &clear;
    return out;
  }
};

// A number by its spelling, whatever its size.
[[nodiscard]] inline bool spells_number(const Scalar& scalar) {
  return (scalar.kind == ScalarKind::number || scalar.kind == ScalarKind::string) &&
         is_json_number(scalar.text);
}

template <auto... Options, class V>
[[nodiscard]] Set set_by(const Scalar& scalar, V& target) {
  using By = OptionsOf<Options...>;
  if (By::kPresence == Presence::kept && is_absent(scalar)) return Set::yes;
  if (convert_by<typename By::Converter>(scalar, target))
    return is_enough<By::kPresence>(target) ? Set::yes : Set::no;
  if constexpr (IsOptional<V>::value && IsNumber<V>::value) {
    // A message must have its numbers of sequence and its time as they are.
    constexpr bool kMay = By::kPresence != Presence::required || kIsOptionalDecimal<V>;
    if (kMay && spells_number(scalar)) {
      target.reset();
      return Set::left_out;
    }
  }
  return Set::no;
}

template <std::size_t PriceAt, std::size_t QuantityAt>
constexpr LevelForm form_of(LevelsAt<PriceAt, QuantityAt>) {
  return {.price_at = PriceAt, .quantity_at = QuantityAt};
}
template <Key PriceKey, Key QuantityKey>
constexpr LevelForm form_of(LevelKeys<PriceKey, QuantityKey>) {
  return {.price_key = PriceKey.view(), .quantity_key = QuantityKey.view()};
}

template <class T, Key K, auto Member, auto... Options>
constexpr MemberRow row(Field<K, Member, Options...>) {
  using At = Access<T, Member>;
  using V = typename At::Value;
  using By = OptionsOf<Options...>;
  if constexpr (std::is_same_v<V, std::vector<Level>>) {
    auto out = At::template row<Options...>(K.view(), MemberKind::levels);
    out.levels = &At::in;
    out.form = form_of(typename By::LevelForm{});
    return out;
  } else if constexpr (std::is_same_v<V, std::vector<std::string_view>>) {
    auto out = At::template row<Options...>(K.view(), MemberKind::texts);
    out.texts = &At::in;
    return out;
  } else if constexpr (std::is_same_v<V, Raw> || std::is_same_v<V, std::optional<Raw>>) {
    auto out = At::template row<Options...>(K.view(), MemberKind::raw);
    out.set_raw = [](void* message, std::string_view json) { At::in(message) = Raw{json}; };
    return out;
  } else {
    auto out = At::template row<Options...>(K.view(), MemberKind::scalar);
    out.set_scalar = [](void* message, const Scalar& scalar) {
      return set_by<Options...>(scalar, At::in(message));
    };
    return out;
  }
}

template <class T, Key K, auto Member, auto... Options>
constexpr MemberRow row(Id<K, Member, Options...>) {
  using At = Access<T, Member>;
  auto out = At::template row<Options...>(K.view(), MemberKind::scalar);
  out.set_scalar = [](void* message, const Scalar& scalar) {
    const bool good = convert_id(scalar, At::in(message)) &&
                      is_enough<OptionsOf<Options...>::kPresence>(At::in(message));
    return good ? Set::yes : Set::no;
  };
  return out;
}

template <class T, Key K, auto Member>
constexpr MemberRow row(Tail<K, Member>) {
  return row<T>(Field<K, Member>{});
}

template <class T, Key K, auto Member, class S>
constexpr MemberRow row(Object<K, Member, S>) {
  using At = Access<T, Member>;
  auto out = At::template row<>(K.view(), MemberKind::object);
  out.object = &At::object;
  out.nested = Table<S, InnerType<Member>>::kTable;
  return out;
}

template <class T, Key K, class... Members>
constexpr MemberRow row(Inside<K, Members...>) {
  MemberRow out;
  out.key = K.view();
  out.kind = MemberKind::inside;
  out.nested = Table<Loose<Members...>, T>::kTable;
  return out;
}

template <class T, Key K, auto Member, class S, auto... Options>
constexpr MemberRow row(Rows<K, Member, S, Options...>) {
  using At = Access<T, Member>;
  auto out = At::template row<Options...>(K.view(), MemberKind::rows);
  out.clear = &At::clear;
  out.next_row = [](void* message) -> void* { return &At::in(message).next(); };
  out.drop_row = [](void* message) { At::in(message).drop_last(); };
  out.nested = Table<S, InnerType<Member>>::kTable;
  return out;
}

template <class T, Key K, auto Member>
constexpr MemberRow row(Seen<K, Member>) {
  using At = Access<T, Member>;
  auto out = At::template row<>(K.view(), MemberKind::raw);
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

// The rows of one entry of a shape: several for OneOf.
template <class M>
struct RowsOf {
  static constexpr std::size_t kCount = 1;
  template <class T>
  static constexpr void put(MemberRow* out) {
    *out = row<T>(M{});
  }
};
template <class... Fields>
struct RowsOf<OneOf<Fields...>> {
  static constexpr std::size_t kCount = sizeof...(Fields);
  template <class T>
  static constexpr void put(MemberRow* out) {
    std::size_t place = 0;
    const auto add = [&](MemberRow each) {
      each.others_before = static_cast<std::uint8_t>(place);
      each.others_after = static_cast<std::uint8_t>(kCount - 1 - place);
      out[place++] = each;
    };
    (add(row<T>(Fields{})), ...);
  }
};

template <std::size_t N>
constexpr bool has_key_twice(const std::array<MemberRow, N>& rows) {
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = i + 1; j < N; ++j) {
      if (!rows[i].key.empty() && rows[i].key == rows[j].key) return true;
    }
  }
  return false;
}

template <class T, class... Members>
struct ObjectTable {
  static constexpr std::size_t kCount = (RowsOf<Members>::kCount + ... + 0);
  static constexpr std::array<MemberRow, kCount> kRows = [] {
    std::array<MemberRow, kCount> rows{};
    std::size_t at = 0;
    ((RowsOf<Members>::template put<T>(rows.data() + at), at += RowsOf<Members>::kCount), ...);
    return rows;
  }();
  static_assert(!has_key_twice(kRows), "a shape names a key twice");
  static constexpr ShapeTable kTable{.members = kRows, .positional = false};
};
template <class... Members, class T>
struct Table<Shape<Members...>, T> : ObjectTable<T, Members...> {};
template <class... Members, class T>
struct Table<Loose<Members...>, T> : ObjectTable<T, Members...> {};

template <auto... Cells, class T>
struct Table<Row<Cells...>, T> {
  static constexpr std::array<MemberRow, sizeof...(Cells)> kRows = {
      row<T>(typename CellOf<Cells>::Type{})...};
  static constexpr ShapeTable kTable{.members = kRows, .positional = true};
};

}  // namespace detail

// The table of shape S for messages of type T.
template <class S, class T>
[[nodiscard]] constexpr ShapeTable table_of() {
  return detail::Table<S, T>::kTable;
}

}  // namespace mp::codec
