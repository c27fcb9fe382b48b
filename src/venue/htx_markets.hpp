// L3. HTX's derivatives as data. Sources: https://www.htx.com/en-us/opend/newApiPages/?type=2
// (USDT-M), ?type=3 (Coin-M swaps and futures).
#pragma once

#include "venue/htx.hpp"

namespace mp::venue::htx {

// A topic stands behind the word "sub" of a request, on notification paths with a key of its own.
inline constexpr std::string_view kNotified = R"("op":)";
constexpr Route notified(Channel channel, std::string_view topic, std::string_view path,
                         std::string_view evidence) {
  return {channel, topic, evidence, kNotified, path};
}
inline constexpr std::string_view kTrades = R"(:"market.{symbol}.trade.detail")";
inline constexpr std::string_view kBest = R"(:"market.{symbol}.bbo")";
inline constexpr std::string_view kBook =
    R"(:"market.{symbol}.depth.size_150.high_freq","data_type":"incremental")";
inline constexpr std::string_view kDetail = R"(:"market.{symbol}.detail")";
inline constexpr std::string_view kCandles = R"(:"market.{symbol}.kline.{interval}")";
inline constexpr std::string_view kMark = R"(:"market.{symbol}.mark_price.1min")";
inline constexpr std::string_view kIndex = R"(:"market.{pair}.index.1min")";
inline constexpr std::string_view kFunding = R"(,"topic":"public.{symbol}.funding_rate")";
inline constexpr std::string_view kLiquidations =
    R"(,"topic":"public.{symbol}.liquidation_orders")";
inline constexpr std::string_view kOfCoin = R"(,"topic":"public.{coin}.liquidation_orders")";
inline constexpr std::string_view kIndexPath = "/ws_index";

inline constexpr std::array kLinearRoutes = {
    Route{Channel::trade, kTrades, "recorded 2022-02-19"},
    Route{Channel::quote, kBest, "pair htx.net"},
    Route{Channel::book, kBook, "pair crypto-msg-parser"},
    Route{Channel::ticker, kDetail, "pair crypto-msg-parser"},
    Route{Channel::candle, kCandles, "documented"},
    notified(Channel::funding, kFunding, "/linear-swap-notification", "pair htx.net"),
    notified(Channel::liquidation, kLiquidations, "/linear-swap-notification", "documented"),
    Route{Channel::mark_price, kMark, "pair htx.net", {}, kIndexPath},
    Route{Channel::index_price, kIndex, "pair htx.net", {}, kIndexPath},
};
inline constexpr std::array kInverseRoutes = {
    Route{Channel::trade, kTrades, "recorded 2022-02-19"},
    Route{Channel::quote, kBest, "documented"},
    Route{Channel::book, kBook, "documented"},
    Route{Channel::ticker, kDetail, "documented"},
    Route{Channel::candle, kCandles, "documented"},
    notified(Channel::funding, kFunding, "/swap-notification", "documented"),
    notified(Channel::liquidation, kLiquidations, "/swap-notification", "documented"),
    Route{Channel::mark_price, kMark, "documented", {}, kIndexPath},
    Route{Channel::index_price, kIndex, "documented", {}, kIndexPath},
};
inline constexpr std::array kFuturesRoutes = {
    Route{Channel::trade, kTrades, "pair crypto-msg-parser"},
    Route{Channel::quote, kBest, "documented"},
    Route{Channel::book, kBook, "pair crypto-msg-parser"},
    Route{Channel::ticker, kDetail, "documented"},
    Route{Channel::candle, kCandles, "pair crypto-msg-parser"},
    notified(Channel::liquidation, kOfCoin, "/notification", "documented"),
    Route{Channel::mark_price, kMark, "documented", {}, kIndexPath},
    Route{Channel::index_price, kIndex, "documented", {}, kIndexPath},
};

constexpr Endpoint listing(std::string_view target, std::string_view evidence) {
  return {.target = target, .evidence = evidence};
}
constexpr Endpoint poll(Channel channel, std::string_view target, std::chrono::seconds every,
                        std::string_view evidence) {
  return {.kind = RestKind::poll,
          .target = target,
          .channel = channel,
          .every = every,
          .evidence = evidence};
}
inline constexpr std::array kLinearEndpoints = {
    listing("/linear-swap-api/v1/swap_contract_info?business_type=all", "recorded 2022-02-19"),
    poll(Channel::open_interest, "/linear-swap-api/v1/swap_open_interest?contract_code={symbol}",
         60s, "documented"),
    poll(Channel::long_short_ratio,
         "/linear-swap-api/v1/swap_elite_position_ratio?contract_code={symbol}&period=5min", 5min,
         "pair htx.net"),
};
inline constexpr std::array kInverseEndpoints = {
    listing("/swap-api/v1/swap_contract_info", "recorded 2022-02-19"),
    poll(Channel::open_interest, "/swap-api/v1/swap_open_interest?contract_code={symbol}", 60s,
         "pair crypto-msg-parser"),
    poll(Channel::long_short_ratio,
         "/swap-api/v1/swap_elite_position_ratio?contract_code={symbol}&period=5min", 5min,
         "documented"),
};
inline constexpr std::array kFuturesEndpoints = {
    listing("/api/v1/contract_contract_info", "documented"),
    poll(Channel::open_interest, "/api/v1/contract_open_interest?contract_code={symbol}", 60s,
         "documented"),
};

inline constexpr Traits kLinear = {
    .name = "htx-linear",
    .docs_url = "https://www.htx.com/en-us/opend/newApiPages/?type=2",
    .ws_url = "wss://api.hbdm.com",
    .path = "/linear-swap-ws",
    .rest_url = "https://api.hbdm.com",
    .routes = kLinearRoutes,
    .endpoints = kLinearEndpoints,
    .intervals = kIntervals,
    .requests = {.subscribe = R"({{group}"sub"{topics},"id":"{id}","cid":"{id}"})",
                 .unsubscribe = R"({{group}"unsub"{topics},"id":"{id}","cid":"{id}"})",
                 .source = "USDT-M, WebSocket Interface; Order push, Subscription"},
    .ping = {},  // the venue pings, every 5 s
    .limits = {.topics_per_session = 100,
               .topics_per_request = 1,
               .requests = {10, 1s},
               .rest_calls = {40, 1s},  // 120 in 3 s, of each address
               .source = "USDT-M, API Rate Limit Illustration"},
    .book = {.start = BookStart::stream_snapshot, .link = BookLink::first, .depth_max = 150},
    .book_source = "USDT-M, Subscribe Incremental Market Depth Data",
    .stale_after = 20s,
};
inline constexpr Traits kInverse = [] {
  Traits traits = kLinear;
  traits.name = "htx-inverse";
  traits.docs_url = "https://www.htx.com/en-us/opend/newApiPages/?type=3";
  traits.path = "/swap-ws";
  traits.routes = kInverseRoutes;
  traits.endpoints = kInverseEndpoints;
  return traits;
}();
inline constexpr Traits kFutures = [] {
  Traits traits = kInverse;
  traits.name = "htx-futures";
  traits.path = "/ws";
  traits.routes = kFuturesRoutes;
  traits.endpoints = kFuturesEndpoints;
  return traits;
}();

}  // namespace mp::venue::htx
