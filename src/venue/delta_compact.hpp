// L3. Delta Exchange's compact messages, with names of one to three letters, and what they share
// with the others. Source: https://docs.delta.exchange/, changelog of 10.04.26.
#pragma once

#include "venue/contract_facts.hpp"

namespace mp::venue::delta {

using namespace codec;  // the vocabulary of shapes

inline constexpr std::string_view kMark = "MARK:";  // before the symbols of mark prices

struct BookMessage : Message<Book> {
  std::string_view action;
  std::optional<std::string_view> message;  // of an error, which is all that has one
};
struct FundingMessage : Message<ContractFacts> {
  std::optional<std::int64_t> interval;  // s
};

// A mark price or an index, in all its forms.
template <class Body>
using PriceShape =
    Loose<OneOf<Field<"symbol", &MessageFacts::symbol>, Field<"sy", &MessageFacts::symbol>,
                Field<"s", &MessageFacts::symbol>>,
          OneOf<Field<"price", &Body::price>, Field<"p", &Body::price>>,
          OneOf<Field<"timestamp", &MessageFacts::time>, Field<"ts", &MessageFacts::time>>>;

// As "l2_updates"; an error spells its symbol out.
using CompactBookShape =
    Loose<Field<"action", &BookMessage::action>, Field<"a", &BookMessage::ask_levels, kOptional>,
          Field<"b", &BookMessage::bid_levels, kOptional>, Field<"ts", &MessageFacts::time>,
          Field<"seq", &Book::last_sequence>,
          OneOf<Field<"sy", &MessageFacts::symbol>, Field<"symbol", &MessageFacts::symbol>>,
          Field<"cs", &Book::checksum>, Field<"msg", &BookMessage::message>>;
// The best levels, whole each time.
inline constexpr std::int64_t kCompactLevels = 15;
using CompactWholeShape =
    Loose<Field<"a", &BookMessage::ask_levels>, Field<"b", &BookMessage::bid_levels>,
          Field<"sy", &MessageFacts::symbol>, Field<"ts", &MessageFacts::time>,
          Field<"seq", &Book::last_sequence>>;
// "lts" is when it changed, "ts" when it was sent, as "timestamp" of the others.
using CompactQuoteShape = Loose<Field<"ap", &Quote::ask_price>, Field<"as", &Quote::ask_quantity>,
                                Field<"bp", &Quote::bid_price>, Field<"bs", &Quote::bid_quantity>,
                                Field<"sy", &MessageFacts::symbol>,
                                Field<"ts", &MessageFacts::time>, Field<"seq", &Quote::sequence>>;
// "r" is what the buyer was, "t" the trade's time.
using CompactTradeShape =
    Loose<Field<"p", &Trade::price>, Field<"r", &Trade::side, kSides<"t", "m">>,
          Field<"s", &Trade::quantity>, Field<"sy", &MessageFacts::symbol>,
          Field<"t", &MessageFacts::time>>;

// The index is told once for all the contracts that have it.
struct CompactPrices {
  std::optional<Price> open, high, low, close;
};
struct CompactSides {
  std::optional<Price> ask, bid;
};
struct CompactInterest {
  std::optional<Quantity> contracts;
};
struct CompactTicker : ContractTicker {
  std::optional<CompactPrices> prices;
  std::optional<CompactSides> sides;
  std::optional<CompactInterest> interest;
};
struct CompactTickers : Batch<CompactTicker> {
  std::optional<Price> index;
};
using CompactTickerShape =
    Loose<Field<"m", &ContractFacts::mark_price>,
          Object<"ohlc", &CompactTicker::prices,
                 Row<&CompactPrices::open, &CompactPrices::high, &CompactPrices::low,
                     &CompactPrices::close>>,
          Object<"oi", &CompactTicker::interest, Row<&CompactInterest::contracts>>,
          Object<"q", &CompactTicker::sides, Row<&CompactSides::ask, kPass, &CompactSides::bid>>,
          Field<"s", &MessageFacts::symbol>>;
using CompactTickersShape =
    Loose<Rows<"d", &CompactTickers::rows, CompactTickerShape>, Field<"sp", &CompactTickers::index>,
          Field<"ts", &CompactTickers::time>>;
inline void send(CompactTickers& message, Output& out) {
  send_all(message.rows, out, [&message](CompactTicker& ticker) {
    const CompactPrices prices = ticker.prices.value_or(CompactPrices{});
    const CompactSides sides = ticker.sides.value_or(CompactSides{});
    ticker.time = message.time;
    ticker.open_price = prices.open;
    ticker.high_price = prices.high;
    ticker.low_price = prices.low;
    ticker.last_price = prices.close;
    ticker.bid_price = sides.bid;
    ticker.ask_price = sides.ask;
    ticker.open_interest = ticker.interest.value_or(CompactInterest{}).contracts;
    ticker.index_price = message.index;
  });
}

using CompactFundingShape =
    Loose<Field<"sy", &MessageFacts::symbol>,
          Field<"fr", &ContractFacts::funding_rate, kScaled<-2>>,
          Field<"nfr", &ContractFacts::next_funding>, Field<"fi", &FundingMessage::interval>,
          Field<"ts", &MessageFacts::time>>;

}  // namespace mp::venue::delta
