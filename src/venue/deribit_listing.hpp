// L3. The instruments of Deribit, and what its symbols spell. Source: https://docs.deribit.com/,
// get_instruments
#pragma once

#include <algorithm>
#include <string>

#include "venue/support.hpp"

namespace mp::venue::deribit {

using namespace codec;  // the vocabulary of shapes

struct InstrumentMessage : Message<InstrumentInfo> {
  std::string_view kind_word;
  std::optional<std::string_view> counter, period, state;
  std::optional<bool> is_active;
};
using InstrumentShape = Loose<
    Field<"instrument_name", &Facts::symbol>, Field<"kind", &InstrumentMessage::kind_word>,
    Field<"base_currency", &InstrumentInfo::base>, Field<"quote_currency", &InstrumentInfo::quote>,
    Field<"counter_currency", &InstrumentMessage::counter>,
    Field<"settlement_currency", &InstrumentInfo::settle>,
    Field<"tick_size", &InstrumentInfo::tick_size>,
    Field<"min_trade_amount", &InstrumentInfo::lot_size>,
    Field<"contract_size", &InstrumentInfo::contract_size>,
    Field<"expiration_timestamp", &InstrumentInfo::expiry>,
    Field<"strike", &InstrumentInfo::strike>, Field<"option_type", &InstrumentInfo::option_type>,
    Field<"settlement_period", &InstrumentMessage::period>,
    Field<"state", &InstrumentMessage::state>, Field<"is_active", &InstrumentMessage::is_active>>;
using Listing = Batch<InstrumentMessage>;
using ListingShape = Loose<Rows<"result", &Listing::rows, InstrumentShape>>;

// BTC_USDC; BTC-PERPETUAL, BTC_USDC-PERPETUAL, BTC-25DEC26, BTC-25DEC26-100000-C,
// XRP_USDC-25DEC26-0d625-P. Where no quote currency is named, it is the dollar.
inline std::optional<InstrumentInfo> spelled_out(std::string_view symbol) {
  const auto part = parts_of(symbol, '-');
  if (part.count == 0) return std::nullopt;
  const auto pair = parts_of(part[0], '_');
  if (pair.count == 0 || pair.count > 2) return std::nullopt;
  if (upper_case(part[0]) != part[0]) return std::nullopt;  // an index
  InstrumentInfo info;
  info.base = pair[0];
  info.quote = pair.count == 2 ? pair[1] : "USD";
  if (part.count == 1) return pair.count == 2 ? std::optional{info} : std::nullopt;
  info.settle = pair.count == 2 ? info.quote : info.base;
  info.kind = InstrumentKind::perpetual;
  if (part[1] == "PERPETUAL") return part.count == 2 ? std::optional{info} : std::nullopt;
  info.kind = InstrumentKind::future;
  info.expiry = expiry_spelled(part[1]);
  if (!info.expiry) return std::nullopt;
  if (part.count == 2) return info;
  std::string strike{part[2]};
  std::ranges::replace(strike, 'd', '.');
  if (part.count != 4 || !make_option(info, strike, part[3])) return std::nullopt;
  return info;
}

inline void send(const InstrumentMessage& in, Output& out) {
  InstrumentInfo info = in;
  if (in.kind_word != "spot" && in.kind_word != "future" && in.kind_word != "option") return;
  const bool is_perpetual = in.period == "perpetual";
  if (in.kind_word == "future") info.kind = InstrumentKind::future;
  if (in.kind_word == "future" && is_perpetual) info.kind = InstrumentKind::perpetual;
  if (in.kind_word == "option") info.kind = InstrumentKind::option;
  if (is_perpetual) info.expiry.reset();  // the year 3000
  // An option on BTC is quoted in BTC; what it counts in is the other currency.
  if (in.counter) info.quote = *in.counter;
  if (info.kind == InstrumentKind::spot) info.contract_size.reset();
  info.status = in.is_active.value_or(true) ? in.state.value_or("open") : "halted";
  if (info.status == "open") info.status = "trading";
  out(in.symbol, std::nullopt, info);
}

}  // namespace mp::venue::deribit
