// L3. Gate v4: its listings, and what its symbols spell.
#pragma once

#include "venue/support.hpp"

namespace mp::venue::gate {

using namespace codec;  // the vocabulary of shapes

struct PairMessage : Message<InstrumentInfo> {};
using PairShape = Loose<Field<"id", &MessageFacts::symbol>, Field<"base", &InstrumentInfo::base>,
                        Field<"quote", &InstrumentInfo::quote>,
                        Field<"precision", &InstrumentInfo::tick_size, kStepOfPlaces>,
                        Field<"amount_precision", &InstrumentInfo::lot_size, kStepOfPlaces>,
                        Field<"trade_status", &InstrumentInfo::status>>;
struct ContractMessage : Message<InstrumentInfo> {
  std::optional<bool> delisting;
  std::optional<std::string_view> state;
};
using ContractShape = Loose<Field<"name", &MessageFacts::symbol>,
                            Field<"quanto_multiplier", &InstrumentInfo::contract_size>,
                            Field<"order_price_round", &InstrumentInfo::tick_size>,
                            Field<"order_size_min", &InstrumentInfo::lot_size>,
                            Field<"expire_time", &InstrumentInfo::expiry, kSeconds>,
                            Field<"in_delisting", &ContractMessage::delisting>,
                            Field<"status", &ContractMessage::state>>;
// BTC_USDT; of futures also BTC_USDT_20261225.
inline std::optional<InstrumentInfo> spelled_out(std::string_view symbol, InstrumentKind kind) {
  const auto part = parts_of(symbol, '_');
  const bool dated = part.count == 3 && kind == InstrumentKind::perpetual;
  if (part.count != 2 && !dated) return std::nullopt;
  InstrumentInfo info;
  info.kind = dated ? InstrumentKind::future : kind;
  info.base = part[0];
  info.quote = part[1];
  if (dated && part[2].starts_with("20")) info.expiry = expiry_named(part[2].substr(2));
  if (dated && !info.expiry) return std::nullopt;
  return info;
}

inline void send(const PairMessage& message, Output& out) {
  InstrumentInfo info = message;
  if (info.status == "tradable") info.status = "trading";
  if (info.status == "untradable") info.status = "halted";
  out(message.symbol, std::nullopt, info);
}

inline void send(const ContractMessage& message, std::string_view settle, Output& out) {
  const auto spelled = spelled_out(message.symbol, InstrumentKind::perpetual);
  if (!spelled) return;
  InstrumentInfo info = message;
  info.kind = message.expiry ? InstrumentKind::future : InstrumentKind::perpetual;
  info.base = spelled->base;
  info.quote = spelled->quote;
  info.settle = settle;
  // A contract of the inverse kind is of one unit of the quote currency: 0 here.
  if (info.contract_size && info.contract_size->is_zero())
    info.contract_size = Quantity{Decimal{1, 0}};
  info.status = message.state.value_or(message.delisting.value_or(false) ? "delisting" : "trading");
  out(message.symbol, std::nullopt, info);
}

}  // namespace mp::venue::gate
