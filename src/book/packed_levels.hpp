// L3. PackedLevels: one side of a book in 16 bytes a level, sorted, in small blocks. Uses core.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace mp::book {

// A number and a tag in one word: number * 64 + tag. Words of different numbers compare as the
// numbers do, whatever the tags.
inline constexpr unsigned kTagBits = 6;
inline constexpr std::int64_t kTagMask = (std::int64_t{1} << kTagBits) - 1;
// Numbers lie between -kNumberEnd and kNumberEnd, both excluded; tags are less than kTagMask. So
// no word is the least or the largest int64, which stand for "nowhere" and "nothing here".
inline constexpr std::int64_t kNumberEnd = std::int64_t{1} << (63U - kTagBits);
inline constexpr std::int64_t kNowhere = std::numeric_limits<std::int64_t>::min();

[[nodiscard]] constexpr bool is_packable(std::int64_t number) {
  return number > -kNumberEnd && number < kNumberEnd;
}
[[nodiscard]] constexpr std::int64_t word_of(std::int64_t number, int tag) {
  return number * (kTagMask + 1) + tag;
}
[[nodiscard]] constexpr std::int64_t number_of(std::int64_t word) {
  return word >> kTagBits;
}
[[nodiscard]] constexpr int tag_of(std::int64_t word) {
  return static_cast<int>(word & kTagMask);
}

struct PackedLevel {
  std::int64_t price;     // a word; sorted by its number
  std::int64_t quantity;  // a word
};

// Sorted by price, the largest number (the best) last, because most changes are near the best and
// looking there first is then the end of an array. A change moves the levels of one block only,
// and of a book that is not in the cache, it touches a few lines. Belongs to one thread.
//
// A block's place in the order is its index here; it changes when blocks are split or united.
class PackedLevels {
 public:
  enum class Shape : std::uint8_t { kept, changed };  // changed: indices of blocks are no longer so

  void clear();
  // Gives back all memory.
  void release() { *this = {}; }
  // Memory for `count` levels that will be appended.
  void reserve(std::size_t count);
  // A level whose number is larger than all.
  void append(const PackedLevel& level);

  // The block that has, or would have, a price of this word's number. Looks from block `from` down
  // if the price is not above it, else from the last one. 0 when there are no levels.
  [[nodiscard]] std::size_t locate(std::int64_t price, std::size_t from) const;
  void prefetch(std::size_t block) const;
  // `block` is locate(level.price). Puts the level in, in place of one with the same number.
  Shape set(PackedLevel level, std::size_t block);
  // Removes the level with that number, if there is one.
  Shape erase(std::int64_t price, std::size_t block);
  // Keeps the best `count` levels. Returns how many were dropped.
  std::size_t truncate(std::size_t count);
  // All prices' numbers times `factor`; the caller knows that they fit.
  void multiply_prices(std::int64_t factor);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t last_block() const { return order_.empty() ? 0 : order_.size() - 1; }
  // size() > 0
  [[nodiscard]] const PackedLevel& best() const {
    const Place& last = order_.back();
    return blocks_[last.id].levels[last.count - 1];
  }
  [[nodiscard]] const PackedLevel& worst() const { return blocks_[order_.front().id].levels[0]; }
  // The level at distance `rank` from the best; rank < size().
  [[nodiscard]] const PackedLevel& at(std::size_t rank) const;
  // Calls use(level) for the best `count` levels, best first.
  template <class Use>
  void each_best(std::size_t count, Use&& use) const {
    for (auto place = order_.rbegin(); place != order_.rend() && count > 0; ++place) {
      const PackedLevel* const levels = blocks_[place->id].levels;
      const std::size_t here = std::min<std::size_t>(count, place->count);
      for (std::size_t i = 1; i <= here; ++i) use(levels[place->count - i]);
      count -= here;
    }
  }

  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  // 32 was the fastest of 16, 32, 64 and 128: smaller blocks make a longer index, larger ones
  // longer moves.
  static constexpr std::size_t kBlockLevels = 32;
  // What a block gets when many are filled at once: a little less, so that the first change near it
  // does not split it.
  static constexpr std::size_t kFill = 30;

  // Unused places have the price `nothing here`, so that a search has a fixed number of steps.
  struct alignas(64) Block {
    PackedLevel levels[kBlockLevels];  // NOLINT(modernize-avoid-c-arrays)
  };
  struct Place {
    std::uint32_t id;     // in blocks_
    std::uint32_t count;  // of levels; never 0
  };
  static constexpr std::uint32_t kNoBlock = ~std::uint32_t{0};

  [[nodiscard]] PackedLevel* levels_of(std::size_t block) {
    return blocks_[order_[block].id].levels;
  }
  void reserve_blocks(std::size_t count);
  void insert_block(std::size_t at);
  void drop_block(std::size_t block);
  void set_fence(std::size_t block);
  void clear_rest(std::size_t block);
  void take_from_next(std::size_t block, std::size_t count);
  void even_out(std::size_t block);
  bool unite(std::size_t block);
  void make_room(std::size_t block);
  void pack();

  // fences_[i] <= each price of block i, > each price of block i - 1; fences_[0] is below all.
  std::vector<std::int64_t> fences_;
  std::vector<Place> order_;
  std::vector<Block> blocks_;
  std::size_t size_ = 0;
  std::uint32_t free_ = kNoBlock;  // the first of the unused blocks, linked by levels[0].quantity
};

}  // namespace mp::book
