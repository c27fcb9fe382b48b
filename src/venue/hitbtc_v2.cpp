// HitBTC, API v2 (JSON-RPC 2.0): the protocol before v3. Source:
// https://hitbtc-com.github.io/hitbtc-api/
#include "venue/support.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

// The group is the end of a method's name.
constexpr std::string_view kRecorded = "recorded 2021-04-17";
constexpr std::string_view kSymbol = R"({"symbol":"{symbol}"})";
constexpr std::array kRoutes = {
    Route{Channel::trade, kSymbol, kRecorded, "Trades"},
    Route{Channel::book, kSymbol, kRecorded, "Orderbook"},
    Route{Channel::ticker, kSymbol, kRecorded, "Ticker"},
    Route{Channel::candle, R"({"symbol":"{symbol}","period":"{interval}"})", "documented",
          "Candles"},
};
constexpr std::array kEndpoints = {
    Endpoint{.target = "/api/2/public/symbol",
             .evidence = kRecorded,
             .source = "hitbtc-api, Market data, Symbols"},
};
constexpr std::array kIntervals = {
    Interval{"1m", "M1"},   Interval{"3m", "M3"}, Interval{"5m", "M5"}, Interval{"15m", "M15"},
    Interval{"30m", "M30"}, Interval{"1h", "H1"}, Interval{"4h", "H4"}, Interval{"1d", "D1"},
    Interval{"1w", "D7"},   Interval{"1M", "1M"},
};
constexpr Traits kTraits = {
    .name = "hitbtc-v2",
    .docs_url = "https://hitbtc-com.github.io/hitbtc-api/",
    .ws_url = "wss://api.hitbtc.com",
    .path = "/api/2/ws",
    .rest_url = "https://api.hitbtc.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    .requests = {.subscribe = R"({"method":"subscribe{group}","params":{topics},"id":{id}})",
                 .unsubscribe = R"({"method":"unsubscribe{group}","params":{topics},"id":{id}})",
                 .source = "hitbtc-api, Socket Market Data, Subscribe to Order Book"},
    .ping = {},  // nobody does
    .limits = {.topics_per_session = 200,
               .topics_per_request = 1,
               .requests = {10, 1s},
               .connects = {1, 1s},
               .rest_calls = {10, 1s},  // 100 of market data
               .source = "hitbtc-api, Rate limit, which names none for the socket"},
    .book = {.start = BookStart::stream_snapshot, .link = BookLink::first},
    .book_source = "hitbtc-api, Socket Market Data, Subscribe to Order Book",
};

struct Envelope {
  std::optional<std::string_view> method, request;
  std::optional<Raw> result, params;
  std::optional<Refusal> error;
};
using EnvelopeShape =
    Shape<Skip<"jsonrpc">, Field<"result", &Envelope::result>,
          Object<"error", &Envelope::error, RefusalShape>, Id<"id", &Envelope::request>,
          Field<"method", &Envelope::method>, Tail<"params", &Envelope::params>>;

using BookMessage = Message<Book>;
using BookShape =
    Loose<Field<"ask", &BookMessage::ask_levels, kLevelKeys<"price", "size">>,
          Field<"bid", &BookMessage::bid_levels, kLevelKeys<"price", "size">>,
          Field<"sequence", &Book::last_sequence, kRequired>,
          Field<"timestamp", &Facts::time, kRfc3339>, Field<"symbol", &Facts::symbol>>;

using TickerShape =
    Loose<Field<"ask", &Ticker::ask_price>, Field<"bid", &Ticker::bid_price>,
          Field<"last", &Ticker::last_price>, Field<"open", &Ticker::open_price>,
          Field<"low", &Ticker::low_price>, Field<"high", &Ticker::high_price>,
          Field<"volume", &Ticker::volume>, Field<"volumeQuote", &Ticker::quote_volume>,
          Field<"timestamp", &Facts::time, kRfc3339>, Field<"symbol", &Facts::symbol>>;

using TradeShape = Loose<Id<"id", &Trade::trade_id, kRequired>, Field<"price", &Trade::price>,
                         Field<"quantity", &Trade::quantity>, Field<"side", &Trade::side>,
                         Field<"timestamp", &Facts::time, kRfc3339>>;
using CandleShape =
    Loose<Field<"timestamp", &Candle::open_time, kRfc3339>, Field<"open", &Candle::open>,
          Field<"close", &Candle::close>, Field<"min", &Candle::low>, Field<"max", &Candle::high>,
          Field<"volume", &Candle::volume, kRequired>, Field<"volumeQuote", &Candle::quote_volume>>;

using Trades = Batch<Message<Trade>>;
using TradesShape =
    Loose<Rows<"data", &Trades::rows, TradeShape>, Field<"symbol", &Trades::symbol>>;
struct Candles : Batch<Message<Candle>> {
  std::optional<std::string_view> period;
};
using CandlesShape = Loose<Rows<"data", &Candles::rows, CandleShape>,
                           Field<"symbol", &Candles::symbol>, Field<"period", &Candles::period>>;

using InstrumentMessage = Message<InstrumentInfo>;
using InstrumentShape =
    Loose<Field<"id", &Facts::symbol>, Field<"baseCurrency", &InstrumentInfo::base>,
          Field<"quoteCurrency", &InstrumentInfo::quote>,
          Field<"quantityIncrement", &InstrumentInfo::lot_size>,
          Field<"tickSize", &InstrumentInfo::tick_size>>;
using ProblemShape = Loose<Inside<"error", Field<"message", &Refusal::message>>>;  // by REST

class HitbtcV2 final : public JsonDecoder<HitbtcV2> {
 public:
  using JsonDecoder::JsonDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<EnvelopeShape>(frame, envelope_)) return Verdict::malformed;
    if (envelope_.method && envelope_.params)
      return read_data(in, *envelope_.method, envelope_.params->json, out);
    reading.answers = request_number(envelope_.request);
    if (envelope_.error) return refuse(reading, *envelope_.error);
    return envelope_.result ? Verdict::control : Verdict::unknown;
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    if (body.starts_with('{')) return read_problem<ProblemShape>(in, body, problem);
    RowList<InstrumentMessage> symbols;
    return read_all<InstrumentShape>(in, body, symbols, out, [](InstrumentInfo& info) {
      info.status = "trading";  // it lists no other
    });
  }

 private:
  Verdict read_data(auto& in, std::string_view method, std::string_view data, Output& out) {
    const bool whole = equals<"snapshotOrderbook">(method);
    if (whole || equals<"updateOrderbook">(method)) {
      if (!in.template read<BookShape>(data, book_)) return Verdict::malformed;
      book_.is_snapshot = whole;
      book_.first_sequence = whole ? std::nullopt : book_.last_sequence;
      send(book_, out);
      return Verdict::data;
    }
    if (equals<"ticker">(method)) return read_one<TickerShape>(in, data, ticker_, out);
    if (equals<"snapshotTrades">(method))  // from before the subscription: not new
      return in.template read<TradesShape>(data, trades_) ? Verdict::data : Verdict::malformed;
    if (equals<"updateTrades">(method)) return read_one<TradesShape>(in, data, trades_, out);
    if (!equals<"snapshotCandles", "updateCandles">(method)) return Verdict::unknown;
    if (!in.template read<CandlesShape>(data, candles_)) return Verdict::malformed;
    const auto interval = our_interval(traits(), candles_.period.value_or(""));
    for (Candle& candle : candles_.rows) candle.interval = interval;
    send(candles_, out);
    return Verdict::data;
  }

  Envelope envelope_;  // scratch, as what follows
  BookMessage book_;
  Message<Ticker> ticker_;
  Trades trades_;
  Candles candles_;
};

}  // namespace

std::unique_ptr<Adapter> make_hitbtc_v2() {
  return std::make_unique<JsonVenue<HitbtcV2>>(kTraits);
}

}  // namespace mp::venue
