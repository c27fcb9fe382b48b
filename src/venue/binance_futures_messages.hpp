// L3. What Binance's futures send beside what the whole family does. binance_futures.cpp tells it
// apart.
#pragma once

#include "venue/binance_contracts.hpp"

namespace mp::venue::binance {
namespace {  // the callers in a file are all there are: the compiler inlines accordingly

// Dated contracts have no funding: the rate is "", or the time 0.
struct MarkMessage : Message<MarkPrice> {
  std::optional<Price> index;
  std::optional<Decimal> rate;
  std::optional<Timestamp> next;
};
using MarkShape = Loose<Field<"E", &Facts::time, kRequired>, Field<"s", &Facts::symbol>,
                        Field<"p", &MarkPrice::price>, Field<"i", &MarkMessage::index>,
                        Field<"r", &MarkMessage::rate>, Field<"T", &MarkMessage::next>>;
inline void send(const MarkMessage& mark, Output& out) {
  send<MarkPrice>(mark, out);
  if (mark.index) out(mark.symbol, mark.time, IndexPrice{*mark.index});
  if (!mark.rate || mark.next == Timestamp{}) return;
  out(mark.symbol, mark.time, Funding{.rate = *mark.rate, .next_time = mark.next});
}

// Of COIN-M, where the pair has one and not the contract.
using IndexShape = Loose<Field<"E", &Facts::time, kRequired>, Field<"i", &Facts::symbol>,
                         Field<"p", &IndexPrice::price>>;

// The order's own price and quantity; "ap" and "z" tell how far it was filled by now.
using LiquidationShape =
    Loose<Inside<"o", Field<"s", &Facts::symbol>, Field<"S", &Liquidation::side>,
                 Field<"q", &Liquidation::quantity>, Field<"p", &Liquidation::price>,
                 Field<"T", &Facts::time, kRequired>>>;

using SnapshotShape =
    Loose<Field<"lastUpdateId", &Book::last_sequence, kRequired>, Field<"T", &Facts::time>,
          Field<"bids", &DepthMessage::bid_levels>, Field<"asks", &DepthMessage::ask_levels>>;

using OpenInterestShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"openInterest", &OpenInterest::quantity>,
          Field<"time", &Facts::time>>;

using RatioShape = Loose<OneOf<Field<"symbol", &Facts::symbol>, Field<"pair", &Facts::symbol>>,
                         Field<"longShortRatio", &LongShortRatio::ratio, kRequired>,
                         OneOf<Field<"longAccount", &LongShortRatio::long_share>,
                               Field<"longPosition", &LongShortRatio::long_share>>,
                         OneOf<Field<"shortAccount", &LongShortRatio::short_share>,
                               Field<"shortPosition", &LongShortRatio::short_share>>,
                         Field<"timestamp", &Facts::time>>;

[[nodiscard]] Verdict read_poll(auto& in, const RestCall& call, std::string_view body,
                                Output& out) {
  if (call.channel == Channel::open_interest) {
    Message<OpenInterest> interest;
    return read_one<OpenInterestShape>(in, body, interest, out);
  }
  RowList<Message<LongShortRatio>> ratios;
  const bool positions = call.target.find("PositionRatio") != std::string::npos;
  const auto period = query_value(call.target, "period");
  return read_all<RatioShape>(in, body, ratios, out, [&](auto& ratio) {
    if (!call.symbol.empty()) ratio.symbol = call.symbol;  // COIN-M answers for the pair
    ratio.kind = positions ? "positions" : "accounts";
    if (period) ratio.period = *period;
  });
}

struct ContractMessage : Message<InstrumentInfo> {
  std::optional<std::string_view> type;
  std::optional<Timestamp> delivery;
  Filters filters;
};
using Listing = Batch<ContractMessage>;
using ContractShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"contractType", &ContractMessage::type>,
          Field<"deliveryDate", &ContractMessage::delivery>,
          OneOf<Field<"status", &InstrumentInfo::status>,
                Field<"contractStatus", &InstrumentInfo::status>>,
          Field<"baseAsset", &InstrumentInfo::base>, Field<"quoteAsset", &InstrumentInfo::quote>,
          Field<"marginAsset", &InstrumentInfo::settle>,
          Field<"contractSize", &InstrumentInfo::contract_size>,
          Rows<"filters", &ContractMessage::filters, FilterShape>>;
using ListingShape = Loose<Rows<"symbols", &Listing::rows, ContractShape>>;
inline void send(ContractMessage& contract, Output& out) {
  // PERPETUAL, TRADIFI_PERPETUAL, PERPETUAL_DELIVERING; they have a date too, of the year 2100, and
  // no type yet while they are announced.
  constexpr auto kNever = from_nanoseconds(4'000'000'000 * 1'000'000'000);
  const bool has_date = contract.delivery > Timestamp{} && contract.delivery < kNever;
  const bool dated =
      contract.type ? contract.type->find("PERPETUAL") == std::string_view::npos : has_date;
  contract.kind = dated ? InstrumentKind::future : InstrumentKind::perpetual;
  if (dated) contract.expiry = contract.delivery;
  send_listed(contract, contract, contract.filters, out);
}

}  // namespace
}  // namespace mp::venue::binance
