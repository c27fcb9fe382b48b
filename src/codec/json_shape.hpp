// L2. The shape of a JSON message, declared once: its keys in their usual order, and the members
// that they fill.
//
//   struct TradeMessage {
//     Timestamp time;
//     Price price;
//     std::optional<Decimal> fee;
//   };
//   using TradeShape = codec::Shape<codec::Field<"E", &TradeMessage::time>,
//                                   codec::Field<"p", &TradeMessage::price>,
//                                   codec::Field<"f", &TradeMessage::fee>>;
//
// Two readers come from it: the scanner (json_scanner.hpp), fast for the usual order, and the exact
// reader (json_exact.hpp), right for any. A member that is a std::optional may be missing, null or
// an empty string; any other must be there. Unknown keys are ignored. An optional number that does
// not fit its type is left out and counted (json_exact.hpp), so that it does not cost the message.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/event.hpp"

namespace mp::codec {

// Any JSON value, not read yet: the text of it.
struct Raw {
  std::string_view json;
};

// Objects of an array. Rows that were read before keep their memory, so that nothing is allocated
// once warm.
template <class T>
class RowList {
 public:
  void clear() { used_ = 0; }
  T& next() {
    if (used_ == rows_.size()) rows_.emplace_back();
    return rows_[used_++];
  }
  void drop_last() { --used_; }
  [[nodiscard]] std::size_t size() const { return used_; }
  [[nodiscard]] bool empty() const { return used_ == 0; }
  [[nodiscard]] const T& operator[](std::size_t i) const { return rows_[i]; }
  [[nodiscard]] auto begin() { return rows_.begin(); }
  [[nodiscard]] auto end() { return rows_.begin() + static_cast<std::ptrdiff_t>(used_); }
  [[nodiscard]] auto begin() const { return rows_.begin(); }
  [[nodiscard]] auto end() const { return rows_.begin() + static_cast<std::ptrdiff_t>(used_); }

 private:
  std::deque<T> rows_;
  std::size_t used_ = 0;
};

// A string as a template argument.
template <std::size_t N>
struct Key {
  char text[N]{};
  consteval Key(const char (&literal)[N]) {
    std::copy_n(literal, N, text);
  }  // NOLINT(google-explicit-constructor)
  [[nodiscard]] constexpr std::string_view view() const { return {text, N - 1}; }
};

// equals<"books", "books5">(text): whether it is one of these words, in a few instructions each,
// where == would call memcmp.
template <Key... Words>
[[nodiscard]] inline bool equals(std::string_view text) {
  return ((text.size() == Words.view().size() &&
           std::memcmp(text.data(), Words.text, Words.view().size()) == 0) ||
          ...);
}

// What a message must have is told by the member's type (a std::optional may be missing), unless an
// option of the field says otherwise.
enum class Presence : std::uint8_t {
  by_type,
  required,  // an optional member that this message must have; a decimal may not fit all the same
  optional,  // a list that may be missing or null: empty then
  kept,      // missing, null or "" means "as before": the member keeps its value
};
inline constexpr Presence kRequired = Presence::required;
inline constexpr Presence kOptional = Presence::optional;
inline constexpr Presence kKept = Presence::kept;

// How levels are written where they are not [price, quantity, ...]: the places of both in an array.
template <std::size_t PriceAt, std::size_t QuantityAt>
struct LevelsAt {};
template <std::size_t PriceAt, std::size_t QuantityAt>
inline constexpr LevelsAt<PriceAt, QuantityAt> kLevelsAt{};
// Or {"px": price, "sz": quantity, ...}.
template <Key Price, Key Quantity>
struct LevelKeys {};
template <Key Price, Key Quantity>
inline constexpr LevelKeys<Price, Quantity> kLevelKeys{};

// The value of key K fills a member of the message or of a base of it: std::string_view (a JSON
// string), Decimal, Price, Quantity (a string or a number), std::int64_t (likewise), Timestamp (a
// count since 1970, of milliseconds, microseconds or nanoseconds as its size tells), bool, Raw,
// std::vector<Level> (an array of [price, quantity, ...]), std::vector<std::string_view> (an array
// of strings), or a std::optional of one of them; std::optional<Side> ("buy" or "sell" in any case,
// absent for any other word). Options: a Presence, a form of levels, a converter of
// json_convert.hpp or of the adapter's own.
template <Key K, auto Member, auto... Options>
struct Field {};

// An id, which venues send as a string or as a number: its text fills a std::string_view or an
// optional one.
template <Key K, auto Member, auto... Options>
struct Id {};

// The first of several fields that the message has; the others are other names of the same thing.
template <class... Fields>
struct OneOf {};

// The value of key K is an object (or, by a Row, an array) of shape S, read into a member (or an
// optional one).
template <Key K, auto Member, class S>
struct Object {};

// The value of key K is an object whose members fill the message itself. Where it is missing or
// null, all of them are missing.
template <Key K, class... Members>
struct Inside {};

// The value of key K is an array of objects of shape S, read into a RowList.
template <Key K, auto Member, class S, auto... Options>
struct Rows {};

// A Raw value that is the last of the outermost object in the usual order: the scanner does not
// look into it, which makes the envelope of a message nearly free. Whoever reads it must read all
// of it.
template <Key K, auto Member>
struct Tail {};

// A known key of no interest; its value is a scalar. Naming it keeps the message on the fastest
// path.
template <Key K>
struct Skip {};

// Whether key K is there fills a bool. The scanner looks no further, so in the usual order a Rest
// must follow.
template <Key K, auto Member>
struct Seen {};

// The remainder of an object, which another shape reads too: the scanner stops here, so that a look
// at the first keys, to tell what a message is, is nearly free. Only the reading of the whole
// proves it.
struct Rest {};

// An object. The scanner expects its keys in this order, each named, and takes any other order and
// unknown keys at a second try: for the messages that come most.
template <class... Members>
struct Shape {};

// An object whose keys may come in any order, among others that are not named: the usual choice.
// Takes the scanner a few instructions more for each key.
template <class... Members>
struct Loose {};

// A message that is an array: its elements fill the members in order. Members at the end may be
// missing if they are optional; further elements are ignored. A cell is a pointer to a member,
// kPass for an element of no interest, or cell<member, options...>.
template <auto... Cells>
struct Row {};
template <class S>
inline constexpr bool kIsRow = false;
template <auto... Cells>
inline constexpr bool kIsRow<Row<Cells...>> = true;
template <auto Member, auto... Options>
struct Cell {};
template <auto Member, auto... Options>
inline constexpr Cell<Member, Options...> cell{};
struct Pass {};
inline constexpr Pass kPass{};

namespace detail {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class T>
struct MemberOf;
template <class C, class M>
struct MemberOf<M C::*> {
  using Type = M;
};
template <auto Member>
using MemberType = typename MemberOf<decltype(Member)>::Type;

template <class T>
struct IsLevelForm : std::false_type {};
template <std::size_t P, std::size_t Q>
struct IsLevelForm<LevelsAt<P, Q>> : std::true_type {};
template <Key P, Key Q>
struct IsLevelForm<LevelKeys<P, Q>> : std::true_type {};

template <class M>
struct KeyOf;
template <Key K, auto Member, auto... Options>
struct KeyOf<Field<K, Member, Options...>> {
  static constexpr auto kKey = K;
};
template <Key K, auto Member, auto... Options>
struct KeyOf<Id<K, Member, Options...>> {
  static constexpr auto kKey = K;
};
template <Key K, auto Member, class S>
struct KeyOf<Object<K, Member, S>> {
  static constexpr auto kKey = K;
};
template <Key K, class... Members>
struct KeyOf<Inside<K, Members...>> {
  static constexpr auto kKey = K;
};
template <Key K, auto Member, class S, auto... Options>
struct KeyOf<Rows<K, Member, S, Options...>> {
  static constexpr auto kKey = K;
};
template <Key K, auto Member>
struct KeyOf<Tail<K, Member>> {
  static constexpr auto kKey = K;
};
template <Key K, auto Member>
struct KeyOf<Seen<K, Member>> {
  static constexpr auto kKey = K;
};
template <Key K>
struct KeyOf<Skip<K>> {
  static constexpr auto kKey = K;
};
template <class M>
inline constexpr auto kKeyOf = KeyOf<M>::kKey;

// A cell of a Row as a Field without a key.
template <auto Which, class C = std::remove_cv_t<decltype(Which)>>
struct CellOf {
  using Type = Field<"", Which>;
};
template <auto Which, auto Member, auto... Options>
struct CellOf<Which, Cell<Member, Options...>> {
  using Type = Field<"", Member, Options...>;
};
template <auto Which>
struct CellOf<Which, Pass> {
  using Type = Skip<"">;
};

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
template <auto Member>
using InnerType = typename Inner<MemberType<Member>>::Type;
// What the options of a field say: presence, form of levels (LevelsAt<0, 1> unless said), converter
// (void: the conversion of the member's type).
template <auto... Options>
struct OptionsOf {
  static constexpr Presence kPresence = Presence::by_type;
  using LevelForm = LevelsAt<0, 1>;
  using Converter = void;
};
template <auto First, auto... Others>
struct OptionsOf<First, Others...> {
  using Type = std::remove_cv_t<decltype(First)>;
  using Next = OptionsOf<Others...>;
  static constexpr bool kIsPresence = std::is_same_v<Type, Presence>;
  static constexpr bool kIsForm = IsLevelForm<Type>::value;
  static constexpr Presence kPresence = [] {
    if constexpr (kIsPresence) return First;
    return Next::kPresence;
  }();
  using LevelForm = std::conditional_t<kIsForm, Type, typename Next::LevelForm>;
  using Converter = std::conditional_t<kIsPresence || kIsForm, typename Next::Converter, Type>;
};

// Whether what was read satisfies the presence that the shape asks for.
template <Presence P, class V>
[[nodiscard]] bool is_enough(const V& value) {
  if constexpr (P == Presence::required && IsOptional<V>::value) {
    return value.has_value();
  } else {
    return true;
  }
}

}  // namespace detail

}  // namespace mp::codec
