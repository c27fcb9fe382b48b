// L3. The instruments of Bitfinex, out of what its configuration calls list. Source:
// https://docs.bitfinex.com/reference/rest-public-conf
#pragma once

#include <string>
#include <string_view>

#include "venue/support.hpp"

namespace mp::venue::bitfinex {

using namespace codec;  // the vocabulary of shapes

struct ListingAnswer {
  Raw names, pairs, futures;
};
using ListingShape = Row<&ListingAnswer::names, &ListingAnswer::pairs, &ListingAnswer::futures>;
struct Name {
  std::string_view code, name;
};
using NameShape = Row<&Name::code, &Name::name>;
using PairShape = Row<&MessageFacts::symbol>;

// Bitfinex shortens names of currencies ("UST" is USDt) and lists what they stand for.
inline std::string currency_of(std::string_view code, const RowList<Name>& names) {
  if (code.ends_with("F0")) code.remove_suffix(2);  // of derivatives
  for (const Name& each : names) {
    if (each.code == code) return upper_case(each.name);
  }
  return std::string{code};
}

// "BTCUSD", "DUSK:USD", "BTCF0:USTF0": three letters and three, or a colon.
inline void send_instrument(std::string_view pair, InstrumentKind kind, const RowList<Name>& names,
                            Output& out) {
  constexpr std::size_t kShort = 3;
  const auto colon = pair.find(':');
  const bool is_long = colon != std::string_view::npos;
  if (!is_long && pair.size() != 2 * kShort) return;
  const auto base = currency_of(pair.substr(0, is_long ? colon : kShort), names);
  const auto quote = currency_of(pair.substr(is_long ? colon + 1 : kShort), names);
  if (base.empty() || quote.empty()) return;
  InstrumentInfo info;
  info.kind = kind;
  info.base = base;
  info.quote = quote;
  if (kind != InstrumentKind::spot) info.settle = quote;
  info.status = "trading";
  out(std::string{"t"}.append(pair), std::nullopt, info);
}

// Three lists in one answer: what short names stand for, pairs, derivatives.
[[nodiscard]] Verdict read_listing(auto& in, std::string_view body, Output& out,
                                   std::string& problem) {
  ListingAnswer answer;
  RowList<Name> names;
  RowList<MessageFacts> pairs;
  RowList<MessageFacts> futures;
  if (!in.template read<ListingShape>(body, answer)) return Verdict::malformed;
  if (answer.names.json.starts_with('"'))  // ["error",code,"words"]
    return problem = answer.futures.json, Verdict::rejected;
  if (!in.template read_rows<NameShape>(answer.names.json, names) ||
      !in.template read_rows<PairShape>(answer.pairs.json, pairs) ||
      !in.template read_rows<PairShape>(answer.futures.json, futures))
    return Verdict::malformed;
  for (const auto& pair : pairs) send_instrument(pair.symbol, InstrumentKind::spot, names, out);
  for (const auto& pair : futures)
    send_instrument(pair.symbol, InstrumentKind::perpetual, names, out);
  return Verdict::data;
}

}  // namespace mp::venue::bitfinex
