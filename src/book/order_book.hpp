// L3. OrderBook: the price levels of one instrument, both sides. Uses core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/event.hpp"

namespace mp::book {

// Levels a side that a book holds at most; beyond it the worst prices are dropped and counted.
inline constexpr std::size_t kLevelsMax = std::size_t{1} << 17U;

enum class Best : std::uint8_t { highest, lowest };

// One side: levels sorted with the best price at the END, because most changes are near the best
// and a vector's end is cheap to change. Prices are unique by value: "1.0" and "1.00" are one
// level, and the digits sent last are kept.
template <Best kBest>
class Ladder {
 public:
  void clear() { levels_.clear(); }
  // Replaces everything; any order; of equal prices the last one counts.
  void reset(Levels levels);
  // Absolute quantities; zero (or less) removes; removing what is not there is normal.
  void apply(Levels changes);
  // Keeps the best `count` levels. Returns how many were dropped.
  std::size_t truncate(std::size_t count);

  [[nodiscard]] const Level* best() const { return levels_.empty() ? nullptr : &levels_.back(); }
  [[nodiscard]] std::size_t size() const { return levels_.size(); }
  [[nodiscard]] Levels worst_first() const { return levels_; }
  // The level at distance `rank` from the best; rank < size().
  [[nodiscard]] const Level& at(std::size_t rank) const {
    return levels_[levels_.size() - 1 - rank];
  }

 private:
  void set(const Level& change);
  void normalise();

  std::vector<Level> levels_;
};

extern template class Ladder<Best::highest>;
extern template class Ladder<Best::lowest>;

// Does not allocate once it has had its largest size. Belongs to one thread.
class OrderBook {
 public:
  // depth_max: levels a side that are kept after each message; 0 = all (kLevelsMax).
  explicit OrderBook(std::size_t depth_max = 0);

  void clear();
  // Replaces the book. Levels in any order.
  void reset(Levels bids, Levels asks);
  // Changes the book by one message.
  void apply(Levels bids, Levels asks);

  // Null where that side is empty. Valid until the next change.
  [[nodiscard]] const Level* best_bid() const { return bids_.best(); }
  [[nodiscard]] const Level* best_ask() const { return asks_.best(); }
  [[nodiscard]] std::size_t bid_count() const { return bids_.size(); }
  [[nodiscard]] std::size_t ask_count() const { return asks_.size(); }
  // The level at distance `rank` from the best; rank < bid_count() or ask_count().
  [[nodiscard]] const Level& bid(std::size_t rank) const { return bids_.at(rank); }
  [[nodiscard]] const Level& ask(std::size_t rank) const { return asks_.at(rank); }

  // The best `count` levels of a side (buy = bids), best first, in place of what `out` had.
  void top(Side side, std::size_t count, std::vector<Level>& out) const;

  // Best bid >= best ask: no market in continuous trading looks so.
  [[nodiscard]] bool crossed() const;

  // Is this exactly the book, by value? Levels best first, as venues send snapshots.
  [[nodiscard]] bool equals(Levels bids, Levels asks) const;

  // Levels that were dropped because of kLevelsMax, since the book was made.
  [[nodiscard]] std::uint64_t overflowed() const { return overflowed_; }

 private:
  void truncate();

  Ladder<Best::highest> bids_;
  Ladder<Best::lowest> asks_;
  std::size_t depth_max_;
  std::uint64_t overflowed_ = 0;
};

}  // namespace mp::book
