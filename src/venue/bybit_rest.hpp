// L3. What Bybit v5 answers by REST: its instruments, and ratios of long and short accounts.
#pragma once

#include <string>

#include "venue/support.hpp"

namespace mp::venue::bybit {

using namespace codec;  // the vocabulary of shapes

struct InstrumentMessage : Message<InstrumentInfo> {
  std::optional<std::string_view> contract, option;
};
using InstrumentShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"contractType", &InstrumentMessage::contract>,
          Field<"optionsType", &InstrumentMessage::option>,
          Field<"status", &InstrumentInfo::status>, Field<"baseCoin", &InstrumentInfo::base>,
          Field<"quoteCoin", &InstrumentInfo::quote>, Field<"settleCoin", &InstrumentInfo::settle>,
          Field<"deliveryTime", &InstrumentInfo::expiry>,
          Inside<"priceFilter", Field<"tickSize", &InstrumentInfo::tick_size>>,
          Inside<"lotSizeFilter", OneOf<Field<"qtyStep", &InstrumentInfo::lot_size>,
                                        Field<"basePrecision", &InstrumentInfo::lot_size>>>>;
using RatioMessage = Message<LongShortRatio>;
using RatioShape = Loose<Field<"symbol", &Facts::symbol>,
                         Field<"buyRatio", &LongShortRatio::long_share, kRequired>,
                         Field<"sellRatio", &LongShortRatio::short_share, kRequired>,
                         Field<"timestamp", &Facts::time, kRequired>>;
template <class M, class S>
using AnswerShape =
    Loose<Id<"retCode", &Batch<M>::code, kRequired>, Field<"retMsg", &Batch<M>::words>,
          Inside<"result", Field<"nextPageCursor", &Batch<M>::next_page>,
                 Rows<"list", &Batch<M>::rows, S, kOptional>>>;

// BTC-25DEC26-100000-C, settled in USDC, or BTC-25DEC26-100000-C-USDT.
inline std::optional<InstrumentInfo> option_spelled(std::string_view symbol) {
  const auto part = parts_of(symbol, '-');
  InstrumentInfo info;
  info.base = part[0];
  info.quote = part.count == 5 ? part[4] : "USD";
  info.expiry = expiry_spelled(part[1]);
  if (!info.expiry || !make_option(info, part[2], part[3])) return std::nullopt;
  return info;
}

inline void send(const InstrumentMessage& message, Output& out) {
  InstrumentInfo info = message;
  if (message.contract) {
    const bool perpetual = message.contract->ends_with("Perpetual");
    info.kind = perpetual ? InstrumentKind::perpetual : InstrumentKind::future;
    if (message.contract->starts_with("Inverse")) info.contract_size = Quantity{Decimal{1, 0}};
    if (perpetual) info.expiry.reset();  // 0
  } else if (message.option) {
    const auto spelled = option_spelled(message.symbol);
    if (!spelled) return;
    info.kind = InstrumentKind::option;
    info.strike = spelled->strike;
    info.option_type = *message.option == "Call" ? "call" : "put";
  }
  if (info.status == "Trading") info.status = "trading";
  out(message.symbol, std::nullopt, info);
}

[[nodiscard]] Verdict read_listing(auto& in, std::string_view body, Output& out,
                                   RestReading& answer, std::string& problem) {
  Batch<InstrumentMessage> listing;
  if (!in.template read<AnswerShape<InstrumentMessage, InstrumentShape>>(body, listing))
    return Verdict::malformed;
  if (is_refusal(listing, "0", problem)) return Verdict::rejected;
  answer.next_page = listing.next_page.value_or("");
  return send_all(listing.rows, out);
}

[[nodiscard]] Verdict read_ratios(auto& in, std::string_view body, Output& out,
                                  std::string& problem) {
  Batch<RatioMessage> ratios;
  if (!in.template read<AnswerShape<RatioMessage, RatioShape>>(body, ratios))
    return Verdict::malformed;
  if (is_refusal(ratios, "0", problem)) return Verdict::rejected;
  return send_all(ratios.rows, out, [](RatioMessage& ratio) {
    ratio.kind = "accounts";
    ratio.period = "5m";
  });
}

}  // namespace mp::venue::bybit
