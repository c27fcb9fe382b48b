// A book kept the naive way, to compare with.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

#include "book/order_book.hpp"
#include "core/decimal.hpp"
#include "core/event.hpp"

namespace mp::book::test {

inline Level level(std::string_view price, std::string_view quantity) {
  return {Price{*parse_decimal(price)}, Quantity{*parse_decimal(quantity)}};
}

class ReferenceBook {
 public:
  explicit ReferenceBook(std::size_t depth_max = 0) : depth_max_(depth_max) {}

  void reset(Levels bids, Levels asks) {
    bids_.clear();
    asks_.clear();
    apply(bids, asks);
  }

  void apply(Levels bids, Levels asks) {
    for (const Level& change : bids) set(bids_, change);
    for (const Level& change : asks) set(asks_, change);
    truncate(bids_);
    truncate(asks_);
  }

  [[nodiscard]] std::vector<Level> top(Side side, std::size_t count) const {
    return side == Side::buy ? top_of(bids_, count) : top_of(asks_, count);
  }
  [[nodiscard]] std::size_t bid_count() const { return bids_.size(); }
  [[nodiscard]] std::size_t ask_count() const { return asks_.size(); }

 private:
  template <class Map>
  static void set(Map& levels, const Level& change) {
    levels.erase(change.price());  // so that the key has the digits sent last
    if (change.quantity_mantissa > 0) levels.emplace(change.price(), change);
  }

  template <class Map>
  void truncate(Map& levels) const {
    while (depth_max_ > 0 && levels.size() > depth_max_) levels.erase(std::prev(levels.end()));
  }

  template <class Map>
  static std::vector<Level> top_of(const Map& levels, std::size_t count) {
    std::vector<Level> out;
    for (const auto& [price, level] : levels) {
      if (out.size() == count) break;
      out.push_back(level);
    }
    return out;
  }

  std::size_t depth_max_;
  std::map<Price, Level, std::greater<>> bids_;
  std::map<Price, Level> asks_;
};

// The same digits, not only the same value.
inline bool identical(const Level& a, const Level& b) {
  return a.price_mantissa == b.price_mantissa && a.price_exponent == b.price_exponent &&
         a.quantity_mantissa == b.quantity_mantissa && a.quantity_exponent == b.quantity_exponent &&
         a.price_zeros == b.price_zeros && a.quantity_zeros == b.quantity_zeros &&
         a.reserved == b.reserved;
}

inline bool same(const ReferenceBook& expected, const OrderBook& book, std::size_t depth,
                 std::vector<Level>& scratch) {
  if (expected.bid_count() != book.bid_count()) return false;
  if (expected.ask_count() != book.ask_count()) return false;
  for (const Side side : {Side::buy, Side::sell}) {
    const std::vector<Level> wanted = expected.top(side, depth);
    book.top(side, depth, scratch);
    if (!std::equal(wanted.begin(), wanted.end(), scratch.begin(), scratch.end(), identical))
      return false;
    const std::optional<Level> best = side == Side::buy ? book.best_bid() : book.best_ask();
    if (best.has_value() == wanted.empty()) return false;
    if (best && !identical(*best, wanted.front())) return false;
  }
  return true;
}

}  // namespace mp::book::test
