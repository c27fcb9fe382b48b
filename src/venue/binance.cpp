// Binance spot, and Binance.US, which speaks its protocol. Source:
// https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
#include <array>

#include "venue/binance_family.hpp"

namespace mp::venue {
namespace {

using namespace binance;

constexpr std::array kRoutes = {
    Route{Channel::trade, R"("{symbol_lower}@trade")", "recorded 2024-08-08"},
    Route{Channel::quote, R"("{symbol_lower}@bookTicker")", "recorded 2024-08-08"},
    Route{Channel::book, R"("{symbol_lower}@depth@100ms")", "recorded 2024-08-08"},
    Route{Channel::ticker, R"("{symbol_lower}@ticker")", "documented"},
    Route{Channel::candle, R"("{symbol_lower}@kline_{interval}")", "recorded 2021-08-14"},
};
constexpr std::array kEndpoints = {
    Endpoint{.kind = RestKind::listing,
             .target = "/api/v3/exchangeInfo",
             .weight = 20,
             .also = "/api/v1/exchangeInfo",
             .evidence = "recorded 2021-08-14"},
    Endpoint{.kind = RestKind::snapshot,
             .target = "/api/v3/depth?symbol={symbol}&limit=1000",
             .weight = 50,
             .also = "/api/v1/depth",
             .evidence = "recorded 2024-08-08"},
    Endpoint{.kind = RestKind::snapshot,
             .target = "/api/v3/depth?symbol={symbol}&limit=100",
             .weight = 5,
             .levels = 100,
             .evidence = "documented"},
    Endpoint{.kind = RestKind::trades,
             .target = "/api/v3/historicalTrades?symbol={symbol}&limit=1000&fromId={from_id}",
             .channel = Channel::trade,
             .weight = 25,
             .evidence = "documented",
             .source = "rest-api.md, Old trade lookup"},
};
constexpr auto kIntervals = same_words({"1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h",
                                        "6h", "8h", "12h", "1d", "3d", "1w", "1M"});
constexpr Traits kBinance = {
    .name = "binance",
    .docs_url = "https://developers.binance.com/docs/binance-spot-api-docs",
    .ws_url = "wss://stream.binance.com:9443",
    .path = "/stream",
    .rest_url = "https://api.binance.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    .requests = kRequests,
    .ping = {},                            // the venue sends ping frames, every 20 s
    .limits = {.topics_per_session = 200,  // 1024 are allowed
               .topics_per_request = 100,
               .requests = {5, 1500ms},  // 5 a second, pongs included
               .connects = {1, 1s},      // 300 in 5 minutes
               .rest_calls = {100, 1s},  // 61,000 in 5 minutes
               .rest_weight = {6000, 1min},
               .rest_spent = {"X-MBX-USED-WEIGHT-1M"},
               .rest_calls_at_once = 8,
               .session_lifetime = 24h,
               .source = "web-socket-streams.md, Websocket Limits; rest-api.md, Limits"},
    .trades_are_counted = true,
    .book = {.start = BookStart::rest_snapshot, .link = BookLink::first, .snapshot_levels = 1000},
    .book_source = "web-socket-streams.md, How to manage a local order book correctly",
};
constexpr Traits kBinanceUs = [] {
  Traits traits = kBinance;
  traits.name = "binance-us";
  traits.docs_url = "https://docs.binance.us/";
  traits.ws_url = "wss://stream.binance.us:9443";
  traits.rest_url = "https://api.binance.us";
  return traits;
}();

struct SpotShapes {
  using Trade =
      Shape<Skip<"e">, Field<"E", &TradeMessage::sent>, Field<"s", &Facts::symbol>,
            Id<"t", &mp::Trade::trade_id, kRequired>, Field<"p", &mp::Trade::price>,
            Field<"q", &mp::Trade::quantity>, Skip<"b">, Skip<"a">, Field<"T", &Facts::time>,
            Field<"m", &TradeMessage::buyer_is_maker>, Skip<"M">>;
  using AggregateTrade =
      Shape<Skip<"e">, Field<"E", &TradeMessage::sent>, Field<"s", &Facts::symbol>,
            Id<"a", &mp::Trade::trade_id, kRequired>, Field<"p", &mp::Trade::price>,
            Field<"q", &mp::Trade::quantity>, Skip<"f">, Skip<"l">, Field<"T", &Facts::time>,
            Field<"m", &TradeMessage::buyer_is_maker>, Skip<"M">>;
  using Quote = Shape<Field<"u", &mp::Quote::sequence, kRequired>, Field<"s", &Facts::symbol>,
                      Field<"b", &mp::Quote::bid_price, kRequired>,
                      Field<"B", &mp::Quote::bid_quantity, kRequired>,
                      Field<"a", &mp::Quote::ask_price, kRequired>,
                      Field<"A", &mp::Quote::ask_quantity, kRequired>>;
  using NumberFirst = Quote;
  using Depth = Shape<Skip<"e">, Field<"E", &Facts::time, kRequired>, Field<"s", &Facts::symbol>,
                      Field<"U", &Book::first_sequence, kRequired>,
                      Field<"u", &Book::last_sequence, kRequired>,
                      Field<"b", &DepthMessage::bid_levels>, Field<"a", &DepthMessage::ask_levels>>;
};

struct InstrumentMessage : Message<InstrumentInfo> {
  Filters filters;
};
using Listing = Batch<InstrumentMessage>;
using PastTradeShape =
    Loose<Id<"id", &mp::Trade::trade_id, kRequired>, Field<"price", &mp::Trade::price>,
          Field<"qty", &mp::Trade::quantity>, Field<"time", &Facts::time>,
          Field<"isBuyerMaker", &mp::Trade::side, kMakerIsBuyer>>;
using InstrumentShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"status", &InstrumentInfo::status>,
          Field<"baseAsset", &InstrumentInfo::base>, Field<"quoteAsset", &InstrumentInfo::quote>,
          Rows<"filters", &InstrumentMessage::filters, FilterShape>>;
using ListingShape = Loose<Rows<"symbols", &Listing::rows, InstrumentShape>>;

class Spot final : public Family<Spot, SpotShapes> {
 public:
  using Family::Family;

  static Verdict read_rest(const Traits&, auto& in, const RestCall& call, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    DepthMessage book;
    Listing listing;
    if (call.kind == RestKind::snapshot && in.template read<WholeBookShape>(body, book)) {
      book.symbol = call.symbol;
      book.is_snapshot = true;
      send(book, out);
    } else if (call.kind == RestKind::listing && in.template read<ListingShape>(body, listing)) {
      for (const auto& each : listing.rows) send_listed(each, each, each.filters, out);
    } else if (call.kind != RestKind::trades ||
               read_trades<PastTradeShape>(in, call, body, out) != Verdict::data) {
      return read_refusal(in, body, problem);
    }
    return Verdict::data;
  }
};

}  // namespace

std::unique_ptr<Adapter> make_binance() {
  return std::make_unique<JsonVenue<Spot>>(kBinance);
}
std::unique_ptr<Adapter> make_binance_us() {
  return std::make_unique<JsonVenue<Spot>>(kBinanceUs);
}

}  // namespace mp::venue
