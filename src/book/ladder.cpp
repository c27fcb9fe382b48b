#include "book/ladder.hpp"

#include <algorithm>
#include <utility>

#include "core/assert.hpp"
#include "core/digits.hpp"

namespace mp::book {
namespace {

static_assert(kDecimalExponentMax - kDecimalExponentMin < kTagMask);

constexpr std::int64_t kNoQuantity = 0;  // the word; a level's quantity is more than 0

bool has_tag(int exponent) {
  return exponent >= kDecimalExponentMin && exponent <= kDecimalExponentMax;
}

template <Best kBest>
std::int64_t price_word(std::int64_t mantissa, int exponent) {
  const std::int64_t number = kBest == Best::highest ? mantissa : -mantissa;
  return word_of(number, exponent - kDecimalExponentMin);
}

int exponent_of(std::int64_t word) {
  return tag_of(word) + kDecimalExponentMin;
}

}  // namespace

template <Best kBest>
void Ladder<kBest>::clear() {
  packed_.clear();
  if (is_wide_) wide_.release();
  is_wide_ = false;
}

template <Best kBest>
void Ladder<kBest>::reset(Levels levels) {
  clear();
  if (load(levels)) return;
  clear();
  apply(levels);
}

// Snapshots come best first and with one exponent or few: then each level is put behind the last.
template <Best kBest>
bool Ladder<kBest>::load(Levels levels) {
  exponent_ = kDecimalExponentMax;
  for (const Level& level : levels) exponent_ = std::min(exponent_, level.price_exponent);
  packed_.reserve(levels.size());
  for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
    const PackedLevel next = pack(*level);
    if (next.price == kNowhere || next.quantity == kNoQuantity) return false;
    if (packed_.size() > 0 && number_of(packed_.best().price) >= number_of(next.price)) {
      return false;
    }
    packed_.append(next);
  }
  return true;
}

template <Best kBest>
void Ladder<kBest>::apply(Levels changes) {
  if (changes.empty()) return;
  if (!is_wide_) {
    changes = changes.subspan(apply_packed(changes));
    if (changes.empty()) return;
    widen();
  }
  wide_.apply(changes);
}

// Returns how many of the changes it made: all, or those before one that does not fit. One step
// ahead it fetches the block that the next change goes to, which hides a part of the wait for a
// book that is not in the cache: venues send a message's levels best first, so their blocks are
// found in passing. To ask whether it is the same block would cost more than fetching it again.
template <Best kBest>
std::size_t Ladder<kBest>::apply_packed(Levels changes) {
  PackedLevel next = pack(changes.front());
  std::size_t next_block = packed_.locate(next.price, packed_.last_block());
  for (std::size_t i = 0; i < changes.size(); ++i) {
    PackedLevel change = next;
    std::size_t block = next_block;
    if (change.price == kNowhere) [[unlikely]] {
      if (!make_fit(changes[i], change)) return i;
      block = packed_.locate(change.price, packed_.last_block());
    }
    if (i + 1 < changes.size()) {
      next = pack(changes[i + 1]);
      next_block = packed_.locate(next.price, block);
      if (packed_.size() > 0) packed_.prefetch(next_block);
    }
    const auto shape = change.quantity == kNoQuantity ? packed_.erase(change.price, block)
                                                      : packed_.set(change, block);
    if (shape == PackedLevels::Shape::changed) {
      next_block = packed_.locate(next.price, packed_.last_block());
    }
  }
  return changes.size();
}

template <Best kBest>
std::size_t Ladder<kBest>::truncate(std::size_t count) {
  return is_wide_ ? wide_.truncate(count) : packed_.truncate(count);
}

template <Best kBest>
Level Ladder<kBest>::at(std::size_t rank) const {
  if (!is_wide_) return unpack(packed_.at(rank));
  const Levels levels = wide_.worst_first();
  MP_ASSERT(rank < levels.size());
  return levels[levels.size() - 1 - rank];
}

template <Best kBest>
PackedLevel Ladder<kBest>::pack(const Level& level) const {
  PackedLevel out{.price = kNowhere, .quantity = kNoQuantity};
  if (!removes(level)) {
    if ((level.price_zeros | level.quantity_zeros) != 0) [[unlikely]]
      return out;
    if (!is_packable(level.quantity_mantissa) || !has_tag(level.quantity_exponent)) return out;
    out.quantity = word_of(level.quantity_mantissa, level.quantity_exponent - kDecimalExponentMin);
  }
  std::int64_t mantissa = level.price_mantissa;
  if (level.price_exponent != exponent_) {
    if (level.price_exponent < exponent_) return out;
    const auto scaled = mantissa_at(level.price().decimal, exponent_);
    if (!scaled) return out;
    mantissa = *scaled;
  }
  if (!is_packable(mantissa) || !has_tag(level.price_exponent)) return out;
  out.price = price_word<kBest>(mantissa, level.price_exponent);
  return out;
}

template <Best kBest>
Level Ladder<kBest>::unpack(const PackedLevel& level) const {
  Level out;
  const std::int64_t number = number_of(level.price);
  out.price_mantissa = kBest == Best::highest ? number : -number;
  out.price_exponent = static_cast<std::int8_t>(exponent_of(level.price));
  out.quantity_mantissa = number_of(level.quantity);
  out.quantity_exponent = static_cast<std::int8_t>(exponent_of(level.quantity));
  const int zeros = out.price_exponent - exponent_;
  if (zeros != 0 && number != 0) {
    out.price_mantissa /= static_cast<std::int64_t>(kPowersOfTen[static_cast<std::size_t>(zeros)]);
  }
  return out;
}

// What `pack` could not do at once. False: the change does not fit the small form.
template <Best kBest>
bool Ladder<kBest>::make_fit(const Level& change, PackedLevel& packed) {
  if (removes(change)) {
    // Finer than all prices, it is one of them if its last digits are zeros; else there is none.
    const auto scaled = mantissa_at(change.price().decimal, exponent_);
    const bool is_possible = scaled && is_packable(*scaled);
    packed.price = is_possible ? price_word<kBest>(*scaled, kDecimalExponentMin) : kNowhere;
    return true;
  }
  if (!has_tag(change.price_exponent)) return false;
  if (packed_.size() == 0) {
    exponent_ = change.price_exponent;
  } else if (change.price_exponent < exponent_ && !rescale_to(change.price_exponent)) {
    return false;
  }
  packed = pack(change);
  return packed.price != kNowhere;
}

template <Best kBest>
bool Ladder<kBest>::rescale_to(int exponent) {
  const int digits = exponent_ - exponent;
  if (digits > 18) return false;
  for (const PackedLevel* const end : {&packed_.worst(), &packed_.best()}) {
    const auto scaled =
        mantissa_at({.mantissa = number_of(end->price), .exponent = exponent_}, exponent);
    if (!scaled || !is_packable(*scaled)) return false;
  }
  packed_.multiply_prices(
      static_cast<std::int64_t>(kPowersOfTen[static_cast<std::size_t>(digits)]));
  exponent_ = static_cast<std::int8_t>(exponent);
  return true;
}

template <Best kBest>
void Ladder<kBest>::widen() {
  std::vector<Level> levels;
  levels.reserve(packed_.size());
  packed_.each_best(packed_.size(),
                    [&](const PackedLevel& level) { levels.push_back(unpack(level)); });
  std::reverse(levels.begin(), levels.end());
  wide_.assign(std::move(levels));
  packed_.release();
  is_wide_ = true;
}

template class Ladder<Best::highest>;
template class Ladder<Best::lowest>;

}  // namespace mp::book
