#include "book/order_book.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace mp::book {
namespace {

// Above so many changes at once, sorting everything anew is cheaper than inserting one by one, and
// no message can make the work quadratic.
constexpr std::size_t kRebuildAbove = 1024;

// Nearly all prices of a book have one exponent.
bool below(const Level& a, const Level& b) {
  if (a.price_exponent == b.price_exponent) [[likely]]
    return a.price_mantissa < b.price_mantissa;
  return a.price() < b.price();
}

template <Best kBest>
bool worse(const Level& a, const Level& b) {
  if constexpr (kBest == Best::highest) return below(a, b);
  return below(b, a);
}

bool removes(const Level& change) {
  return change.quantity_mantissa <= 0;
}

using Iterator = std::vector<Level>::iterator;

// The first level that is not worse than `price`, looking from the best in doubling steps.
template <Best kBest>
Iterator find(std::vector<Level>& levels, const Level& price) {
  auto high = levels.end();
  std::ptrdiff_t step = 1;
  while (high - levels.begin() >= step) {
    const auto probe = high - step;
    if (worse<kBest>(*probe, price)) return std::lower_bound(probe + 1, high, price, worse<kBest>);
    high = probe;
    step *= 2;
  }
  return std::lower_bound(levels.begin(), high, price, worse<kBest>);
}

// Sorts by price; of equal prices the last one stays.
template <Best kBest>
void sort_and_unite(std::vector<Level>& levels) {
  std::vector<std::uint32_t> order(levels.size());
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    if (worse<kBest>(levels[a], levels[b])) return true;
    return !worse<kBest>(levels[b], levels[a]) && a < b;
  });
  std::vector<Level> united;
  united.reserve(levels.size());
  for (const std::uint32_t index : order) {
    const Level& level = levels[index];
    if (!united.empty() && !worse<kBest>(united.back(), level)) united.pop_back();
    united.push_back(level);
  }
  levels = std::move(united);
}

}  // namespace

template <Best kBest>
void Ladder<kBest>::set(const Level& change) {
  const auto at = find<kBest>(levels_, change);
  const bool found = at != levels_.end() && !worse<kBest>(change, *at);
  if (removes(change)) {
    if (found) levels_.erase(at);
  } else if (found) {
    *at = change;
  } else {
    levels_.insert(at, change);
  }
}

template <Best kBest>
void Ladder<kBest>::apply(Levels changes) {
  if (changes.size() > kRebuildAbove) {
    levels_.insert(levels_.end(), changes.begin(), changes.end());
    normalise();
    return;
  }
  for (const Level& change : changes) set(change);
}

template <Best kBest>
void Ladder<kBest>::reset(Levels levels) {
  levels_.assign(levels.begin(), levels.end());
  normalise();
}

// Sorts, keeps the last of equal prices, and removes what has no quantity. Snapshots come best
// first, so that turning them round is nearly always all; the sort, which takes memory, is for the
// others.
template <Best kBest>
void Ladder<kBest>::normalise() {
  const auto not_worse = [](const Level& a, const Level& b) { return !worse<kBest>(a, b); };
  const auto not_better = [](const Level& a, const Level& b) { return !worse<kBest>(b, a); };
  if (std::adjacent_find(levels_.begin(), levels_.end(), not_better) == levels_.end()) {
    std::reverse(levels_.begin(), levels_.end());
  } else if (std::adjacent_find(levels_.begin(), levels_.end(), not_worse) != levels_.end()) {
    sort_and_unite<kBest>(levels_);
  }
  std::erase_if(levels_, removes);
}

template <Best kBest>
std::size_t Ladder<kBest>::truncate(std::size_t count) {
  if (levels_.size() <= count) return 0;
  const std::size_t dropped = levels_.size() - count;
  levels_.erase(levels_.begin(), levels_.begin() + static_cast<std::ptrdiff_t>(dropped));
  return dropped;
}

template class Ladder<Best::highest>;
template class Ladder<Best::lowest>;

OrderBook::OrderBook(std::size_t depth_max) : depth_max_(depth_max) {}

void OrderBook::clear() {
  bids_.clear();
  asks_.clear();
}

void OrderBook::reset(Levels bids, Levels asks) {
  bids_.reset(bids);
  asks_.reset(asks);
  truncate();
}

void OrderBook::apply(Levels bids, Levels asks) {
  bids_.apply(bids);
  asks_.apply(asks);
  truncate();
}

void OrderBook::truncate() {
  if (depth_max_ > 0 && depth_max_ < kLevelsMax) {
    bids_.truncate(depth_max_);
    asks_.truncate(depth_max_);
    return;
  }
  overflowed_ += bids_.truncate(kLevelsMax) + asks_.truncate(kLevelsMax);
}

void OrderBook::top(Side side, std::size_t count, std::vector<Level>& out) const {
  out.clear();
  const Levels levels = side == Side::buy ? bids_.worst_first() : asks_.worst_first();
  const Levels best = levels.last(std::min(count, levels.size()));
  out.insert(out.end(), best.rbegin(), best.rend());
}

bool OrderBook::crossed() const {
  const Level* const bid = best_bid();
  const Level* const ask = best_ask();
  return bid != nullptr && ask != nullptr && !below(*bid, *ask);
}

bool OrderBook::equals(Levels bids, Levels asks) const {
  const Levels own_bids = bids_.worst_first();
  const Levels own_asks = asks_.worst_first();
  return std::equal(own_bids.rbegin(), own_bids.rend(), bids.begin(), bids.end()) &&
         std::equal(own_asks.rbegin(), own_asks.rend(), asks.begin(), asks.end());
}

}  // namespace mp::book
