// L3. KnownRange: how far down a book is known that began with a snapshot which the venue cut off.
// Uses core.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "book/order_book.hpp"
#include "core/event.hpp"

namespace mp::book {

// With less than this part of its snapshot's levels left on a side, a book runs low.
inline constexpr std::size_t kLowPart = 10;

// Deltas tell of every change, but levels that a cut-off snapshot did not have and that do not
// change are never told of. So each side is known from its best price to the snapshot's worst and
// no further.
class KnownRange {
 public:
  enum class Left : std::uint8_t { enough, few, none };

  // `levels_max`: at so many levels a side the venue cuts a snapshot off; 0: it does not.
  explicit KnownRange(std::size_t levels_max) : levels_max_(levels_max) {}

  void clear();
  // `book` is that of the snapshot. `levels_max`: where this one was cut off; 0: as any other.
  void start(const Book& snapshot, const OrderBook& book, std::size_t levels_max);
  // What is left on the sides that `change` has levels of.
  [[nodiscard]] Left left(const Book& change, const OrderBook& book) const;
  // The best `count` levels of a side, best first, as far as they are known, in place of what `out`
  // had.
  void top(const OrderBook& book, Side side, std::size_t count, std::vector<Level>& out) const;

  // The worst price that is known; nothing: all of that side is.
  [[nodiscard]] std::optional<Price> bid() const { return price_of(bid_); }
  [[nodiscard]] std::optional<Price> ask() const { return price_of(ask_); }

 private:
  [[nodiscard]] static std::optional<Price> price_of(const std::optional<Level>& level) {
    return level ? std::optional{level->price()} : std::nullopt;
  }
  [[nodiscard]] Left left_of_bids(const OrderBook& book) const;
  [[nodiscard]] Left left_of_asks(const OrderBook& book) const;
  [[nodiscard]] std::size_t few() const { return std::max<std::size_t>(levels_ / kLowPart, 1); }

  const std::size_t levels_max_;
  std::size_t levels_ = 0;    // of the snapshot that it began with
  std::optional<Level> bid_;  // only the price counts
  std::optional<Level> ask_;
};

}  // namespace mp::book
