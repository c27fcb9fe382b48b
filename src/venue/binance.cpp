// Binance spot. Source:
// https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
#include <array>

#include "codec/json_encode.hpp"
#include "venue/support.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""h;

constexpr std::array kTopics = {
    Topic{Channel::trade, "trade"},      Topic{Channel::quote, "bookTicker"},
    Topic{Channel::book, "depth@100ms"}, Topic{Channel::ticker, "ticker"},
    Topic{Channel::candle, "kline_"},
};
constexpr auto kChannels = channels_of(kTopics);
constexpr Traits kTraits = {
    .name = "binance",
    .docs_url = "https://developers.binance.com/docs/binance-spot-api-docs",
    .ws_url = "wss://stream.binance.com:9443",
    .rest_url = "https://api.binance.com",
    .channels = kChannels,
    .ping = {},                            // the venue sends ping frames, every 20 s
    .limits = {.topics_per_session = 200,  // 1024 are allowed
               .topics_per_request = 100,
               .between_requests = 300ms,  // 5 messages a second, pongs included
               .between_connects = 1000ms,
               .session_lifetime = 24h,
               .between_rest_calls = 1000ms,  // half of the weight that is allowed
               .rest_calls_at_once = 2},
    .book = {.start = BookStart::rest_snapshot, .link = BookLink::first, .snapshot_levels = 1000},
};
// Levels a side of a snapshot: weight 50 of the 6000 that an address may use in a minute.
constexpr std::string_view kSnapshotLimit = "1000";

struct Envelope {
  std::optional<std::string_view> stream;
  std::optional<Raw> data;
};
using EnvelopeShape =
    Shape<Field<"stream", &Envelope::stream>, Tail<"data", &Envelope::data>, Rest>;

struct Refusal {
  std::string_view code, message;
};
using RefusalShape = Shape<Id<"code", &Refusal::code>, Field<"msg", &Refusal::message>>;

// The first keys of a message tell what it is.
struct Head {
  std::optional<std::string_view> event, request;
  bool update = false, last_update = false;
  std::optional<Refusal> error;
};
using HeadShape =
    Shape<Field<"e", &Head::event>, Seen<"u", &Head::update>,
          Seen<"lastUpdateId", &Head::last_update>, Object<"error", &Head::error, RefusalShape>,
          Id<"id", &Head::request>, Rest>;

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
    Shape<Skip<"e">, Field<"E", &Facts::time, kRequired>, Field<"s", &Facts::symbol>, Skip<"p">,
          Skip<"P">, Skip<"w">, Skip<"x">, Field<"c", &Ticker::last_price, kRequired>, Skip<"Q">,
          Field<"b", &Ticker::bid_price>, Skip<"B">, Field<"a", &Ticker::ask_price>, Skip<"A">,
          Field<"o", &Ticker::open_price>, Field<"h", &Ticker::high_price>,
          Field<"l", &Ticker::low_price>, Field<"v", &Ticker::volume>,
          Field<"q", &Ticker::quote_volume>, Skip<"O">, Skip<"C">, Skip<"F">, Skip<"L">, Skip<"n">>;

struct CandleMessage : Facts {
  Candle candle;
};
using CandleShape =
    Shape<Field<"t", &Candle::open_time>, Field<"T", &Candle::close_time>, Skip<"s">,
          Field<"i", &Candle::interval>, Skip<"f">, Skip<"L">, Field<"o", &Candle::open>,
          Field<"c", &Candle::close>, Field<"h", &Candle::high>, Field<"l", &Candle::low>,
          Field<"v", &Candle::volume>, Field<"n", &Candle::trades>, Field<"x", &Candle::is_closed>,
          Field<"q", &Candle::quote_volume>, Skip<"V">, Skip<"Q">, Skip<"B">>;
using CandleMessageShape =
    Shape<Skip<"e">, Field<"E", &Facts::time, kRequired>, Field<"s", &Facts::symbol>,
          Object<"k", &CandleMessage::candle, CandleShape>>;
void send(const CandleMessage& message, Output& out) {
  out(message.symbol, message.time, message.candle);
}

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
using FilterShape = Shape<Field<"filterType", &Filter::type>, Field<"tickSize", &Filter::tick_size>,
                          Field<"stepSize", &Filter::step_size>>;
using InstrumentShape =
    Shape<Field<"symbol", &Facts::symbol>, Field<"status", &InstrumentInfo::status>,
          Field<"baseAsset", &InstrumentInfo::base>, Field<"quoteAsset", &InstrumentInfo::quote>,
          Rows<"filters", &InstrumentMessage::filters, FilterShape>>;
using ListingShape = Shape<Rows<"symbols", &Listing::symbols, InstrumentShape>>;
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

// The name of the stream that carries a subscription, as a JSON string.
std::string topic_of(const Subscription& wanted) {
  std::string stream = lower_case(wanted.symbol);
  stream.append("@").append(topic_name(kTopics, wanted.channel));
  if (wanted.channel == Channel::candle) stream.append(wanted.interval);
  std::string topic;
  append_json_string(stream, topic);
  return topic;
}

class Binance final : public Adapter {
 public:
  const Traits& traits() const override { return kTraits; }
  std::string_view path(const Subscription&) const override { return "/stream"; }

  void subscribe(std::span<const Subscription> wanted, std::vector<std::string>& out) override {
    request("SUBSCRIBE", wanted, out);
  }
  void unsubscribe(std::span<const Subscription> unwanted, std::vector<std::string>& out) override {
    request("UNSUBSCRIBE", unwanted, out);
  }

  Reading read(std::string_view frame, Timestamp ts_recv, EventHandler& handler) override {
    Output out{kTraits.name, ts_recv, handler};
    return read_frame(json_, [&](auto& in, Reading& reading) {
      if (!in.template read<EnvelopeShape>(frame, envelope_)) return Verdict::malformed;
      return read_body(in, envelope_.data ? envelope_.data->json : frame, out, reading);
    });
  }

  std::vector<RestCall> listing() const override {
    return {{.kind = RestKind::listing, .symbol = {}, .target = "/api/v3/exchangeInfo"}};
  }
  std::optional<RestCall> snapshot(std::string_view symbol) const override {
    std::string target = "/api/v3/depth?symbol=" + percent_encoded(symbol) + "&limit=";
    return RestCall{RestKind::snapshot, std::string{symbol}, target.append(kSnapshotLimit)};
  }
  std::optional<RestCall> identify(std::string_view url) const override {
    const auto path = path_of(url);
    const std::string target{target_of(url)};
    if (path == "/api/v3/exchangeInfo" || path == "/api/v1/exchangeInfo")
      return RestCall{RestKind::listing, {}, target};
    if (path != "/api/v3/depth" && path != "/api/v1/depth") return std::nullopt;
    const auto symbol = query_value(url, "symbol");
    return symbol ? std::optional{RestCall{RestKind::snapshot, *symbol, target}} : std::nullopt;
  }

  Result<void> read_rest(const RestCall& call, std::string_view body, Timestamp ts_recv,
                         EventHandler& handler) override {
    Output out{kTraits.name, ts_recv, handler};
    JsonReader json;  // not json_: a listing takes megabytes, once a day
    const auto verdict = json.read<Verdict::data>([&](auto& in) {
      if (call.kind == RestKind::snapshot) return read_whole_book(in, body, call.symbol, out);
      Listing listing;
      if (!in.template read<ListingShape>(body, listing)) return Verdict::malformed;
      for (const auto& symbol : listing.symbols) send(symbol, out);
      return Verdict::data;
    });
    if (verdict == Verdict::data) return {};
    return unread(kTraits.name, call, json.problem(), body);
  }

  // "BTCUSDT": only the listing can tell.
  std::optional<InstrumentInfo> derive(std::string_view) const override { return std::nullopt; }

 private:
  void request(std::string_view method, std::span<const Subscription> subscriptions,
               std::vector<std::string>& out) {
    for (const auto& params : batches(subscriptions, kTraits.limits.topics_per_request, topic_of)) {
      std::string& text = out.emplace_back("{\"method\":\"");
      text.append(method).append("\",\"params\":[").append(params).append("],\"id\":");
      append_json_integer(++requests_made_, text);
      text.push_back('}');
    }
  }

  template <class In>
  Verdict read_body(In& in, std::string_view body, Output& out, Reading& reading) {
    if (body.starts_with('[')) return Verdict::unknown;  // streams of all symbols in one message
    if (!in.template read<HeadShape>(body, head_)) return Verdict::malformed;
    if (head_.event) return read_event(in, *head_.event, body, out, reading);
    if (head_.update) return read_one<QuoteShape>(in, body, quote_, out);
    if (const auto& stream = envelope_.stream; head_.last_update && stream)
      return read_whole_book(in, body, upper_case(stream->substr(0, stream->find('@'))), out);
    if (head_.error) {
      refusal_.assign(head_.error->code).append(" ").append(head_.error->message);
      reading.problem = refusal_;
      return Verdict::rejected;
    }
    return head_.request ? Verdict::control : Verdict::unknown;
  }

  template <class In>
  Verdict read_event(In& in, std::string_view event, std::string_view body, Output& out,
                     Reading& reading) {
    if (equals<"trade">(event)) return read_one<TradeShape>(in, body, trade_, out);
    if (equals<"aggTrade">(event)) return read_one<AggregateTradeShape>(in, body, trade_, out);
    if (equals<"depthUpdate">(event)) return read_one<DepthShape>(in, body, depth_, out);
    if (equals<"24hrTicker">(event)) return read_one<TickerShape>(in, body, ticker_, out);
    if (equals<"kline">(event)) return read_one<CandleMessageShape>(in, body, candle_, out);
    if (!equals<"serverShutdown">(event)) return Verdict::unknown;
    reading.reconnect_soon = true;
    return Verdict::control;
  }

  template <class In>
  Verdict read_whole_book(In& in, std::string_view body, std::string_view symbol, Output& out) {
    whole_book_.symbol = symbol;
    whole_book_.is_snapshot = true;
    return read_one<WholeBookShape>(in, body, whole_book_, out);
  }

  JsonReader json_;
  std::int64_t requests_made_ = 0;
  std::string refusal_;
  Envelope envelope_;  // scratch, as what follows
  Head head_;
  TradeMessage trade_;
  QuoteMessage quote_;
  DepthMessage depth_, whole_book_;
  Message<Ticker> ticker_;
  CandleMessage candle_;
};

}  // namespace

std::unique_ptr<Adapter> make_binance() {
  return std::make_unique<Binance>();
}

}  // namespace mp::venue
