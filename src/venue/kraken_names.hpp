// L3. What Kraken's spot protocols share: names of assets, the words of intervals, and the listing.
// Source: https://docs.kraken.com/api/docs/rest-api/get-tradable-asset-pairs
#pragma once

#include <array>
#include <string>

#include "venue/members.hpp"
#include "venue/ticker_quote.hpp"

namespace mp::venue::kraken {

// Kraken's own names of two assets; symbols keep them where the venue does.
[[nodiscard]] inline std::string_view asset_named(std::string_view name) {
  if (name == "XBT") return "BTC";
  return name == "XDG" ? "DOGE" : name;
}

// "XBT/USD" or "BTC/USD"
[[nodiscard]] inline std::optional<InstrumentInfo> spelled_out(std::string_view symbol) {
  auto info = pair_spelled(symbol, '/');
  if (!info) return std::nullopt;
  info->base = asset_named(info->base);
  info->quote = asset_named(info->quote);
  return info;
}

inline constexpr std::array kIntervals = {
    Interval{"1m", "1"},    Interval{"5m", "5"},     Interval{"15m", "15"},
    Interval{"30m", "30"},  Interval{"1h", "60"},    Interval{"4h", "240"},
    Interval{"1d", "1440"}, Interval{"1w", "10080"}, Interval{"15d", "21600"},
};
inline constexpr Limits kLimits = {
    .topics_per_session = 100,
    .topics_per_request = 50,
    .requests = {5, 1s},
    .connects = {1, 5s},  // about 150 in 10 minutes
    .rest_calls = {1, 1s},
    .source = "guides, Spot WebSocket FAQ, Rate limits",
};
inline constexpr std::array kEndpoints = {
    Endpoint{.target = "/0/public/AssetPairs", .evidence = "pair kraken"},
};

struct Pair : Message<InstrumentInfo> {  // whose symbol is Kraken's name of it
  std::optional<std::string_view> stream_symbol, state;
  std::optional<Price> price_step;  // where the tick size is not told
};
using PairShape =
    codec::Loose<codec::Field<"wsname", &Pair::stream_symbol>, codec::Field<"status", &Pair::state>,
                 codec::Field<"tick_size", &InstrumentInfo::tick_size>,
                 codec::Field<"pair_decimals", &Pair::price_step, codec::kStepOfPlaces>,
                 codec::Field<"lot_decimals", &InstrumentInfo::lot_size, codec::kStepOfPlaces>>;
struct Listing {
  std::vector<std::string_view> errors;
  std::optional<codec::Raw> pairs;  // by their names
};
using ListingShape =
    codec::Loose<codec::Field<"error", &Listing::errors>, codec::Field<"result", &Listing::pairs>>;

// `v2`: symbols as the newer protocol has them, "BTC/USD".
[[nodiscard]] Verdict read_listing(auto& in, std::string_view body, bool v2, Output& out,
                                   std::string& problem) {
  Listing listing;
  if (!in.template read<ListingShape>(body, listing)) return Verdict::malformed;
  if (!listing.errors.empty()) return problem = listing.errors.front(), Verdict::rejected;
  std::vector<JsonMember> members;
  if (!listing.pairs || !members_of(listing.pairs->json, members)) return Verdict::malformed;
  codec::RowList<Pair> pairs;
  if (!read_members<PairShape>(in, members, pairs)) return Verdict::malformed;
  for (const Pair& pair : pairs) {
    auto info = spelled_out(pair.stream_symbol.value_or(""));
    if (!info) continue;  // dark pools have no name on the stream
    info->tick_size = pair.tick_size ? pair.tick_size : pair.price_step;
    info->lot_size = pair.lot_size;
    const auto state = pair.state.value_or("online");
    info->status = state == "online" ? "trading" : state;
    const std::string spelled = std::string{info->base}.append("/").append(info->quote);
    out(v2 ? spelled : *pair.stream_symbol, std::nullopt, *info);
  }
  return Verdict::data;
}

}  // namespace mp::venue::kraken
