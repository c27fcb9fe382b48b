// L3. What the rows of BitMEX's tables look like. bitmex.cpp tells the tables apart.
#pragma once

#include "venue/contract_facts.hpp"

namespace mp::venue::bitmex {
namespace {  // the callers in a file are all there are: the compiler inlines accordingly

using namespace codec;  // the vocabulary of shapes

struct Passed {
  std::optional<std::string_view> symbol;
};
using PassedShape = Loose<Field<"symbol", &Passed::symbol>>;

// A row with null for a number costs itself, and not its neighbours: the number is 0.
struct NullIsZero {
  template <class V>
  [[nodiscard]] static bool convert(const Scalar& scalar, V& out) {
    if (is_absent(scalar)) return out = {}, true;
    return codec::convert(scalar, out);
  }
};
inline constexpr NullIsZero kNullIsZero{};

// An index has "trades" without a size: its values.
struct TradeMessage : Message<Trade> {};
template <auto... By>
using TradeOf =
    Loose<Field<"timestamp", &Facts::time, kRfc3339, kRequired>, Field<"symbol", &Facts::symbol>,
          Field<"side", &Trade::side>, Field<"size", &Trade::quantity, By...>,
          Field<"price", &Trade::price, By...>, Id<"trdMatchID", &Trade::trade_id>>;
using TradeShape = TradeOf<>;
using TradeWithGapsShape = TradeOf<kNullIsZero>;
inline void send(const TradeMessage& trade, Output& out) {
  if (!trade.quantity.is_zero()) {
    send<Trade>(trade, out);
  } else if (trade.symbol.starts_with('.') && !trade.price.is_zero()) {
    out(trade.symbol, trade.time, IndexPrice{trade.price});
  }
}
using QuoteShape =
    Loose<Field<"timestamp", &Facts::time, kRfc3339, kRequired>, Field<"symbol", &Facts::symbol>,
          Field<"bidSize", &Quote::bid_quantity>, Field<"bidPrice", &Quote::bid_price>,
          Field<"askPrice", &Quote::ask_price>, Field<"askSize", &Quote::ask_quantity>>;

// A level has an id; only partials and inserts say its price.
struct LevelMessage : Facts {
  std::int64_t id = 0;
  std::optional<Side> side;
  std::optional<Quantity> size;
  std::optional<Price> price;
};
using LevelShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"id", &LevelMessage::id>,
          Field<"side", &LevelMessage::side>, Field<"size", &LevelMessage::size>,
          Field<"price", &LevelMessage::price>, Field<"timestamp", &Facts::time, kRfc3339>>;

using TopShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"timestamp", &Facts::time, kRfc3339>,
          Field<"bids", &Message<Book>::bid_levels>, Field<"asks", &Message<Book>::ask_levels>>;

// The time is the end of the interval. Of an instrument that has never traded there are no prices.
struct CandleMessage : Message<Candle> {};
using CandleShape =
    Loose<Field<"timestamp", &Candle::close_time, kRfc3339, kRequired>,
          Field<"symbol", &Facts::symbol>, Field<"open", &Candle::open, kNullIsZero>,
          Field<"high", &Candle::high, kNullIsZero>, Field<"low", &Candle::low, kNullIsZero>,
          Field<"close", &Candle::close, kNullIsZero>,
          Field<"volume", &Candle::volume, kNullIsZero>, Field<"trades", &Candle::trades>,
          Field<"foreignNotional", &Candle::quote_volume>>;
inline void send(const CandleMessage& candle, Output& out) {
  const auto any_is_none = [](auto... prices) { return (prices.is_zero() || ...); };
  if (!any_is_none(candle.open, candle.high, candle.low, candle.close)) send<Candle>(candle, out);
}

struct LiquidationMessage : Message<Liquidation> {};
using LiquidationShape =
    Loose<Id<"orderID", &Liquidation::order_id>, Field<"symbol", &Facts::symbol>,
          Field<"side", &Liquidation::side>, Field<"price", &Liquidation::price, kNullIsZero>,
          Field<"leavesQty", &Liquidation::quantity, kNullIsZero>>;
inline void send(const LiquidationMessage& order, Output& out) {
  if (!order.price.is_zero() && !order.quantity.is_zero()) send<Liquidation>(order, out);
}

// "2000-01-01T08:00:00.000Z" stands for 8 hours.
struct Hours {
  [[nodiscard]] static bool convert(const Scalar& scalar, Decimal& out) {
    Timestamp time;
    if (!Rfc3339::convert(scalar, time)) return false;
    const auto length = time - std::chrono::floor<std::chrono::days>(time);
    out = Decimal{std::chrono::floor<std::chrono::hours>(length).count(), 0};
    return true;
  }
};
inline constexpr Hours kHours{};

// A rate that was paid.
using FundingShape =
    Loose<Field<"timestamp", &Facts::time, kRfc3339, kRequired>, Field<"symbol", &Facts::symbol>,
          Field<"fundingInterval", &Funding::interval_hours, kHours>,
          Field<"fundingRate", &Funding::rate>>;

// Of an instrument only what has changed is sent.
using StateShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"timestamp", &Facts::time, kRfc3339>,
          Field<"lastPrice", &Ticker::last_price>, Field<"prevPrice24h", &Ticker::open_price>,
          Field<"highPrice", &Ticker::high_price>, Field<"lowPrice", &Ticker::low_price>,
          Field<"volume24h", &Ticker::volume>, Field<"foreignNotional24h", &Ticker::quote_volume>,
          Field<"bidPrice", &Ticker::bid_price>, Field<"askPrice", &Ticker::ask_price>,
          Field<"fundingRate", &ContractFacts::funding_rate>,
          Field<"indicativeFundingRate", &ContractFacts::predicted_rate>,
          Field<"fundingInterval", &ContractFacts::funding_hours, kHours>,
          Field<"fundingTimestamp", &ContractFacts::next_funding, kRfc3339>,
          Field<"openInterest", &ContractFacts::open_interest>,
          Field<"markPrice", &ContractFacts::mark_price>,
          Field<"indicativeSettlePrice", &ContractFacts::index_price>>;

// Takes those members over that the change has; whether there was one.
template <auto... Members, class T>
bool take_over(const T& change, T& state) {
  bool any = false;
  const auto take = [&any](const auto& from, auto& to) {
    if (!from) return;
    to = from;
    any = true;
  };
  (take(change.*Members, state.*Members), ...);
  return any;
}

inline void send(ContractTicker& change, ContractTicker& state, Output& out) {
  if (take_over<&Ticker::last_price, &Ticker::open_price, &Ticker::high_price, &Ticker::low_price,
                &Ticker::volume, &Ticker::quote_volume, &Ticker::bid_price, &Ticker::ask_price>(
          static_cast<const Ticker&>(change), static_cast<Ticker&>(state)))
    out(change.symbol, change.time, static_cast<const Ticker&>(state));
  // When some of what belongs to the funding has changed, all of it is told.
  const auto take_funding = [](const ContractFacts& from, ContractFacts& to) {
    using F = ContractFacts;
    return take_over<&F::funding_rate, &F::predicted_rate, &F::funding_hours, &F::next_funding>(
        from, to);
  };
  if (take_funding(change, state)) take_funding(state, change);
  send_facts(change, change, out);
}

}  // namespace
}  // namespace mp::venue::bitmex
