// L3. What OKX's messages look like, and what is amended in them before they are handed over.
// okx.cpp tells them apart.
#pragma once

#include "venue/support.hpp"

namespace mp::venue::okx {
namespace {  // the callers in a file are all there are: the compiler inlines accordingly

using namespace codec;  // the vocabulary of shapes; these names are for okx.cpp only

inline constexpr std::string_view kClosingSoon = "64008";   // the code of a notice
inline constexpr std::string_view kSpreadPrefix = "sprd-";  // of a channel of spreads

struct Arg {
  std::string_view channel;
  std::optional<std::string_view> symbol;
};
struct Envelope {
  std::optional<std::string_view> event, code, message, action, request;
  std::optional<Arg> arg;
  std::optional<Raw> data;
};
using ArgShape = Shape<Field<"channel", &Arg::channel>, Skip<"instType">, Skip<"instFamily">,
                       OneOf<Field<"instId", &Arg::symbol>, Field<"sprdId", &Arg::symbol>>>;
using EnvelopeShape = Shape<Id<"id", &Envelope::request>, Field<"event", &Envelope::event>,
                            Id<"code", &Envelope::code>, Field<"msg", &Envelope::message>,
                            Object<"arg", &Envelope::arg, ArgShape>,
                            Field<"action", &Envelope::action>, Tail<"data", &Envelope::data>>;

// Of a channel that has nothing to tell.
struct IsNull {
  [[nodiscard]] static bool convert(const Scalar& scalar, bool& out) {
    return out = scalar.kind == ScalarKind::null;
  }
};
struct Nothing {
  bool is_null = false;
};
using NothingShape = Loose<Field<"data", &Nothing::is_null, IsNull{}>>;

using SymbolField = OneOf<Field<"instId", &Facts::symbol>, Field<"sprdId", &Facts::symbol>>;
using TradeShape =
    Shape<SymbolField, Id<"tradeId", &Trade::trade_id, kRequired>, Field<"px", &Trade::price>,
          Field<"sz", &Trade::quantity>, Field<"side", &Trade::side>,
          Field<"ts", &Facts::time, kRequired>, Skip<"count">, Skip<"source">, Skip<"seqId">>;

// Whole books, changes and best levels. Not all of them name the instrument: the argument does.
using BookMessage = Message<Book>;
using BookShape =
    Shape<Field<"asks", &BookMessage::ask_levels>, Field<"bids", &BookMessage::bid_levels>,
          Skip<"instId">, Field<"ts", &Facts::time, kRequired>, Field<"checksum", &Book::checksum>,
          Field<"seqId", &Book::last_sequence>, Field<"prevSeqId", &Book::previous_sequence>>;

// Best levels may leave a side out.
using BestShape = Loose<Field<"asks", &BookMessage::ask_levels, kOptional>,
                        Field<"bids", &BookMessage::bid_levels, kOptional>,
                        Field<"ts", &Facts::time, kRequired>, Field<"seqId", &Book::last_sequence>>;

struct TickerMessage : Message<Ticker> {
  std::optional<std::string_view> type;
};
using TickerShape =
    Shape<Field<"instType", &TickerMessage::type>, SymbolField, Field<"last", &Ticker::last_price>,
          Skip<"lastSz">, Field<"askPx", &Ticker::ask_price>, Skip<"askSz">,
          Field<"bidPx", &Ticker::bid_price>, Skip<"bidSz">, Field<"open24h", &Ticker::open_price>,
          Field<"high24h", &Ticker::high_price>, Field<"low24h", &Ticker::low_price>,
          Skip<"sodUtc0">, Skip<"sodUtc8">, Field<"volCcy24h", &Ticker::quote_volume>,
          Field<"vol24h", &Ticker::volume>, Field<"ts", &Facts::time, kRequired>>;
// "volCcy24h" counts the quote currency for spot, the base currency for derivatives.
inline void send(TickerMessage& ticker, Output& out) {
  if (ticker.type != "SPOT") ticker.quote_volume.reset();
  send<Ticker>(ticker, out);
}

struct CandleMessage : Message<Candle> {
  std::optional<Quantity> currency_volume;
  std::optional<std::int64_t> confirm;
};
using CandleShape =
    Row<&Candle::open_time, &Candle::open, &Candle::high, &Candle::low, &Candle::close,
        cell<&Candle::volume, kRequired>, &CandleMessage::currency_volume, &Candle::quote_volume,
        &CandleMessage::confirm>;

struct FundingMessage : Message<Funding> {
  std::optional<Timestamp> following;
};
using FundingShape =
    Loose<Field<"fundingRate", &Funding::rate>, Field<"fundingTime", &Funding::next_time>,
          Field<"instId", &Facts::symbol>, Field<"nextFundingRate", &Funding::predicted_rate>,
          Field<"nextFundingTime", &FundingMessage::following>, Field<"ts", &Facts::time>>;
inline void send(FundingMessage& funding, Output& out) {
  funding.interval_hours = hours_between(funding.next_time, funding.following);
  send<Funding>(funding, out);
}

using InterestShape =
    Shape<Field<"instId", &Facts::symbol>, Skip<"instType">, Field<"oi", &OpenInterest::quantity>,
          Skip<"oiCcy">, Field<"oiUsd", &OpenInterest::value>, Field<"ts", &Facts::time>>;
using MarkPriceShape = Shape<Field<"instId", &Facts::symbol>, Skip<"instType">,
                             Field<"markPx", &MarkPrice::price>, Field<"ts", &Facts::time>>;
using IndexPriceShape = Shape<Field<"instId", &Facts::symbol>, Field<"idxPx", &IndexPrice::price>,
                              Skip<"open24h">, Skip<"high24h">, Skip<"low24h">, Skip<"sodUtc0">,
                              Skip<"sodUtc8">, Field<"ts", &Facts::time>>;
using OptionSummaryShape =
    Loose<Field<"instId", &Facts::symbol>, Field<"delta", &OptionSummary::delta>,
          Field<"gamma", &OptionSummary::gamma>, Field<"vega", &OptionSummary::vega>,
          Field<"theta", &OptionSummary::theta>, Field<"markVol", &OptionSummary::mark_iv>,
          Field<"bidVol", &OptionSummary::bid_iv>, Field<"askVol", &OptionSummary::ask_iv>,
          Field<"ts", &Facts::time>>;

struct LiquidationMessage : Facts {
  RowList<Message<Liquidation>> details;
};
using DetailShape = Loose<Field<"bkPx", &Liquidation::price>, Field<"side", &Liquidation::side>,
                          Field<"sz", &Liquidation::quantity>, Field<"ts", &Facts::time>>;
using LiquidationShape = Loose<Rows<"details", &LiquidationMessage::details, DetailShape>,
                               Field<"instId", &Facts::symbol>>;
inline void send(LiquidationMessage& message, Output& out) {
  for (auto& detail : message.details) {
    detail.symbol = message.symbol;
    send<Liquidation>(detail, out);
  }
}

// The channel of a venue's word.
inline std::optional<Channel> channel_of(const Traits& traits, std::string_view word) {
  constexpr std::string_view kKey = R"({"channel":")";
  for (const Route& route : traits.routes) {
    const auto topic = route.topic.substr(kKey.size());
    const auto name = topic.substr(0, topic.find_first_of("\"{"));
    const bool candle = route.channel == Channel::candle && word.starts_with(name);
    if (candle || word == name) return route.channel;
  }
  return std::nullopt;
}

// What a refusal is about: "Wrong URL or channel:books,instId:NOPE-USDT doesn't exist. Please ..."
inline std::optional<Arg> named_in(std::string_view words) {
  constexpr std::string_view kBefore = "channel:";
  const auto at = words.find(kBefore);
  if (at == std::string_view::npos) return std::nullopt;
  words.remove_prefix(at + kBefore.size());
  words = words.substr(0, words.find(' '));
  const auto comma = words.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  Arg arg{words.substr(0, comma), std::nullopt};
  words.remove_prefix(comma + 1);
  for (const std::string_view key : {"instId:", "sprdId:"})
    if (words.starts_with(key)) arg.symbol = words.substr(key.size());
  return arg;
}

}  // namespace
}  // namespace mp::venue::okx
