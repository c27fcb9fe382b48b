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
// an empty string; any other must be there. Unknown keys are ignored.
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

// A member that is optional elsewhere can be one that this message must have.
enum class Presence : std::uint8_t { by_type, required };
inline constexpr Presence kRequired = Presence::required;

// The value of key K fills a member of the message or of a base of it: std::string_view (a JSON
// string), Decimal, Price, Quantity (a string or a number), std::int64_t (likewise), Timestamp (a
// count of milliseconds, likewise), bool, Raw, std::vector<Level> (an array of [price, quantity,
// ...]), or a std::optional of one of them; std::optional<Side> ("buy" or "sell" in any case,
// absent for any other word).
template <Key K, auto Member, Presence P = Presence::by_type>
struct Field {};

// An id, which venues send as a string or as a number: its text fills a std::string_view or an
// optional one.
template <Key K, auto Member, Presence P = Presence::by_type>
struct Id {};

// The value of key K is an object of shape S, read into a member (or an optional one).
template <Key K, auto Member, class S>
struct Object {};

// The value of key K is an array of objects of shape S, read into a RowList.
template <Key K, auto Member, class S>
struct Rows {};

// A Raw value that is the last of its object in the usual order: the scanner does not look into it,
// which makes the envelope of a message nearly free. Whoever reads it must read all of it.
template <Key K, auto Member>
struct Tail {};

// A known key of no interest; its value is a scalar. Naming it keeps the message on the fast path.
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

template <class... Members>
struct Shape {};

// A message that is an array: its elements fill the members in order. Members at the end may be
// missing if they are optional; further elements are ignored as long as they are scalars.
template <auto... Members>
struct Row {};

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
