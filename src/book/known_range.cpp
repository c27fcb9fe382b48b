#include "book/known_range.hpp"

#include <algorithm>

namespace mp::book {

void KnownRange::clear() {
  bid_.reset();
  ask_.reset();
}

void KnownRange::start(const Book& snapshot, const OrderBook& book, std::size_t levels_max) {
  clear();
  levels_ = levels_max == 0 ? levels_max_ : levels_max;
  if (levels_ == 0) return;
  if (snapshot.bids.size() >= levels_ && book.bid_count() > 0)
    bid_ = book.bid(book.bid_count() - 1);
  if (snapshot.asks.size() >= levels_ && book.ask_count() > 0)
    ask_ = book.ask(book.ask_count() - 1);
}

KnownRange::Left KnownRange::left(const Book& change, const OrderBook& book) const {
  const Left bids = bid_ && !change.bids.empty() ? left_of_bids(book) : Left::enough;
  const Left asks = ask_ && !change.asks.empty() ? left_of_asks(book) : Left::enough;
  return std::max(bids, asks);
}

KnownRange::Left KnownRange::left_of_bids(const OrderBook& book) const {
  if (book.bid_count() >= few() && !is_below(book.bid(few() - 1), *bid_)) return Left::enough;
  const auto best = book.best_bid();
  return best && !is_below(*best, *bid_) ? Left::few : Left::none;
}

KnownRange::Left KnownRange::left_of_asks(const OrderBook& book) const {
  if (book.ask_count() >= few() && !is_below(*ask_, book.ask(few() - 1))) return Left::enough;
  const auto best = book.best_ask();
  return best && !is_below(*ask_, *best) ? Left::few : Left::none;
}

void KnownRange::top(const OrderBook& book, Side side, std::size_t count,
                     std::vector<Level>& out) const {
  book.top(side, count, out);
  if (side == Side::buy && bid_)
    std::erase_if(out, [&](const Level& level) { return is_below(level, *bid_); });
  if (side == Side::sell && ask_)
    std::erase_if(out, [&](const Level& level) { return is_below(*ask_, level); });
}

}  // namespace mp::book
