// Binance USD-M and COIN-M futures. Source:
// https://developers.binance.com/docs/derivatives/usds-margined-futures and
// .../coin-margined-futures
#include <algorithm>
#include <array>

#include "venue/binance_futures_messages.hpp"

namespace mp::venue {
namespace {

using namespace binance;

constexpr std::string_view kMarkPrice = R"("{symbol_lower}@markPrice@1s")";
constexpr std::array kUsdmRoutes = {
    Route{Channel::trade, R"("{symbol_lower}@aggTrade")", "recorded 2021-04-17", {}, kMarket},
    Route{Channel::quote, R"("{symbol_lower}@bookTicker")", "recorded 2024-08-08", {}, kPublic},
    Route{Channel::book, R"("{symbol_lower}@depth@100ms")", "recorded 2024-08-08", {}, kPublic},
    Route{Channel::ticker, R"("{symbol_lower}@ticker")", "pair crypto_msg_parser", {}, kMarket},
    Route{Channel::candle,
          R"("{symbol_lower}@kline_{interval}")",
          "recorded 2021-04-17",
          {},
          kMarket},
    Route{Channel::funding, kMarkPrice, "documented", {}, kMarket},
    Route{Channel::liquidation, R"("{symbol_lower}@forceOrder")", "pair binance", {}, kMarket},
    Route{Channel::mark_price, kMarkPrice, "documented", {}, kMarket},
    Route{Channel::index_price, kMarkPrice, "documented", {}, kMarket},
};
// Statistics have a limit of their own, 1000 in 5 minutes, which this keeps within the 2400 of a
// minute.
constexpr std::uint32_t kStatisticsWeight = 12;
constexpr Endpoint poll(Channel channel, std::chrono::seconds every, std::string_view target,
                        std::uint32_t weight = 1) {
  return {.kind = RestKind::poll,
          .target = target,
          .channel = channel,
          .every = every,
          .weight = weight,
          .evidence = "pair binance"};
}
constexpr std::array kUsdmEndpoints = {
    Endpoint{.target = "/fapi/v1/exchangeInfo", .evidence = "recorded 2021-04-17"},
    Endpoint{.kind = RestKind::snapshot,
             .target = "/fapi/v1/depth?symbol={symbol}&limit=1000",
             .weight = 20,
             .evidence = "recorded 2024-08-08"},
    Endpoint{.kind = RestKind::snapshot,
             .target = "/fapi/v1/depth?symbol={symbol}&limit=100",
             .weight = 5,
             .levels = 100,
             .evidence = "documented"},
    poll(Channel::open_interest, 60s, "/fapi/v1/openInterest?symbol={symbol}"),
    poll(Channel::long_short_ratio, 5min,
         "/futures/data/globalLongShortAccountRatio?symbol={symbol}&period={period}&limit=1",
         kStatisticsWeight),
    poll(Channel::long_short_ratio, 5min,
         "/futures/data/topLongShortPositionRatio?symbol={symbol}&period={period}&limit=1",
         kStatisticsWeight),
    Endpoint{.kind = RestKind::trades,
             .target = "/fapi/v1/aggTrades?symbol={symbol}&limit=1000&fromId={from_id}",
             .channel = Channel::trade,
             .weight = 20,
             .evidence = "documented",
             .source = "usds-margined-futures, Compressed/Aggregate Trades List"},
};
constexpr auto kIntervals = same_words(
    {"1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"});
constexpr Traits kUsdm = {
    .name = "binance-usdm",
    .docs_url = "https://developers.binance.com/docs/derivatives/usds-margined-futures",
    .ws_url = "wss://fstream.binance.com",
    .path = kMarket,
    .rest_url = "https://fapi.binance.com",
    .routes = kUsdmRoutes,
    .endpoints = kUsdmEndpoints,
    .intervals = kIntervals,
    .requests = kRequests,
    .ping = kPing,
    .limits = {.topics_per_session = 200,  // 1024 are allowed
               .topics_per_request = 100,
               .requests = {5, 1s},  // 10 are allowed
               .connects = {1, 1s},
               .rest_calls = {50, 1s},
               .rest_weight = {2400, 1min},
               .rest_spent = {"X-MBX-USED-WEIGHT-1M"},
               .rest_calls_at_once = 4,
               .session_lifetime = 24h,
               .source = "usds-margined-futures, WebSocket Market Streams, Connect; General Info, "
                         "Limits"},
    .trades_are_counted = true,
    .book = {.start = BookStart::rest_snapshot,
             .link = BookLink::previous,
             .snapshot_levels = 1000},
    .book_source = "usds-margined-futures, How to manage a local order book correctly",
};

constexpr std::array kCoinmRoutes = {
    Route{Channel::trade, R"("{symbol_lower}@aggTrade")", "recorded 2021-04-17"},
    Route{Channel::quote, R"("{symbol_lower}@bookTicker")", "recorded 2024-08-08"},
    Route{Channel::book, R"("{symbol_lower}@depth@100ms")", "recorded 2024-08-08"},
    Route{Channel::ticker, R"("{symbol_lower}@ticker")", "documented"},
    Route{Channel::candle, R"("{symbol_lower}@kline_{interval}")", "documented"},
    Route{Channel::funding, kMarkPrice, "pair crypto_msg_parser"},
    Route{Channel::liquidation, R"("{symbol_lower}@forceOrder")", "documented"},
    Route{Channel::mark_price, kMarkPrice, "pair crypto_msg_parser"},
    Route{Channel::index_price, R"("{pair_lower}@indexPrice@1s")", "documented"},
};
constexpr std::array kCoinmEndpoints = [] {
  auto endpoints = kUsdmEndpoints;
  endpoints[0].target = "/dapi/v1/exchangeInfo";
  endpoints[1].target = "/dapi/v1/depth?symbol={symbol}&limit=1000";
  endpoints[2].target = "/dapi/v1/depth?symbol={symbol}&limit=100";
  endpoints[3].target = "/dapi/v1/openInterest?symbol={symbol}";
  endpoints[4].target =
      "/futures/data/globalLongShortAccountRatio?pair={pair}&period={period}&limit=1";
  endpoints[5].target =
      "/futures/data/topLongShortPositionRatio?pair={pair}&period={period}&limit=1";
  endpoints[5].evidence = "documented";
  endpoints[6].target = "/dapi/v1/aggTrades?symbol={symbol}&limit=1000&fromId={from_id}";
  return endpoints;
}();
constexpr Traits kCoinm = [] {
  Traits traits = kUsdm;
  traits.name = "binance-coinm";
  traits.docs_url = "https://developers.binance.com/docs/derivatives/coin-margined-futures";
  traits.ws_url = "wss://dstream.binance.com";
  traits.path = "/stream";
  traits.rest_url = "https://dapi.binance.com";
  traits.routes = kCoinmRoutes;
  traits.endpoints = kCoinmEndpoints;
  traits.book_source = "coin-margined-futures, How to manage a local order book correctly";
  return traits;
}();

using PastTradeShape = Loose<Id<"a", &mp::Trade::trade_id, kRequired>,
                             Field<"p", &mp::Trade::price>, Field<"q", &mp::Trade::quantity>,
                             Field<"T", &Facts::time>, Field<"m", &mp::Trade::side, kMakerIsBuyer>>;

class Futures final : public Family<Futures, ContractShapes> {
 public:
  explicit Futures(const Traits& traits) : Family(traits), inverse_(&traits == &kCoinm) {}

  // "btcusdt@depth20@100ms" looks like a change, and is whole; "btcusdt@rpiDepth@500ms" is one of
  // a book that has other orders too, and changes none of ours.
  bool amend(DepthMessage& depth) {
    constexpr std::string_view kDepth = "@depth";
    const auto kind = stream().substr(std::min(stream().find('@'), stream().size()));
    depth.depth = number_after(kind, kDepth);
    depth.is_snapshot = depth.depth.has_value();
    return kind.empty() || kind.starts_with(kDepth);
  }
  // COIN-M counts contracts, and the base currency where others count the quote currency.
  template <class Body>
  bool amend(Message<Body>& message) {
    if (inverse_) message.quote_volume.reset();
    return true;
  }

  Verdict read_other(auto& in, std::string_view event, std::string_view body, Output& out) {
    if (equals<"markPriceUpdate">(event)) return read_one<MarkShape>(in, body, mark_, out);
    if (equals<"indexPriceUpdate">(event)) return read_one<IndexShape>(in, body, index_, out);
    if (equals<"forceOrder">(event)) return read_one<LiquidationShape>(in, body, liquidation_, out);
    return Verdict::unknown;
  }
  Verdict read_list_of(auto& in, std::string_view event, std::string_view list, Output& out) {
    if (equals<"markPriceUpdate">(event)) return read_all<MarkShape>(in, list, marks_, out);
    return Family::read_list_of(in, event, list, out);
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall& call, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    DepthMessage book;
    Listing listing;
    if (call.kind == RestKind::snapshot && in.template read<SnapshotShape>(body, book)) {
      book.symbol = call.symbol;
      book.is_snapshot = true;
      send(book, out);
    } else if (call.kind == RestKind::listing && in.template read<ListingShape>(body, listing)) {
      for (auto& contract : listing.rows) send(contract, out);
    } else if (call.kind == RestKind::trades &&
               read_trades<PastTradeShape>(in, call, body, out) == Verdict::data) {
      return Verdict::data;
    } else if (call.kind != RestKind::poll || read_poll(in, call, body, out) != Verdict::data) {
      return read_refusal(in, body, problem);
    }
    return Verdict::data;
  }

  // "BTCUSD" of "BTCUSD_PERP" and "BTCUSD_261225".
  static bool fill(std::string_view hole, const Subscription& wanted, std::string& out) {
    const std::string_view pair =
        std::string_view{wanted.symbol}.substr(0, wanted.symbol.find('_'));
    if (hole == "period") return out.append("5m"), true;
    if (hole == "pair") return out.append(pair), true;
    if (hole == "pair_lower") return out.append(lower_case(pair)), true;
    return false;
  }

 private:
  bool inverse_;
  MarkMessage mark_;  // scratch, as what follows
  RowList<MarkMessage> marks_;
  Message<IndexPrice> index_;
  Message<Liquidation> liquidation_;
};

}  // namespace

std::unique_ptr<Adapter> make_binance_usdm() {
  return std::make_unique<JsonVenue<Futures>>(kUsdm);
}
std::unique_ptr<Adapter> make_binance_coinm() {
  return std::make_unique<JsonVenue<Futures>>(kCoinm);
}

}  // namespace mp::venue
