// Binance spot, and the markets that speak its protocol. Source:
// https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
#include <array>

#include "venue/support.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

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
    .requests = {.subscribe = R"({"method":"SUBSCRIBE","params":[{topics}],"id":{id}})",
                 .unsubscribe = R"({"method":"UNSUBSCRIBE","params":[{topics}],"id":{id}})",
                 .source = "web-socket-streams.md, Live Subscribing/Unsubscribing to streams"},
    .ping = {},                            // the venue sends ping frames, every 20 s
    .limits = {.topics_per_session = 200,  // 1024 are allowed
               .topics_per_request = 100,
               .requests = {5, 1500ms},  // 5 a second, pongs included
               .connects = {1, 1s},      // 300 in 5 minutes
               .rest_calls = {1, 1s},
               .rest_weight = {6000, 1min},
               .rest_calls_at_once = 2,
               .session_lifetime = 24h,
               .source = "web-socket-streams.md, Websocket Limits; rest-api.md, Limits"},
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

struct Envelope {
  std::optional<std::string_view> stream;
  std::optional<Raw> data;
};
using EnvelopeShape =
    Shape<Field<"stream", &Envelope::stream>, Tail<"data", &Envelope::data>, Rest>;

struct Refusal {
  std::string_view code, message;
};
using RefusalShape = Loose<Id<"code", &Refusal::code>, Field<"msg", &Refusal::message>>;

// The first keys of a message tell what it is.
struct Head {
  std::optional<std::string_view> event, code;
  std::optional<std::int64_t> request;
  bool update = false, last_update = false;
  std::optional<std::string_view> message;
  std::optional<Refusal> error;
};
using HeadShape =
    Shape<Field<"e", &Head::event>, Seen<"u", &Head::update>,
          Seen<"lastUpdateId", &Head::last_update>, Object<"error", &Head::error, RefusalShape>,
          Id<"code", &Head::code>, Field<"msg", &Head::message>, Field<"id", &Head::request>, Rest>;

using Facts = MessageFacts;

struct TradeMessage : Message<Trade> {
  std::optional<Timestamp> sent;
  bool buyer_is_maker = false;
};
using TradeShape =
    Shape<Skip<"e">, Field<"E", &TradeMessage::sent>, Field<"s", &Facts::symbol>,
          Id<"t", &Trade::trade_id, kRequired>, Field<"p", &Trade::price>,
          Field<"q", &Trade::quantity>, Skip<"b">, Skip<"a">, Field<"T", &Facts::time>,
          Field<"m", &TradeMessage::buyer_is_maker>, Skip<"M">>;
using AggregateTradeShape =
    Shape<Skip<"e">, Field<"E", &TradeMessage::sent>, Field<"s", &Facts::symbol>,
          Id<"a", &Trade::trade_id, kRequired>, Field<"p", &Trade::price>,
          Field<"q", &Trade::quantity>, Skip<"f">, Skip<"l">, Field<"T", &Facts::time>,
          Field<"m", &TradeMessage::buyer_is_maker>, Skip<"M">>;
void send(TradeMessage& trade, Output& out) {
  trade.side = trade.buyer_is_maker ? Side::sell : Side::buy;
  if (!trade.time) trade.time = trade.sent;
  send<Trade>(trade, out);
}

struct QuoteMessage : Message<Quote> {};
using QuoteShape =
    Shape<Field<"u", &Quote::sequence, kRequired>, Field<"s", &Facts::symbol>,
          Field<"b", &Quote::bid_price, kRequired>, Field<"B", &Quote::bid_quantity, kRequired>,
          Field<"a", &Quote::ask_price, kRequired>, Field<"A", &Quote::ask_quantity, kRequired>>;
void send(QuoteMessage& quote, Output& out) {
  const auto drop_zeros = [](std::optional<Price>& price, std::optional<Quantity>& quantity) {
    if (!price || !quantity || !price->is_zero() || !quantity->is_zero()) return;
    price.reset();
    quantity.reset();
  };
  drop_zeros(quote.bid_price, quote.bid_quantity);  // how a side without orders is sent
  drop_zeros(quote.ask_price, quote.ask_quantity);
  send<Quote>(quote, out);
}

using DepthMessage = Message<Book>;
using DepthShape =
    Shape<Skip<"e">, Field<"E", &Facts::time, kRequired>, Field<"s", &Facts::symbol>,
          Field<"U", &Book::first_sequence, kRequired>, Field<"u", &Book::last_sequence, kRequired>,
          Field<"b", &DepthMessage::bid_levels>, Field<"a", &DepthMessage::ask_levels>>;
// A partial depth stream and the REST call send whole books, without symbol and time.
using WholeBookShape =
    Shape<Field<"lastUpdateId", &Book::last_sequence, kRequired>,
          Field<"bids", &DepthMessage::bid_levels>, Field<"asks", &DepthMessage::ask_levels>>;

using TickerShape =
    Loose<Field<"E", &Facts::time, kRequired>, Field<"s", &Facts::symbol>,
          Field<"c", &Ticker::last_price, kRequired>, Field<"b", &Ticker::bid_price>,
          Field<"a", &Ticker::ask_price>, Field<"o", &Ticker::open_price>,
          Field<"h", &Ticker::high_price>, Field<"l", &Ticker::low_price>,
          Field<"v", &Ticker::volume>, Field<"q", &Ticker::quote_volume>>;

using CandleShape =
    Loose<Field<"E", &Facts::time, kRequired>, Field<"s", &Facts::symbol>,
          Inside<"k", Field<"t", &Candle::open_time>, Field<"T", &Candle::close_time>,
                 Field<"i", &Candle::interval>, Field<"o", &Candle::open>,
                 Field<"c", &Candle::close>, Field<"h", &Candle::high>, Field<"l", &Candle::low>,
                 Field<"v", &Candle::volume>, Field<"n", &Candle::trades>,
                 Field<"x", &Candle::is_closed>, Field<"q", &Candle::quote_volume>>>;

struct Filter {
  std::string_view type;
  std::optional<Price> tick_size;
  std::optional<Quantity> step_size;
};
struct InstrumentMessage : Message<InstrumentInfo> {
  RowList<Filter> filters;
};
struct Listing {
  RowList<InstrumentMessage> symbols;
};
using FilterShape = Loose<Field<"filterType", &Filter::type>, Field<"tickSize", &Filter::tick_size>,
                          Field<"stepSize", &Filter::step_size>>;
using InstrumentShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"status", &InstrumentInfo::status>,
          Field<"baseAsset", &InstrumentInfo::base>, Field<"quoteAsset", &InstrumentInfo::quote>,
          Rows<"filters", &InstrumentMessage::filters, FilterShape>>;
using ListingShape = Loose<Rows<"symbols", &Listing::symbols, InstrumentShape>>;
void send(const InstrumentMessage& message, Output& out) {
  InstrumentInfo info = message;
  for (const Filter& filter : message.filters) {
    if (filter.type == "PRICE_FILTER") info.tick_size = filter.tick_size;
    if (filter.type == "LOT_SIZE") info.lot_size = filter.step_size;
  }
  if (info.status == "TRADING") info.status = "trading";
  if (info.status == "HALT" || info.status == "BREAK") info.status = "halted";
  out(message.symbol, std::nullopt, info);
}

class Binance final : public JsonDecoder<Binance> {
 public:
  using JsonDecoder::JsonDecoder;

  template <class In>
  Verdict decide(In& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<EnvelopeShape>(frame, envelope_)) return Verdict::malformed;
    const std::string_view body = envelope_.data ? envelope_.data->json : frame;
    if (body.starts_with('[')) return Verdict::unknown;  // streams of all symbols in one message
    if (!in.template read<HeadShape>(body, head_)) return Verdict::malformed;
    if (head_.event) return read_event(in, *head_.event, body, out, reading);
    if (head_.update) return read_one<QuoteShape>(in, body, quote_, out);
    if (head_.last_update && envelope_.stream) return read_partial_book(in, body, out);
    reading.answers = head_.request;
    if (head_.error) return refuse(reading, head_.error->code, head_.error->message);
    if (head_.code) return refuse(reading, *head_.code, head_.message.value_or(""));
    return head_.request ? Verdict::control : Verdict::unknown;
  }

  template <class In>
  static Verdict read_rest(const Traits&, In& in, const RestCall& call, std::string_view body,
                           Output& out, RestReading&, std::string&) {
    if (call.kind == RestKind::snapshot) {
      DepthMessage book;
      book.symbol = call.symbol;
      book.is_snapshot = true;
      return read_one<WholeBookShape>(in, body, book, out);
    }
    Listing listing;
    if (!in.template read<ListingShape>(body, listing)) return Verdict::malformed;
    for (const auto& symbol : listing.symbols) send(symbol, out);
    return Verdict::data;
  }

 private:
  template <class In>
  Verdict read_event(In& in, std::string_view event, std::string_view body, Output& out,
                     Reading& reading) {
    if (equals<"trade">(event)) return read_one<TradeShape>(in, body, trade_, out);
    if (equals<"aggTrade">(event)) return read_one<AggregateTradeShape>(in, body, trade_, out);
    if (equals<"depthUpdate">(event)) return read_one<DepthShape>(in, body, depth_, out);
    if (equals<"24hrTicker">(event)) return read_one<TickerShape>(in, body, ticker_, out);
    if (equals<"kline">(event)) return read_one<CandleShape>(in, body, candle_, out);
    if (!equals<"serverShutdown">(event)) return Verdict::unknown;
    reading.reconnect_soon = true;
    return Verdict::control;
  }

  // "btcusdt@depth20@100ms": whole books of some levels, beside the one that is kept.
  template <class In>
  Verdict read_partial_book(In& in, std::string_view body, Output& out) {
    const std::string_view stream = *envelope_.stream;
    const std::string symbol = upper_case(stream.substr(0, stream.find('@')));
    partial_.symbol = symbol;
    partial_.is_snapshot = true;
    partial_.depth = number_after(stream, "@depth");
    return read_one<WholeBookShape>(in, body, partial_, out);
  }

  Envelope envelope_;  // scratch, as what follows
  Head head_;
  TradeMessage trade_;
  QuoteMessage quote_;
  DepthMessage depth_, partial_;
  Message<Ticker> ticker_;
  Message<Candle> candle_;
};

}  // namespace

std::unique_ptr<Adapter> make_binance() {
  return std::make_unique<JsonVenue<Binance>>(kBinance);
}
std::unique_ptr<Adapter> make_binance_us() {
  return std::make_unique<JsonVenue<Binance>>(kBinanceUs);
}

}  // namespace mp::venue
