// L3. The instruments of BitMEX. Source: https://www.bitmex.com/api/explorer, GET
// /instrument/active
#pragma once

#include <optional>
#include <string>

#include "venue/support.hpp"

namespace mp::venue::bitmex {

using namespace codec;  // the vocabulary of shapes

struct InstrumentMessage : Message<InstrumentInfo> {
  std::string_view type, state;
  std::optional<std::string_view> settles_in;
  std::optional<bool> is_inverse, is_quanto;
  std::optional<std::int64_t> contracts_each;  // for one of the base currency
};
using InstrumentShape =
    Loose<Field<"symbol", &MessageFacts::symbol>, Field<"typ", &InstrumentMessage::type>,
          Field<"state", &InstrumentMessage::state>, Field<"underlying", &InstrumentInfo::base>,
          Field<"quoteCurrency", &InstrumentInfo::quote>,
          Field<"settlCurrency", &InstrumentMessage::settles_in>,
          Field<"tickSize", &InstrumentInfo::tick_size>,
          Field<"lotSize", &InstrumentInfo::lot_size>,
          Field<"expiry", &InstrumentInfo::expiry, kRfc3339>,
          Field<"optionStrikePrice", &InstrumentInfo::strike>,
          Field<"isInverse", &InstrumentMessage::is_inverse>,
          Field<"isQuanto", &InstrumentMessage::is_quanto>,
          Field<"underlyingToPositionMultiplier", &InstrumentMessage::contracts_each>>;

inline std::string currency_of(std::string_view word) {
  const std::string upper = upper_case(word);  // "XBt", "USDt": the same in small units
  return upper == "XBT" ? "BTC" : upper;
}

// The kind by the first letters of the CFI code; nothing for indices and what else is listed. FFM
// is a spread of two contracts, whose underlying and expiry are those of one of them.
inline std::optional<InstrumentKind> kind_of(const InstrumentMessage& in) {
  if (in.type.starts_with("IF")) return InstrumentKind::spot;
  if (in.type.starts_with("OC") || in.type.starts_with("OP")) return InstrumentKind::option;
  if (!in.type.starts_with("FF") || in.type.starts_with("FFM")) return std::nullopt;
  return in.expiry ? InstrumentKind::future : InstrumentKind::perpetual;
}

// Contracts are 1 of the quote currency where they are inverse, else a part of the base currency.
inline std::optional<Quantity> contract_size_of(const InstrumentMessage& in) {
  if (in.is_inverse.value_or(false)) return Quantity{{1, 0}};
  std::int64_t left = in.is_quanto.value_or(false) ? 0 : in.contracts_each.value_or(0);
  std::int8_t places = 0;
  for (; left > 0 && left % 10 == 0; left /= 10) --places;
  return left == 1 ? std::optional{Quantity{{1, places}}} : std::nullopt;
}

inline void send(const InstrumentMessage& in, Output& out) {
  const auto kind = kind_of(in);
  if (!kind || in.base.empty() || in.quote.empty()) return;
  InstrumentInfo info = in;
  const auto base = currency_of(in.base);
  const auto quote = currency_of(in.quote);
  const auto settle = currency_of(in.settles_in.value_or(""));
  const auto state = lower_case(in.state);
  info.kind = *kind;
  info.base = base;
  info.quote = quote;
  if (!settle.empty()) info.settle = settle;
  if (kind != InstrumentKind::spot) info.contract_size = contract_size_of(in);
  if (kind == InstrumentKind::option) info.option_type = in.type[1] == 'C' ? "call" : "put";
  info.status = state == "open" ? "trading" : std::string_view{state};
  out(in.symbol, std::nullopt, info);
}

}  // namespace mp::venue::bitmex
