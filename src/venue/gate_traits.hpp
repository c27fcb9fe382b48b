// L3. Gate v4: what its documentation says of spot and futures, as data.
#pragma once

#include <array>

#include "venue/support.hpp"

namespace mp::venue::gate {

// Books: order_book_update, joined with a REST snapshot, and not the newer obu with its snapshot on
// the stream: recordings prove it, and what heals a gap is documented to the last number. An obu
// stream is read all the same: it starts with a whole book and its numbers follow each other.
inline constexpr std::array kSpotRoutes = {
    Route{Channel::trade, R"("{symbol}")", "recorded 2021-04-22", "spot.trades"},
    Route{Channel::quote, R"("{symbol}")", "documented", "spot.book_ticker"},
    Route{Channel::book, R"("{symbol}","100ms")", "recorded 2021-04-22", "spot.order_book_update"},
    Route{Channel::ticker, R"("{symbol}")", "recorded 2021-04-22", "spot.tickers"},
    Route{Channel::candle, R"("{interval}","{symbol}")", "recorded 2021-04-22",
          "spot.candlesticks"},
};
constexpr Route of_ticker(Channel channel, std::string_view evidence) {
  return {channel, R"("{symbol}")", evidence, "futures.tickers"};
}
inline constexpr std::array kFuturesRoutes = {
    Route{Channel::trade, R"("{symbol}")", "pair tardis", "futures.trades"},
    Route{Channel::quote, R"("{symbol}")", "recorded 2023-05-24", "futures.book_ticker"},
    Route{Channel::book, R"("{symbol}","100ms","100")", "recorded 2023-05-24",
          "futures.order_book_update"},
    of_ticker(Channel::ticker, "pair crypto_msg_parser"),
    Route{Channel::candle, R"("{interval}","{symbol}")", "recorded 2023-05-24",
          "futures.candlesticks"},
    of_ticker(Channel::funding, "documented"),
    of_ticker(Channel::open_interest, "pair crypto_msg_parser"),
    Route{Channel::liquidation, R"("{symbol}")", "documented", "futures.public_liquidates"},
    of_ticker(Channel::mark_price, "pair crypto_msg_parser"),
    of_ticker(Channel::index_price, "pair crypto_msg_parser"),
    Route{Channel::long_short_ratio, R"("{symbol}","5m")", "pair JKorf/GateIo.Net",
          "futures.contract_stats"},
};
inline constexpr std::array kSpotEndpoints = {
    Endpoint{.target = "/api/v4/spot/currency_pairs", .evidence = "recorded 2021-04-22"},
    Endpoint{.kind = RestKind::snapshot,
             .target = "/api/v4/spot/order_book?currency_pair={symbol}&limit=100&with_id=true",
             .evidence = "recorded 2021-04-22"},
};
inline constexpr std::array kFuturesEndpoints = {
    Endpoint{.target = "/api/v4/futures/usdt/contracts", .evidence = "recorded 2023-05-24"},
    Endpoint{.target = "/api/v4/futures/btc/contracts", .evidence = "documented"},
    Endpoint{.target = "/api/v4/delivery/usdt/contracts", .evidence = "documented"},
    Endpoint{.kind = RestKind::snapshot,
             .target = "/api/v4/{market}/{settle}/order_book?contract={symbol}&limit=100"
                       "&with_id=true",
             .evidence = "recorded 2023-05-24"},
};
inline constexpr std::array kIntervals = {
    Interval{"10s", "10s"}, Interval{"1m", "1m"}, Interval{"5m", "5m"}, Interval{"15m", "15m"},
    Interval{"30m", "30m"}, Interval{"1h", "1h"}, Interval{"4h", "4h"}, Interval{"8h", "8h"},
    Interval{"1d", "1d"},   Interval{"1w", "7d"},
};
inline constexpr Traits kSpot = {
    .name = "gate",
    .docs_url = "https://www.gate.com/docs/developers/apiv4/ws/en/",
    .ws_url = "wss://api.gateio.ws",
    .path = "/ws/v4/",
    .rest_url = "https://api.gateio.ws",
    .routes = kSpotRoutes,
    .endpoints = kSpotEndpoints,
    .intervals = kIntervals,
    .requests = {.subscribe = R"({"time":{now_s},"id":{id},"channel":"{group}",)"
                              R"("event":"subscribe","payload":[{topics}]})",
                 .unsubscribe = R"({"time":{now_s},"id":{id},"channel":"{group}",)"
                                R"("event":"unsubscribe","payload":[{topics}]})",
                 .source = "apiv4/ws, Client-Initiated Messages"},
    .ping = {.text = R"({"time":{now_s},"channel":"spot.ping"})",
             .every = 15s,
             .pace = PingPace::regular,
             .source = "apiv4/ws, Application ping pong"},
    .limits = {.topics_per_session = 100,
               .topics_per_request = 1,  // most channels take the parameters of one stream
               .requests = {10, 1s},
               .connects = {1, 1s},
               .rest_calls = {100, 10s},  // 200
               .rest_calls_at_once = 2,
               .source = "none is documented for sessions; apiv4, Rate limit rules"},
    .book = {.start = BookStart::rest_snapshot, .link = BookLink::first},
    .book_source = "apiv4/ws, How to maintain local order book",
};
inline constexpr Traits kFutures = [] {
  Traits traits = kSpot;
  traits.name = "gate-futures";
  traits.docs_url = "https://www.gate.com/docs/developers/futures/ws/en/";
  traits.ws_url = "wss://fx-ws.gateio.ws";
  traits.path = "/v4/ws/{way}";
  traits.routes = kFuturesRoutes;
  traits.endpoints = kFuturesEndpoints;
  traits.ping.text = R"({"time":{now_s},"channel":"futures.ping"})";
  return traits;
}();

}  // namespace mp::venue::gate
