// L3. The ticker of Bybit v5: derivatives send it as changes, options with fields of their own.
#pragma once

#include "venue/contract_facts.hpp"

namespace mp::venue::bybit {

using namespace codec;  // the vocabulary of shapes

// What a ticker tells, without views: it is kept.
struct Tick : Ticker, ContractFacts, OptionSummary {
  std::optional<Quantity> bid_quantity, ask_quantity;
};
struct TickMessage : MessageFacts, Tick {
  std::string_view type;
};
using TickShape = Loose<
    Field<"type", &TickMessage::type>, Field<"ts", &MessageFacts::time, kRequired>,
    Inside<"data", Field<"symbol", &MessageFacts::symbol>, Field<"lastPrice", &Ticker::last_price>,
           Field<"prevPrice24h", &Ticker::open_price>, Field<"highPrice24h", &Ticker::high_price>,
           Field<"lowPrice24h", &Ticker::low_price>, Field<"volume24h", &Ticker::volume>,
           Field<"turnover24h", &Ticker::quote_volume>,
           OneOf<Field<"bid1Price", &Ticker::bid_price>, Field<"bidPrice", &Ticker::bid_price>>,
           OneOf<Field<"ask1Price", &Ticker::ask_price>, Field<"askPrice", &Ticker::ask_price>>,
           OneOf<Field<"bid1Size", &Tick::bid_quantity>, Field<"bidSize", &Tick::bid_quantity>>,
           OneOf<Field<"ask1Size", &Tick::ask_quantity>, Field<"askSize", &Tick::ask_quantity>>,
           Field<"markPrice", &ContractFacts::mark_price>,
           Field<"indexPrice", &ContractFacts::index_price>,
           Field<"openInterest", &ContractFacts::open_interest>,
           Field<"openInterestValue", &ContractFacts::open_interest_value>,
           Field<"nextFundingTime", &ContractFacts::next_funding>,
           Field<"fundingRate", &ContractFacts::funding_rate>,
           Field<"fundingIntervalHour", &ContractFacts::funding_hours>,
           Field<"bidIv", &Tick::bid_iv>, Field<"askIv", &Tick::ask_iv>,
           Field<"markPriceIv", &Tick::mark_iv>, Field<"underlyingPrice", &Tick::underlying_price>,
           Field<"delta", &Tick::delta>, Field<"gamma", &Tick::gamma>, Field<"vega", &Tick::vega>,
           Field<"theta", &Tick::theta>>>;

// What a change does not name is as before.
inline void merge(Tick& state, const Tick& change) {
  const auto keep = [&](auto... members) {
    ((change.*members ? void(state.*members = change.*members) : void()), ...);
  };
  keep(&Ticker::last_price, &Ticker::open_price, &Ticker::high_price, &Ticker::low_price,
       &Ticker::volume, &Ticker::quote_volume, &Ticker::bid_price, &Ticker::ask_price);
  keep(&Tick::bid_quantity, &Tick::ask_quantity, &ContractFacts::open_interest,
       &ContractFacts::mark_price, &Tick::index_price, &Tick::underlying_price, &Tick::next_funding,
       &Tick::open_interest_value, &Tick::funding_rate, &Tick::funding_hours);
  keep(&Tick::mark_iv, &Tick::bid_iv, &Tick::ask_iv, &Tick::delta, &Tick::gamma, &Tick::vega,
       &Tick::theta);
}

// "BTCUSDZ26", "BTCUSDT-25DEC26": these have no funding, whatever the rate says.
[[nodiscard]] inline bool is_dated(std::string_view symbol) {
  constexpr std::string_view kDigits = "0123456789";
  return symbol.find('-') != std::string_view::npos ||
         (!symbol.empty() && kDigits.find(symbol.back()) != std::string_view::npos);
}

// How a side without orders is sent.
inline void drop_zeros(Tick& tick) {
  Ticker& ticker = tick;
  if (ticker.bid_price && ticker.bid_price->is_zero()) {
    ticker.bid_price.reset();
    tick.bid_quantity.reset();
    tick.bid_iv.reset();
  }
  if (ticker.ask_price && ticker.ask_price->is_zero()) {
    ticker.ask_price.reset();
    tick.ask_quantity.reset();
    tick.ask_iv.reset();
  }
}

}  // namespace mp::venue::bybit
