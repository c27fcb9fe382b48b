// Bitget v3: spot, and its futures (linear and inverse). Messages of v2, which name the topic
// "channel" and the symbol "instId", are read as well.
// Source: https://www.bitget.com/api-doc/uta/websocket/public/
#include "venue/bitget.hpp"

#include <algorithm>
#include <array>

#include "venue/recent_trades.hpp"
#include "venue/worth.hpp"

namespace mp::venue {
namespace {

using namespace bitget;

constexpr std::string_view kTardis = "pair tardis_node.ndjson";
constexpr std::string_view kFixture = "pair bitget.ndjson";
constexpr std::string_view kTicker =
    R"({"instType":"{type}","topic":"ticker","symbol":"{symbol}"})";
constexpr std::array kRoutes = {
    Route{Channel::trade, R"({"instType":"{type}","topic":"publicTrade","symbol":"{symbol}"})",
          kTardis},
    Route{Channel::quote, R"({"instType":"{type}","topic":"books1","symbol":"{symbol}"})", kTardis},
    Route{Channel::book, R"({"instType":"{type}","topic":"books","symbol":"{symbol}"})", kTardis},
    Route{Channel::ticker, kTicker, kTardis},
    Route{Channel::candle,
          R"({"instType":"{type}","topic":"kline","symbol":"{symbol}","interval":"{interval}"})",
          kFixture},
    Route{Channel::funding, kTicker, kTardis},
    Route{Channel::open_interest, kTicker, kTardis},
    Route{Channel::liquidation, R"({"instType":"{type}","topic":"liquidation"})", kTardis},
    Route{Channel::mark_price, kTicker, kTardis},
    Route{Channel::index_price, kTicker, kTardis},
};
constexpr std::size_t kSpotRoutes = 5;  // the first ones
constexpr std::array kSpotEndpoints = {
    Endpoint{.target = "/api/v3/market/instruments?category=SPOT",
             .also = "/api/v2/spot/public/symbols",
             .evidence = kFixture},
};
constexpr std::array kFuturesEndpoints = {
    Endpoint{.target = "/api/v3/market/instruments?category=USDT-FUTURES",
             .evidence = "documented"},
    Endpoint{.target = "/api/v3/market/instruments?category=USDC-FUTURES",
             .evidence = "documented"},
    Endpoint{.target = "/api/v3/market/instruments?category=COIN-FUTURES",
             .evidence = "documented"},
    Endpoint{.kind = RestKind::poll,
             .target = "/api/v2/mix/market/account-long-short?symbol={symbol}&period=5m",
             .channel = Channel::long_short_ratio,
             .every = 5min,
             .evidence = "documented",
             .source = "api-doc/common/apidata/Account-Long-Short"},
};
constexpr std::array kIntervals = {
    Interval{"1m", "1m"},   Interval{"3m", "3m"}, Interval{"5m", "5m"}, Interval{"15m", "15m"},
    Interval{"30m", "30m"}, Interval{"1h", "1H"}, Interval{"4h", "4H"}, Interval{"6h", "6H"},
    Interval{"12h", "12H"}, Interval{"1d", "1D"},
};
constexpr Traits kSpot = {
    .name = "bitget",
    .docs_url = "https://www.bitget.com/api-doc/uta/intro",
    .ws_url = "wss://ws.bitget.com",
    .path = "/v3/ws/public",
    .rest_url = "https://api.bitget.com",
    .routes = std::span{kRoutes}.first<kSpotRoutes>(),
    .endpoints = kSpotEndpoints,
    .intervals = kIntervals,
    .requests = {.subscribe = R"({"op":"subscribe","args":[{topics}]})",
                 .unsubscribe = R"({"op":"unsubscribe","args":[{topics}]})",
                 .source = "uta/websocket/intro, Subscribe"},
    .ping = {.text = "ping",
             .every = 25s,  // 2 minutes without one: closed
             .pace = PingPace::regular,
             .source = "uta/websocket/intro, Connect"},
    .limits = {.topics_per_session = 49,  // 1000 are allowed, fewer than 50 advised
               .topics_per_request = 20,
               .requests = {4, 1s},  // 10 are allowed, and 240 topics an hour
               .connects = {1, 1s},  // 300 in 5 minutes, 100 at once
               .rest_calls = {1, 1s},
               .session_lifetime = 24h,
               .source = "uta/websocket/intro, Connect; Account Long Short, rate limit"},
    .book = {.start = BookStart::stream_snapshot,
             .link = BookLink::previous,
             .checksum = BookChecksum::crc32_25,  // 0: absent
             .snapshot_bridges = true},
    .book_source = "uta/websocket/public/Order-Book-Channel",
};
constexpr Traits kFutures = [] {
  Traits traits = kSpot;
  traits.name = "bitget-futures";
  traits.routes = kRoutes;
  traits.endpoints = kFuturesEndpoints;
  return traits;
}();

using TradeMessage = Message<Trade>;
using TradeShape =
    Shape<OneOf<Id<"i", &Trade::trade_id, kRequired>, Id<"tradeId", &Trade::trade_id, kRequired>>,
          OneOf<Field<"p", &Trade::price>, Field<"price", &Trade::price>>,
          OneOf<Field<"v", &Trade::quantity>, Field<"size", &Trade::quantity>>,
          OneOf<Field<"S", &Trade::side>, Field<"side", &Trade::side>>,
          OneOf<Field<"T", &Facts::time, kRequired>, Field<"ts", &Facts::time, kRequired>>,
          Skip<"L">, Skip<"isRPI">>;

using CandleShape =
    Loose<Field<"start", &Candle::open_time>, Field<"open", &Candle::open>,
          Field<"high", &Candle::high>, Field<"low", &Candle::low>, Field<"close", &Candle::close>,
          Field<"volume", &Candle::volume, kRequired>, Field<"turnover", &Candle::quote_volume>>;
// Sent as changes after a snapshot.
template <auto Member, Key... Names>
using Kept = OneOf<Field<Names, Member, kKept>...>;
using TickerShape = Loose<Kept<&Ticker::last_price, "lastPrice", "lastPr">,
                          Kept<&Ticker::open_price, "openPrice24h", "open24h">,
                          Kept<&Ticker::high_price, "highPrice24h", "high24h">,
                          Kept<&Ticker::low_price, "lowPrice24h", "low24h">,
                          Kept<&Ticker::volume, "volume24h", "baseVolume">,
                          Kept<&Ticker::quote_volume, "turnover24h", "quoteVolume">,
                          Kept<&Ticker::bid_price, "bid1Price", "bidPr">,
                          Kept<&Ticker::ask_price, "ask1Price", "askPr">,
                          Field<"fundingRate", &ContractFacts::funding_rate, kKept>,
                          Field<"nextFundingTime", &ContractFacts::next_funding, kKept>,
                          Field<"deliveryTime", &TickerMessage::delivery, kKept>,
                          Kept<&ContractFacts::open_interest, "openInterest", "holdingAmount">,
                          Field<"markPrice", &ContractFacts::mark_price, kKept>,
                          Id<"indexPrice", &TickerMessage::index_text>, Field<"ts", &Facts::time>>;
// The side is that of the position: its liquidation is an order of the other side. The amount is
// what it was worth, price times quantity, cut off at some digit.
struct LiquidationMessage : Message<Liquidation> {
  Decimal amount;
};
using LiquidationShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"side", &Liquidation::side, kMakersSide>,
          Field<"price", &Liquidation::price>, Field<"amount", &LiquidationMessage::amount>,
          Field<"ts", &Facts::time, kRequired>>;

struct RatioMessage : Message<LongShortRatio> {};
using RatioShape = Loose<Field<"longAccountRatio", &LongShortRatio::long_share>,
                         Field<"shortAccountRatio", &LongShortRatio::short_share>,
                         Field<"longShortAccountRatio", &LongShortRatio::ratio, kRequired>,
                         Field<"ts", &Facts::time, kRequired>>;

struct InstrumentMessage : Message<InstrumentInfo> {
  std::optional<std::string_view> category, type;
  std::optional<Price> price_step;  // where the multiples are not told
  std::optional<Quantity> quantity_step;
};
using InstrumentShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"category", &InstrumentMessage::category>,
          Field<"baseCoin", &InstrumentInfo::base>, Field<"quoteCoin", &InstrumentInfo::quote>,
          Field<"type", &InstrumentMessage::type>, Field<"status", &InstrumentInfo::status>,
          Field<"priceMultiplier", &InstrumentInfo::tick_size>,
          Field<"quantityMultiplier", &InstrumentInfo::lot_size>,
          Field<"pricePrecision", &InstrumentMessage::price_step, kStepOfPlaces>,
          Field<"quantityPrecision", &InstrumentMessage::quantity_step, kStepOfPlaces>,
          Field<"deliveryTime", &InstrumentInfo::expiry>>;

void send(InstrumentMessage& info, Output& out) {
  if (info.type == "perpetual") info.kind = InstrumentKind::perpetual;
  if (info.type == "delivery") info.kind = InstrumentKind::future;
  const bool is_future = info.kind == InstrumentKind::future;
  if (!is_future) info.expiry.reset();
  if (is_future && !info.expiry) return;  // cannot be named yet
  if (info.category && info.category != "SPOT" && info.kind == InstrumentKind::spot) return;
  if (info.category == "USDT-FUTURES" || info.category == "USDC-FUTURES") {
    info.settle = info.quote;
    info.contract_size = Quantity{Decimal{1, 0}};
  }
  if (!info.tick_size) info.tick_size = info.price_step;
  if (!info.lot_size) info.lot_size = info.quantity_step;
  if (info.status == "online") info.status = "trading";
  if (info.status == "halt") info.status = "halted";
  send<InstrumentInfo>(info, out);
}

class Bitget : public bitget::Decoder<Bitget> {
 public:
  using Decoder::Decoder;

  Reading read(std::string_view frame, Timestamp ts_recv, EventHandler& handler) override {
    left_out_ = 0;
    Reading reading = Decoder::read(frame, ts_recv, handler);
    reading.left_out += left_out_;
    return reading;
  }

  Verdict read_topic(auto& in, std::string_view topic, std::string_view frame, Output& out) {
    if (equals<"publicTrade", "trade">(topic)) {
      return read_batch<TradeShape>(in, frame, trades_, [&](TradeMessage& trade) {
        trade.symbol = symbol();
        RecentTrades& recent = recent_.of(symbol());
        recent.replayed = is_snapshot();
        if (recent.is_new(*trade.trade_id)) send(trade, out);
      });
    }
    if (equals<"ticker">(topic)) return read_ticker(in, frame, out);
    if (equals<"kline">(topic)) return read_candles<CandleShape>(in, interval(), frame, out);
    if (!equals<"liquidation">(topic)) return Verdict::unknown;
    return read_batch<LiquidationShape>(in, frame, liquidations_, [&](LiquidationMessage& each) {
      const auto quantity = quantity_worth(each.amount, each.price.decimal);
      if (!quantity) return void(++left_out_);
      each.quantity = *quantity;
      send(each, out);
    });
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall& call, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    if (call.kind == RestKind::poll) return read_ratios(in, call.symbol, body, out, problem);
    Batch<InstrumentMessage> answer;
    const auto verdict = read_rest_answer<InstrumentShape>(in, body, answer, problem);
    if (verdict != Verdict::data) return verdict;
    return send_all(answer.rows, out);
  }

  // How a symbol of the futures is spelled tells its type: BTCUSDT, BTCPERP, BTCUSD, BTCUSDH26.
  static bool fill(std::string_view hole, const Subscription& wanted, std::string& out) {
    if (hole != "type") return false;
    const std::string_view symbol = wanted.symbol;
    const auto has = [&](std::string_view word) { return symbol.find(word) != symbol.npos; };
    if (has("USDT")) return out.append("usdt-futures"), true;
    if (has("USDC") || symbol.ends_with("PERP")) return out.append("usdc-futures"), true;
    return out.append("coin-futures"), true;
  }

 private:
  // The newest of some.
  static Verdict read_ratios(auto& in, std::string_view symbol, std::string_view body, Output& out,
                             std::string& problem) {
    Batch<RatioMessage> answer;
    const auto verdict = read_rest_answer<RatioShape>(in, body, answer, problem);
    if (verdict != Verdict::data || answer.rows.empty()) return verdict;
    RatioMessage& newest = *std::ranges::max_element(answer.rows, {}, &RatioMessage::time);
    newest.symbol = symbol;
    newest.kind = "accounts";
    newest.period = "5m";
    send(newest, out);
    return Verdict::data;
  }

  Verdict read_ticker(auto& in, std::string_view frame, Output& out) {
    // The row is read over what is known; there is one in each message.
    tickers_.rows.clear();
    tickers_.rows.next() = is_snapshot() ? TickerMessage{} : latest_.of(symbol());
    if (!in.template read<BatchShape<TickerShape, TickerMessage>>(frame, tickers_))
      return Verdict::malformed;
    if (tickers_.rows.size() != 1) return Verdict::unknown;
    TickerMessage& ticker = *tickers_.rows.begin();
    if (ticker.index_text && !read_index(ticker)) return Verdict::malformed;
    ticker.symbol = symbol();
    if (!ticker.time) ticker.time = tickers_.time;
    latest_.of(symbol()) = ticker;  // the texts of which are never read again
    send(ticker, out);
    return Verdict::data;
  }

  // Index prices have up to 16 decimal places: many do not fit.
  bool read_index(TickerMessage& ticker) {
    const auto number = parse_decimal(*ticker.index_text);
    if (!number && !is_json_number(*ticker.index_text)) return false;
    ticker.index_price.reset();
    if (number) ticker.index_price = Price{*number};
    if (!number) ++left_out_;
    return true;
  }

  Batch<TradeMessage> trades_;  // scratch, as what follows
  Batch<TickerMessage> tickers_;
  Batch<LiquidationMessage> liquidations_;
  std::uint32_t left_out_ = 0;
  Latest<TickerMessage> latest_;  // of the session, as what follows
  Latest<RecentTrades> recent_;
};

// The symbols of both are spelled alike.
class BitgetSpot final : public Bitget {
 public:
  using Bitget::Bitget;
  static bool fill(std::string_view hole, const Subscription&, std::string& out) {
    return hole == "type" && (out.append("spot"), true);
  }
};

}  // namespace

std::unique_ptr<Adapter> make_bitget() {
  return std::make_unique<JsonVenue<BitgetSpot>>(kSpot);
}
std::unique_ptr<Adapter> make_bitget_futures() {
  return std::make_unique<JsonVenue<Bitget>>(kFutures);
}

}  // namespace mp::venue
