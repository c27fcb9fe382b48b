// L3. WideLevels: one side of a book as plain levels, for the numbers that PackedLevels cannot
// hold. Uses core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/event.hpp"

namespace mp::book {

enum class Best : std::uint8_t { highest, lowest };

// Nearly all prices of a book have one exponent.
[[nodiscard]] inline bool is_below(const Level& a, const Level& b) {
  if (a.price_exponent == b.price_exponent) [[likely]]
    return a.price_mantissa < b.price_mantissa;
  return a.price() < b.price();
}

[[nodiscard]] inline bool removes(const Level& change) {
  return change.quantity_mantissa <= 0;
}

// A sorted array, the best price last. Right for every number; twice as slow as PackedLevels.
template <Best kBest>
class WideLevels {
 public:
  // Gives back all memory.
  void release() { levels_ = {}; }
  // Takes levels in the order that is kept: worst first, no two prices equal.
  void assign(std::vector<Level> levels) { levels_ = std::move(levels); }
  // Absolute quantities; zero (or less) removes; removing what is not there is normal.
  void apply(Levels changes);
  // Keeps the best `count` levels. Returns how many were dropped.
  std::size_t truncate(std::size_t count);

  [[nodiscard]] Levels worst_first() const { return levels_; }
  [[nodiscard]] std::size_t memory_bytes() const { return levels_.capacity() * sizeof(Level); }

 private:
  void set(const Level& change);
  void sort_and_unite();

  std::vector<Level> levels_;
};

extern template class WideLevels<Best::highest>;
extern template class WideLevels<Best::lowest>;

}  // namespace mp::book
