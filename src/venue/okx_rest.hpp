// L3. OKX's instruments, which come on a channel too, and what else it answers by REST.
#pragma once

#include <algorithm>

#include "venue/okx_messages.hpp"

namespace mp::venue::okx {
namespace {  // the callers in a file are all there are: the compiler inlines accordingly

// BTC-USDT, BTC-USDT-SWAP, BTC-USD-261225, BTC-USD-261225-100000-C.
inline std::optional<InstrumentInfo> spelled_out(std::string_view symbol) {
  const auto part = parts_of(symbol, '-');
  if (part.count < 2) return std::nullopt;
  InstrumentInfo info;
  info.base = part[0];
  info.quote = part[1];
  if (part.count == 2) return info;
  info.kind = InstrumentKind::perpetual;
  if (part.count == 3 && part[2] == "SWAP") return info;
  info.kind = InstrumentKind::future;
  info.expiry = expiry_named(part[2]);
  if (!info.expiry || part.count == 4) return std::nullopt;
  if (part.count == 3) return info;
  if (!make_option(info, part[3], part[4])) return std::nullopt;
  return info;
}

// In the order of InstrumentKind.
inline constexpr std::array<std::string_view, 4> kTypes = {"SPOT", "SWAP", "FUTURES", "OPTION"};

struct InstrumentMessage : Message<InstrumentInfo> {
  std::optional<std::string_view> type;  // absent: a spread
  std::optional<std::string_view> base_currency, quote_currency, option;
  std::optional<Decimal> contract_value, multiplier;
};
using InstrumentShape =
    Loose<Field<"baseCcy", &InstrumentMessage::base_currency>,
          Field<"ctMult", &InstrumentMessage::multiplier>,
          Field<"ctVal", &InstrumentMessage::contract_value>,
          Field<"expTime", &InstrumentInfo::expiry>, SymbolField,
          Field<"instType", &InstrumentMessage::type>, Field<"lotSz", &InstrumentInfo::lot_size>,
          Field<"optType", &InstrumentMessage::option>,
          Field<"quoteCcy", &InstrumentMessage::quote_currency>,
          Field<"settleCcy", &InstrumentInfo::settle>, Field<"state", &InstrumentInfo::status>,
          Field<"stk", &InstrumentInfo::strike>, Field<"tickSz", &InstrumentInfo::tick_size>>;
inline void send(const InstrumentMessage& in, Output& out) {
  InstrumentInfo info = in;
  const auto spelled = spelled_out(in.symbol).value_or(InstrumentInfo{});
  const auto type = std::ranges::find(kTypes, in.type);
  info.kind = type == kTypes.end() ? spelled.kind : InstrumentKind(type - kTypes.begin());
  info.base = in.base_currency.value_or(spelled.base);  // empty for derivatives
  info.quote = in.quote_currency.value_or(spelled.quote);
  // What is traded is the spread: "BTC-USDT_BTC-USDT-SWAP" for USDT. Its currencies and dates are
  // also those of other spreads.
  if (!in.type) info.base = in.symbol;
  if (in.option) info.option_type = *in.option == "C" ? "call" : "put";
  if (in.contract_value) {
    const auto size = product(*in.contract_value, in.multiplier.value_or(Decimal{1, 0}));
    if (size) info.contract_size = Quantity{*size};
  }
  if (info.base.empty() || info.quote.empty()) return;  // announced, without its currencies yet
  if (info.status == "live") info.status = "trading";
  if (info.status == "suspend") info.status = "halted";
  out(in.symbol, std::nullopt, info);
}

template <class M, class S>
using AnswerShape = Loose<Id<"code", &Batch<M>::code, kRequired>, Field<"msg", &Batch<M>::words>,
                          Rows<"data", &Batch<M>::rows, S, kOptional>>;
template <class M, class S, class Amend>
[[nodiscard]] Verdict read_rest_answer(auto& in, std::string_view body, Output& out,
                                       std::string& problem, Amend&& amend) {
  Batch<M> answer;
  if (!in.template read<AnswerShape<M, S>>(body, answer)) return Verdict::malformed;
  if (is_refusal(answer, "0", problem)) return Verdict::rejected;
  return send_all(answer.rows, out, amend);
}

[[nodiscard]] Verdict read_instruments(auto& in, std::string_view body, Output& out,
                                       std::string& problem) {
  return read_rest_answer<InstrumentMessage, InstrumentShape>(in, body, out, problem,
                                                              [](const auto&) {});
}

// The families of options, in an array of one array: each has a listing of its own.
struct Names {
  std::vector<std::string_view> names;
};
struct Families {
  std::string_view code, message;
  std::optional<Names> list;
};
using FamiliesShape = Loose<Id<"code", &Families::code>, Field<"msg", &Families::message>,
                            Object<"data", &Families::list, Row<cell<&Names::names, kOptional>>>>;
[[nodiscard]] Verdict read_families(auto& in, std::string_view body, RestReading& answer,
                                    std::string& problem) {
  Families families;
  if (!in.template read<FamiliesShape>(body, families)) return Verdict::malformed;
  if (families.code != "0") return problem = families.message, Verdict::rejected;
  for (const auto name : families.list.value_or(Names{}).names) {
    answer.more.push_back({.target = "/api/v5/public/instruments?instType=OPTION&instFamily=" +
                                     percent_encoded(name)});
  }
  return Verdict::data;
}

using RatioShape = Row<cell<&Facts::time, kRequired>, cell<&LongShortRatio::ratio, kRequired>>;
[[nodiscard]] Verdict read_ratios(auto& in, const RestCall& call, std::string_view body,
                                  Output& out, std::string& problem) {
  const auto period = query_value(call.target, "period");
  const bool positions = call.target.find("position-ratio") != std::string::npos;
  return read_rest_answer<Message<LongShortRatio>, RatioShape>(
      in, body, out, problem, [&](auto& ratio) {
        ratio.symbol = call.symbol;
        ratio.kind = positions ? "positions" : "accounts";
        if (period) ratio.period = *period;
      });
}

}  // namespace
}  // namespace mp::venue::okx
