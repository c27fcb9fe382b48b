// L3. Bybit v5: what its documentation says of the four markets, as data.
#pragma once

#include <array>

#include "venue/support.hpp"

namespace mp::venue::bybit {

// Of the books the one with 200 levels, every 100 ms (50 come every 20 ms): the recordings prove
// it, and orderbook.1 has the best prices every 10 ms.
inline constexpr Route kTrades{Channel::trade, R"("publicTrade.{symbol}")", "recorded 2026-08-09"};
inline constexpr Route kQuotes{Channel::quote, R"("orderbook.1.{symbol}")", "recorded 2025-06-13"};
inline constexpr Route kBooks{Channel::book, R"("orderbook.200.{symbol}")", "recorded 2026-08-09"};
inline constexpr Route kCandles{Channel::candle, R"("kline.{interval}.{symbol}")",
                                "recorded 2026-08-09"};
inline constexpr Route of_ticker(Channel channel, std::string_view evidence) {
  return {channel, R"("tickers.{symbol}")", evidence};
}
inline constexpr std::array kSpotRoutes = {
    kTrades, kQuotes, kBooks, of_ticker(Channel::ticker, "recorded 2026-08-09"), kCandles};
inline constexpr std::array kDerivativeRoutes = {
    kTrades,
    kQuotes,
    kBooks,
    of_ticker(Channel::ticker, "recorded 2026-08-09"),
    kCandles,
    of_ticker(Channel::funding, "recorded 2026-08-09"),
    of_ticker(Channel::open_interest, "recorded 2026-08-09"),
    Route{Channel::liquidation, R"("allLiquidation.{symbol}")", "pair tardis"},
    of_ticker(Channel::mark_price, "recorded 2026-08-09"),
    of_ticker(Channel::index_price, "recorded 2026-08-09"),
};
// Of these nothing is recorded, though they look like those of the linear market.
inline constexpr auto kInverseRoutes = [] {
  auto routes = kDerivativeRoutes;
  for (Route& route : routes) {
    if (route.evidence.starts_with("recorded")) route.evidence = "documented";
  }
  return routes;
}();
inline constexpr std::array kOptionRoutes = {
    Route{Channel::trade, R"("publicTrade.{base}")", "documented"},  // of all options of a coin
    of_ticker(Channel::quote, "documented"),
    Route{Channel::book, R"("orderbook.100.{symbol}")", "documented"},
    of_ticker(Channel::ticker, "documented"),
    of_ticker(Channel::open_interest, "documented"),
    of_ticker(Channel::mark_price, "documented"),
    of_ticker(Channel::index_price, "documented"),
    of_ticker(Channel::option_summary, "documented"),
};

inline constexpr Endpoint listing(std::string_view target, std::string_view evidence) {
  return {.target = target, .cursor = "cursor", .evidence = evidence};
}
inline constexpr Endpoint ratios(std::string_view target) {
  return {.kind = RestKind::poll,
          .target = target,
          .channel = Channel::long_short_ratio,
          .every = 5min,
          .evidence = "documented",
          .source = "docs/v5/market/long-short-ratio"};
}
inline constexpr std::array kSpotEndpoints = {
    listing("/v5/market/instruments-info?category=spot&limit=1000", "recorded 2026-08-09"),
};
inline constexpr std::array kLinearEndpoints = {
    listing("/v5/market/instruments-info?category=linear&limit=1000", "recorded 2026-08-09"),
    ratios("/v5/market/account-ratio?category=linear&symbol={symbol}&period=5min&limit=1"),
};
inline constexpr std::array kInverseEndpoints = {
    listing("/v5/market/instruments-info?category=inverse&limit=1000", "documented"),
    ratios("/v5/market/account-ratio?category=inverse&symbol={symbol}&period=5min&limit=1"),
};
inline constexpr std::array kOptionEndpoints = {
    // Without a coin only the options of BTC are listed.
    listing("/v5/market/instruments-info?category=option&baseCoin=BTC&limit=1000", "documented"),
    listing("/v5/market/instruments-info?category=option&baseCoin=ETH&limit=1000", "documented"),
    listing("/v5/market/instruments-info?category=option&baseCoin=SOL&limit=1000", "documented"),
};
inline constexpr std::array kIntervals = {
    Interval{"1m", "1"},   Interval{"3m", "3"},    Interval{"5m", "5"},   Interval{"15m", "15"},
    Interval{"30m", "30"}, Interval{"1h", "60"},   Interval{"2h", "120"}, Interval{"4h", "240"},
    Interval{"6h", "360"}, Interval{"12h", "720"}, Interval{"1d", "D"},   Interval{"1w", "W"},
    Interval{"1M", "M"},
};
inline constexpr Traits kSpot = {
    .name = "bybit",
    .docs_url = "https://bybit-exchange.github.io/docs/v5/intro",
    .ws_url = "wss://stream.bybit.com",
    .path = "/v5/public/spot",
    .rest_url = "https://api.bybit.com",
    .routes = kSpotRoutes,
    .endpoints = kSpotEndpoints,
    .intervals = kIntervals,
    .requests = {.subscribe = R"({"req_id":"{id}","op":"subscribe","args":[{topics}]})",
                 .unsubscribe = R"({"req_id":"{id}","op":"unsubscribe","args":[{topics}]})",
                 .source = "docs/v5/ws/connect, How to Subscribe to Topics"},
    .ping = {.text = R"({"req_id":"{id}","op":"ping"})",
             .every = 20s,
             .pace = PingPace::regular,
             .source = "docs/v5/ws/connect, How to Send the Heartbeat Packet"},
    .limits = {.topics_per_session = 100,
               .topics_per_request = 10,  // spot allows no more
               .session_bytes = 21'000,
               .requests = {5, 1s},
               .connects = {1, 1s},     // 500 in 5 minutes
               .rest_calls = {50, 5s},  // 600
               .source = "docs/v5/ws/connect, Public channel - Args limits; docs/v5/rate-limit"},
    // Levels that fall out of the depth are removed by messages of their own.
    .book = {.start = BookStart::stream_snapshot, .link = BookLink::first},
    .book_source = "docs/v5/websocket/public/orderbook",
};
inline constexpr Traits kLinear = [] {
  Traits traits = kSpot;
  traits.name = "bybit-linear";
  traits.path = "/v5/public/linear";
  traits.routes = kDerivativeRoutes;
  traits.endpoints = kLinearEndpoints;
  return traits;
}();
inline constexpr Traits kInverse = [] {
  Traits traits = kLinear;
  traits.name = "bybit-inverse";
  traits.path = "/v5/public/inverse";
  traits.routes = kInverseRoutes;
  traits.endpoints = kInverseEndpoints;
  return traits;
}();
inline constexpr Traits kOption = [] {
  Traits traits = kSpot;
  traits.name = "bybit-option";
  traits.path = "/v5/public/option";
  traits.routes = kOptionRoutes;
  traits.endpoints = kOptionEndpoints;
  traits.intervals = {};
  traits.limits.topics_per_request = 100;
  traits.limits.session_bytes = 0;  // 2000 topics instead
  return traits;
}();

}  // namespace mp::venue::bybit
