#include "unit/simulation/checker.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "pipeline/gap_reason.hpp"
#include "pipeline/trade_watch.hpp"

namespace mp::simulation {
namespace {

std::int64_t whole(const Decimal& decimal) {
  std::int64_t number = decimal.mantissa;
  for (int i = decimal.exponent; i < 0; ++i) number /= 10;
  for (int i = decimal.exponent; i > 0; --i) number *= 10;
  return number;
}

constexpr std::chrono::seconds kInTime{2};

}  // namespace

const Market* Checker::market_of(std::string_view symbol) const {
  const auto found = std::ranges::find(markets_, symbol, &Market::symbol);
  return found == markets_.end() ? nullptr : &*found;
}

void Checker::on_event(const Event& event) {
  Consumer& consumer = consumers_[std::string{event.symbol}];
  std::uint64_t& seq = consumer.seq[event.channel()];
  if (event.seq != seq + 1)
    broken_(fmt::format("{} {}: seq {} behind {}", event.symbol, name_of(event.channel()),
                        event.seq, seq));
  seq = event.seq;
  if (const auto* trade = std::get_if<Trade>(&event.body)) on_trade(consumer, event, *trade);
  if (const auto* book = std::get_if<Book>(&event.body)) on_book(consumer, event, *book);
  if (const auto* status = std::get_if<Status>(&event.body)) on_status(consumer, event, *status);
}

void Checker::on_trade(Consumer& consumer, const Event& event, const Trade& trade) {
  ++sums_.trades;
  if (event.ts_event && event.ts_recv - *event.ts_event <= kInTime) ++sums_.in_time;
  const auto id = pipeline::TradeWatch::number_of(trade.trade_id.value_or("")).value_or(-1);
  const Market* const market = market_of(event.symbol);
  if (market == nullptr || id > market->last_trade())
    broken_(fmt::format("{}: a trade {} that never was", event.symbol, id));
  if (!consumer.trades.insert(id).second)
    broken_(fmt::format("{}: trade {} twice", event.symbol, id));
  consumer.missing.erase(id);
}

void Checker::on_book(Consumer& consumer, const Event& event, const Book& body) {
  ++sums_.books;
  if (body.is_snapshot) {
    consumer.book = {};
    consumer.valid = true;
  }
  if (!consumer.valid) {
    broken_(fmt::format("{}: a change of a book that is not valid", event.symbol));
    return;
  }
  for (const Level& level : body.bids)
    consumer.book.set(Side::buy, whole(level.price().decimal), whole(level.quantity().decimal));
  for (const Level& level : body.asks)
    consumer.book.set(Side::sell, whole(level.price().decimal), whole(level.quantity().decimal));
  const std::int64_t update = body.last_sequence.value_or(-1);
  const Market* const market = market_of(event.symbol);
  if (market == nullptr || market->hash_at(update) != consumer.book.hash())
    broken_(fmt::format("{}: the book at update {} is not the venue's", event.symbol, update));
}

void Checker::on_status(Consumer& consumer, const Event& event, const Status& status) {
  const bool of_book = status.channel == Channel::book;
  switch (status.condition) {
    case Condition::gap:
      ++sums_.gaps;
      if (of_book) ++sums_.book_gaps;
      if (of_book) consumer.valid = false;
      if (status.channel != Channel::trade || !status.from_sequence || !status.to_sequence) break;
      for (auto id = *status.from_sequence; id <= *status.to_sequence; ++id)
        consumer.missing.insert(id);
      if (status.missing != *status.to_sequence - *status.from_sequence + 1)
        broken_(fmt::format("{}: a gap of {} trades is called {}", event.symbol,
                            *status.to_sequence - *status.from_sequence + 1,
                            status.missing.value_or(-1)));
      break;
    case Condition::healed:
      for (auto id = status.from_sequence.value_or(0); id <= status.to_sequence.value_or(-1);
           ++id) {
        ++(status.reason == pipeline::kBackfillReason ? sums_.filled : sums_.late);
        if (!consumer.trades.contains(id))
          broken_(fmt::format("{}: trade {} is called healed, and is not there", event.symbol, id));
      }
      break;
    case Condition::connected:
    case Condition::disconnected: {
      if (!status.channel) break;
      const bool connects = status.condition == Condition::connected;
      bool& connected = consumer.connected[*status.channel];
      if (connected == connects)
        broken_(fmt::format("{} {}: {} twice", event.symbol, name_of(*status.channel),
                            name_of(status.condition)));
      connected = connects;
      if (!connects && of_book) consumer.valid = false;
      if (!connects && (!status.since || *status.since > event.ts_recv))
        broken_(fmt::format("{}: an end without a time before it", event.symbol));
      break;
    }
    case Condition::resynced:
      ++sums_.resynced;
      break;
    case Condition::subscribed:
    case Condition::rejected:
      break;
  }
}

bool Checker::all_well() const {
  return std::ranges::all_of(markets_, [&](const Market& market) {
    const auto found = consumers_.find(market.symbol());
    if (found == consumers_.end() || !found->second.valid) return false;
    const auto& connected = found->second.connected;
    return connected.size() >= 2 &&
           std::ranges::all_of(connected, [](const auto& entry) { return entry.second; });
  });
}

void Checker::at_the_end() {
  for (const Market& market : markets_) {
    Consumer& consumer = consumers_[market.symbol()];
    if (!consumer.valid) broken_(market.symbol() + ": the book is not valid in the end");
    if (consumer.trades.empty()) {
      broken_(market.symbol() + ": no trade came");
      continue;
    }
    // The last ones may be on their way.
    const std::int64_t last = *consumer.trades.rbegin();
    if (market.last_trade() - last > 20)
      broken_(fmt::format("{}: the last trade is {}, the venue's {}", market.symbol(), last,
                          market.last_trade()));
    for (auto id = *consumer.trades.begin(); id <= last; ++id) {
      const bool told = consumer.trades.contains(id);
      const bool marked = consumer.missing.contains(id);
      sums_.marked += marked ? 1 : 0;
      if (told == marked) {
        broken_(fmt::format("{}: trade {} is {}", market.symbol(), id,
                            told ? "there, and marked as missing" : "neither there nor marked"));
        break;
      }
    }
  }
}

}  // namespace mp::simulation
