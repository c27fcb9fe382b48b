// L2. The shape of a JSON message, declared once: its keys in their usual order, and the members
// that they fill.
//
//   struct TradeMessage { codec::Millis time; std::string_view symbol; Price price;
//   std::optional<Decimal> fee; }; using TradeShape = codec::Shape<codec::Field<"E",
//   &TradeMessage::time>, codec::Field<"s", &TradeMessage::symbol>,
//                                   codec::Field<"p", &TradeMessage::price>, codec::Field<"f",
//                                   &TradeMessage::fee>>;
//
// Two readers come from it: the scanner (json_scanner.hpp), fast for the usual order, and the exact
// reader (json_exact.hpp), right for any. A member that is a std::optional may be missing, null or
// an empty string; any other must be there. Unknown keys are ignored.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/event.hpp"

namespace mp::codec {

// A point in time as a count of milliseconds, a JSON number or a string of digits.
struct Millis {
  Timestamp time;
};

// The text of a string or a number: for ids, which venues send as either.
struct Token {
  std::string_view text;
};

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

// The value of key K fills a member: std::string_view (a JSON string), Token, Decimal, Price,
// Quantity (a string or a number), std::int64_t (likewise), bool, Millis, Raw, std::vector<Level>
// (an array of [price, quantity, ...]), or a std::optional of one of them.
template <Key K, auto Member>
struct Field {};

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

template <class... Members>
struct Shape {};

namespace detail {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class T>
struct MemberOf;
template <class C, class M>
struct MemberOf<M C::*> {
  using Class = C;
  using Type = M;
};
template <auto Member>
using MemberType = typename MemberOf<decltype(Member)>::Type;
template <auto Member>
using ClassType = typename MemberOf<decltype(Member)>::Class;

}  // namespace detail

}  // namespace mp::codec
