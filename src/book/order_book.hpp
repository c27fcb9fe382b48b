// L3. OrderBook: the price levels of one instrument, both sides. Uses core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "book/ladder.hpp"
#include "core/event.hpp"

namespace mp::book {

// Levels a side that a book holds at most; beyond it the worst prices are dropped and counted.
inline constexpr std::size_t kLevelsMax = std::size_t{1} << 17U;

// Does not allocate once it has had its largest size, but when a side changes between its two forms
// (ladder.hpp). Belongs to one thread.
class OrderBook {
 public:
  // depth_max: levels a side that are kept after each message; 0 = all (kLevelsMax).
  explicit OrderBook(std::size_t depth_max = 0);

  void clear();
  // Replaces the book. Levels in any order.
  void reset(Levels bids, Levels asks);
  // Changes the book by one message.
  void apply(Levels bids, Levels asks);

  // Nothing where that side is empty.
  [[nodiscard]] std::optional<Level> best_bid() const { return bids_.best(); }
  [[nodiscard]] std::optional<Level> best_ask() const { return asks_.best(); }
  [[nodiscard]] std::size_t bid_count() const { return bids_.size(); }
  [[nodiscard]] std::size_t ask_count() const { return asks_.size(); }
  // The level at distance `rank` from the best; rank < bid_count() or ask_count().
  [[nodiscard]] Level bid(std::size_t rank) const { return bids_.at(rank); }
  [[nodiscard]] Level ask(std::size_t rank) const { return asks_.at(rank); }

  // The best `count` levels of a side (buy = bids), best first, in place of what `out` had.
  void top(Side side, std::size_t count, std::vector<Level>& out) const;

  // Best bid >= best ask: no market in continuous trading looks so.
  [[nodiscard]] bool crossed() const;

  // Is this exactly the book, by value? Levels best first, as venues send snapshots.
  [[nodiscard]] bool equals(Levels bids, Levels asks) const;

  // Levels that were dropped because of kLevelsMax, since the book was made.
  [[nodiscard]] std::uint64_t overflowed() const { return overflowed_; }

  // What both sides have allocated, used or spare.
  [[nodiscard]] std::size_t memory_bytes() const {
    return bids_.memory_bytes() + asks_.memory_bytes();
  }

 private:
  void truncate();

  Ladder<Best::highest> bids_;
  Ladder<Best::lowest> asks_;
  std::size_t depth_max_;
  std::uint64_t overflowed_ = 0;
};

}  // namespace mp::book
