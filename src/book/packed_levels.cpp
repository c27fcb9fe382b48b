#include "book/packed_levels.hpp"

#include <algorithm>
#include <iterator>

#include "core/assert.hpp"

namespace mp::book {
namespace {

constexpr std::int64_t kNothingHere = std::numeric_limits<std::int64_t>::max();

// The first of the block's places whose price is not below `price`. No branch depends on what is
// compared: it would be guessed wrong half of the time.
template <std::size_t kCount>
std::size_t lower_bound(const PackedLevel* levels, std::int64_t price) {
  std::size_t at = 0;
#pragma GCC unroll 8
  for (std::size_t half = kCount / 2; half > 0; half /= 2) {
    at += half & (std::size_t{0} - static_cast<std::size_t>(levels[at + half - 1].price < price));
  }
  return at + static_cast<std::size_t>(levels[at].price < price);
}

// The least word of the same number.
std::int64_t untagged(std::int64_t word) {
  return word & ~kTagMask;
}

}  // namespace

void PackedLevels::clear() {
  fences_.clear();
  order_.clear();
  blocks_.clear();
  size_ = 0;
  free_ = kNoBlock;
}

void PackedLevels::reserve(std::size_t count) {
  reserve_blocks(count / kFill + 1);
}

void PackedLevels::reserve_blocks(std::size_t count) {
  fences_.reserve(count);
  order_.reserve(count);
  blocks_.reserve(count);
}

void PackedLevels::append(const PackedLevel& level) {
  if (order_.empty() || order_.back().count >= kFill) {
    insert_block(order_.size());
    fences_.back() = order_.size() == 1 ? kNowhere : untagged(level.price);
  }
  Place& last = order_.back();
  blocks_[last.id].levels[last.count++] = level;
  ++size_;
}

std::size_t PackedLevels::locate(std::int64_t price, std::size_t from) const {
  const std::size_t count = fences_.size();
  if (count == 0) return 0;
  if (from + 1 < count ? fences_[from + 1] <= price : from >= count) from = count - 1;
  constexpr std::size_t kStepsMax = 8;
  for (std::size_t steps = 0; from > 0 && fences_[from] > price; --from) {
    if (++steps < kStepsMax) continue;
    const auto begin = fences_.begin() + 1;
    const auto end = fences_.begin() + static_cast<std::ptrdiff_t>(from);
    return static_cast<std::size_t>(std::upper_bound(begin, end, price) - begin);
  }
  return from;
}

void PackedLevels::prefetch(std::size_t block) const {
  constexpr std::size_t kLineLevels = 64 / sizeof(PackedLevel);
  const PackedLevel* const levels = blocks_[order_[block].id].levels;
  for (std::size_t i = 0; i < kBlockLevels; i += kLineLevels) __builtin_prefetch(levels + i, 1);
}

PackedLevels::Shape PackedLevels::set(PackedLevel level, std::size_t block) {
  if (order_.empty()) {
    append(level);
    return Shape::changed;
  }
  const std::int64_t price = untagged(level.price);
  PackedLevel* levels = levels_of(block);
  std::size_t at = lower_bound<kBlockLevels>(levels, price);
  if (at < kBlockLevels && untagged(levels[at].price) == price) {
    levels[at] = level;
    return Shape::kept;
  }
  Shape shape = Shape::kept;
  while (order_[block].count == kBlockLevels) {
    make_room(block);
    block = locate(price, last_block());
    levels = levels_of(block);
    at = lower_bound<kBlockLevels>(levels, price);
    shape = Shape::changed;
  }
  // A loop: calling memmove costs more than the few levels do.
  for (std::size_t i = order_[block].count; i > at; --i) levels[i] = levels[i - 1];
  levels[at] = level;
  ++order_[block].count;
  ++size_;
  return shape;
}

PackedLevels::Shape PackedLevels::erase(std::int64_t price, std::size_t block) {
  if (order_.empty()) return Shape::kept;
  PackedLevel* const levels = levels_of(block);
  const std::size_t at = lower_bound<kBlockLevels>(levels, untagged(price));
  if (at == kBlockLevels || number_of(levels[at].price) != number_of(price)) return Shape::kept;
  const std::size_t left = --order_[block].count;
  // A loop: calling memmove costs more than the few levels do.
  for (std::size_t i = at; i < left; ++i) levels[i] = levels[i + 1];
  levels[left].price = kNothingHere;
  --size_;
  if (left >= kBlockLevels / 2) return Shape::kept;
  if (left == 0) {
    drop_block(block);
    return Shape::changed;
  }
  return unite(block) || (block > 0 && unite(block - 1)) ? Shape::changed : Shape::kept;
}

std::size_t PackedLevels::truncate(std::size_t count) {
  if (size_ <= count) return 0;
  const std::size_t dropped = size_ - count;
  // Whole blocks first, in one go.
  std::size_t blocks = 0;
  while (blocks < order_.size() && size_ - order_[blocks].count >= count) {
    size_ -= order_[blocks].count;
    blocks_[order_[blocks].id].levels[0].quantity = free_;
    free_ = order_[blocks].id;
    ++blocks;
  }
  const auto gone = static_cast<std::ptrdiff_t>(blocks);
  order_.erase(order_.begin(), order_.begin() + gone);
  fences_.erase(fences_.begin(), fences_.begin() + gone);
  if (order_.empty()) return dropped;
  fences_.front() = kNowhere;
  const std::size_t excess = size_ - count;
  if (excess == 0) return dropped;
  PackedLevel* const levels = levels_of(0);
  Place& first = order_.front();
  std::copy(levels + excess, levels + first.count, levels);
  first.count -= static_cast<std::uint32_t>(excess);
  size_ = count;
  clear_rest(0);
  return dropped;
}

void PackedLevels::multiply_prices(std::int64_t factor) {
  for (std::size_t block = 0; block < order_.size(); ++block) {
    PackedLevel* const levels = levels_of(block);
    for (std::size_t i = 0; i < order_[block].count; ++i) {
      const std::int64_t price = levels[i].price;
      levels[i].price = word_of(number_of(price) * factor, tag_of(price));
    }
    set_fence(block);
  }
}

const PackedLevel& PackedLevels::at(std::size_t rank) const {
  MP_ASSERT(rank < size_);
  auto place = order_.rbegin();
  for (; rank >= place->count; ++place) rank -= place->count;
  return blocks_[place->id].levels[place->count - 1 - rank];
}

std::size_t PackedLevels::memory_bytes() const {
  return fences_.capacity() * sizeof(std::int64_t) + order_.capacity() * sizeof(Place) +
         blocks_.capacity() * sizeof(Block);
}

// An empty block at that place of the order; the caller fills it and sets its fence.
void PackedLevels::insert_block(std::size_t at) {
  std::uint32_t id = free_;
  if (id == kNoBlock) {
    // By a sixteenth, not by doubling: what a thousand books have spare adds up.
    const std::size_t count = blocks_.size();
    if (count == blocks_.capacity()) reserve_blocks(count + count / 16 + 2);
    id = static_cast<std::uint32_t>(blocks_.size());
    blocks_.emplace_back();
  } else {
    free_ = static_cast<std::uint32_t>(blocks_[id].levels[0].quantity);
  }
  const auto offset = static_cast<std::ptrdiff_t>(at);
  order_.insert(order_.begin() + offset, Place{.id = id, .count = 0});
  fences_.insert(fences_.begin() + offset, kNowhere);
  clear_rest(at);
}

void PackedLevels::drop_block(std::size_t block) {
  const std::uint32_t id = order_[block].id;
  blocks_[id].levels[0].quantity = free_;
  free_ = id;
  const auto offset = static_cast<std::ptrdiff_t>(block);
  order_.erase(order_.begin() + offset);
  fences_.erase(fences_.begin() + offset);
  if (block == 0 && !fences_.empty()) fences_.front() = kNowhere;
}

void PackedLevels::set_fence(std::size_t block) {
  fences_[block] = block == 0 ? kNowhere : untagged(levels_of(block)[0].price);
}

void PackedLevels::clear_rest(std::size_t block) {
  PackedLevel* const levels = levels_of(block);
  for (std::size_t i = order_[block].count; i < kBlockLevels; ++i) levels[i].price = kNothingHere;
}

// The worst `count` levels of the next block go to the end of this one.
void PackedLevels::take_from_next(std::size_t block, std::size_t count) {
  PackedLevel* const here = levels_of(block);
  PackedLevel* const next = levels_of(block + 1);
  std::copy(next, next + count, here + order_[block].count);
  std::copy(next + count, next + order_[block + 1].count, next);
  order_[block].count += static_cast<std::uint32_t>(count);
  order_[block + 1].count -= static_cast<std::uint32_t>(count);
  clear_rest(block + 1);
}

// Block and its next share their levels evenly.
void PackedLevels::even_out(std::size_t block) {
  const std::size_t here = order_[block].count;
  const std::size_t next = order_[block + 1].count;
  const std::size_t wanted = (here + next) / 2;
  if (here < wanted) {
    take_from_next(block, wanted - here);
  } else {
    PackedLevel* const from = levels_of(block);
    PackedLevel* const to = levels_of(block + 1);
    std::copy_backward(to, to + next, to + next + (here - wanted));
    std::copy(from + wanted, from + here, to);
    order_[block].count = static_cast<std::uint32_t>(wanted);
    order_[block + 1].count = static_cast<std::uint32_t>(here + next - wanted);
    clear_rest(block);
  }
  set_fence(block + 1);
}

// Puts the next block's levels into this one where that leaves room.
bool PackedLevels::unite(std::size_t block) {
  if (block + 1 >= order_.size()) return false;
  const std::size_t next = order_[block + 1].count;
  if (order_[block].count + next > kBlockLevels * 7 / 8) return false;
  take_from_next(block, next);
  drop_block(block + 1);
  return true;
}

// For a full block: shares with a neighbour, or makes one. Too many half-empty blocks are packed
// first, which may leave this one full: the caller asks again.
void PackedLevels::make_room(std::size_t block) {
  constexpr std::size_t kNearlyFull = kBlockLevels - 2;
  if (block + 1 < order_.size() && order_[block + 1].count < kNearlyFull) {
    even_out(block);
  } else if (block > 0 && order_[block - 1].count < kNearlyFull) {
    even_out(block - 1);
  } else if (order_.size() > size_ * 9 / 8 / kFill + 2) {
    pack();
  } else {
    insert_block(block + 1);
    even_out(block);
  }
}

// Moves levels towards the worst until each block but the last has kFill at least, so that a side
// never takes more than an eighth and two blocks over what it needs.
void PackedLevels::pack() {
  for (std::size_t block = 0; block + 1 < order_.size();) {
    if (order_[block].count >= kFill) {
      ++block;
      continue;
    }
    const std::size_t wanted = kFill - order_[block].count;
    take_from_next(block, std::min<std::size_t>(wanted, order_[block + 1].count));
    if (order_[block + 1].count == 0) {
      drop_block(block + 1);
    } else {
      set_fence(block + 1);
    }
  }
}

}  // namespace mp::book
