// L3. What Binance's futures and options share beside what the whole family does.
#pragma once

#include "venue/binance_family.hpp"

namespace mp::venue::binance {

// A stream on the wrong one of these is acknowledged, and silent.
inline constexpr std::string_view kPublic = "/public/stream";
inline constexpr std::string_view kMarket = "/market/stream";

// The venue sends ping frames every 3 minutes only: any answer shows life.
inline constexpr Ping kPing = {.text = R"({"method":"LIST_SUBSCRIPTIONS","id":{id}})",
                               .every = 30s,
                               .source =
                                   "Websocket Market Streams, Live Subscribing, Listing "
                                   "Subscriptions"};

// The streams that come most. Best prices of COIN-M begin with their number.
struct ContractShapes {
  using Trade =
      Shape<Skip<"e">, Field<"E", &TradeMessage::sent>, Field<"T", &Facts::time>,
            Field<"s", &Facts::symbol>, Id<"t", &mp::Trade::trade_id, kRequired>,
            Field<"p", &mp::Trade::price>, Field<"q", &mp::Trade::quantity>,
            Field<"X", &TradeMessage::kind>, Skip<"S">, Field<"m", &TradeMessage::buyer_is_maker>>;
  using AggregateTrade =
      Shape<Skip<"e">, Field<"E", &TradeMessage::sent>, Id<"a", &mp::Trade::trade_id, kRequired>,
            Field<"s", &Facts::symbol>, Field<"p", &mp::Trade::price>,
            Field<"q", &mp::Trade::quantity>, Skip<"nq">, Skip<"f">, Skip<"l">,
            Field<"T", &Facts::time>, Field<"m", &TradeMessage::buyer_is_maker>,
            Field<"X", &TradeMessage::kind>>;
  template <class... First>
  using QuoteAfter =
      Shape<First..., Field<"s", &Facts::symbol>, Skip<"ps">,
            Field<"b", &mp::Quote::bid_price, kRequired>,
            Field<"B", &mp::Quote::bid_quantity, kRequired>,
            Field<"a", &mp::Quote::ask_price, kRequired>,
            Field<"A", &mp::Quote::ask_quantity, kRequired>, Field<"T", &Facts::time>, Skip<"E">>;
  using Number = Field<"u", &mp::Quote::sequence, kRequired>;
  using Quote = QuoteAfter<Skip<"e">, Number>;
  using NumberFirst = QuoteAfter<Number, Skip<"e">>;
  using Depth =
      Shape<Skip<"e">, Skip<"E">, Field<"T", &Facts::time, kRequired>, Field<"s", &Facts::symbol>,
            Skip<"ps">, Field<"U", &Book::first_sequence, kRequired>,
            Field<"u", &Book::last_sequence, kRequired>,
            Field<"pu", &Book::previous_sequence, kRequired>, Field<"b", &DepthMessage::bid_levels>,
            Field<"a", &DepthMessage::ask_levels>>;
};

}  // namespace mp::venue::binance
