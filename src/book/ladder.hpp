// L3. Ladder: one side of a book, in the small form while the numbers allow it. Uses core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "book/packed_levels.hpp"
#include "book/wide_levels.hpp"
#include "core/event.hpp"

namespace mp::book {

// Prices are unique by value: "1.0" and "1.00" are one level, and the digits sent last are kept.
//
// The small form has all prices at one exponent, the finest that came, so that comparing them is
// comparing integers; the exponent that was sent is the word's tag, and gives the digits back. Of
// asks the negated price is kept: the best is the largest on both sides. A number of 58 bits or
// more (1.4e17 units of its last digit) puts the whole side into the wide form, until the next
// reset or clear.
template <Best kBest>
class Ladder {
 public:
  void clear();
  // Replaces everything; any order, best first is fast; of equal prices the last one counts.
  void reset(Levels levels);
  // Absolute quantities; zero (or less) removes; removing what is not there is normal.
  void apply(Levels changes);
  // Keeps the best `count` levels. Returns how many were dropped.
  std::size_t truncate(std::size_t count);

  [[nodiscard]] std::size_t size() const {
    return is_wide_ ? wide_.worst_first().size() : packed_.size();
  }
  [[nodiscard]] std::optional<Level> best() const {
    if (size() == 0) return std::nullopt;
    return is_wide_ ? wide_.worst_first().back() : unpack(packed_.best());
  }
  // The level at distance `rank` from the best; rank < size().
  [[nodiscard]] Level at(std::size_t rank) const;
  // Calls use(level) for the best `count` levels, best first.
  template <class Use>
  void each_best(std::size_t count, Use&& use) const {
    if (!is_wide_) {
      packed_.each_best(count, [&](const PackedLevel& level) { use(unpack(level)); });
      return;
    }
    const Levels levels = wide_.worst_first();
    for (auto at = levels.rbegin(); at != levels.rend() && count > 0; ++at, --count) use(*at);
  }

  [[nodiscard]] bool is_wide() const { return is_wide_; }
  // What is allocated, used or spare.
  [[nodiscard]] std::size_t memory_bytes() const {
    return packed_.memory_bytes() + wide_.memory_bytes();
  }

 private:
  // The change as the small form needs it, two words, so that it stays in registers: the price is
  // kNowhere where it does not fit as it is, the quantity kNoQuantity where it removes.
  [[nodiscard]] PackedLevel pack(const Level& change) const;
  [[nodiscard]] Level unpack(const PackedLevel& level) const;
  [[nodiscard]] bool load(Levels levels);
  [[nodiscard]] std::size_t apply_packed(Levels changes);
  [[nodiscard]] bool make_fit(const Level& change, PackedLevel& packed);
  [[nodiscard]] bool rescale_to(int exponent);
  void widen();

  PackedLevels packed_;
  WideLevels<kBest> wide_;    // empty unless is_wide_
  std::int8_t exponent_ = 0;  // of all prices in packed_
  bool is_wide_ = false;
};

extern template class Ladder<Best::highest>;
extern template class Ladder<Best::lowest>;

}  // namespace mp::book
