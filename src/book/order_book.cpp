#include "book/order_book.hpp"

#include <algorithm>

namespace mp::book {
namespace {

template <Best kBest>
bool is_same(const Ladder<kBest>& ladder, Levels best_first) {
  if (ladder.size() != best_first.size()) return false;
  auto expected = best_first.begin();
  bool same = true;
  ladder.each_best(ladder.size(), [&](const Level& level) { same &= level == *expected++; });
  return same;
}

}  // namespace

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
  const auto add = [&](const Level& level) { out.push_back(level); };
  if (side == Side::buy) {
    bids_.each_best(count, add);
  } else {
    asks_.each_best(count, add);
  }
}

bool OrderBook::crossed() const {
  const auto bid = best_bid();
  const auto ask = best_ask();
  return bid && ask && !is_below(*bid, *ask);
}

bool OrderBook::equals(Levels bids, Levels asks) const {
  return is_same(bids_, bids) && is_same(asks_, asks);
}

}  // namespace mp::book
