// Kraken Futures, WebSocket v1. Source: https://docs.kraken.com/api/docs/futures-api/websocket/book
#include "venue/contract_facts.hpp"
#include "venue/kraken_names.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

constexpr std::string_view kTopic = R"("{symbol}")";
constexpr std::array kRoutes = {
    Route{Channel::trade, kTopic, "recorded 2021-04-17", "trade"},
    Route{Channel::quote, kTopic, "pair tardis", "ticker"},
    Route{Channel::book, kTopic, "recorded 2021-04-17", "book"},
    Route{Channel::ticker, kTopic, "pair tardis", "ticker"},
    Route{Channel::funding, kTopic, "pair tardis", "ticker"},
    Route{Channel::open_interest, kTopic, "pair tardis", "ticker"},
    Route{Channel::liquidation, kTopic, "documented", "trade"},
    Route{Channel::mark_price, kTopic, "pair tardis", "ticker"},
    Route{Channel::index_price, kTopic, "pair tardis", "ticker"},
};
constexpr std::array kEndpoints = {
    Endpoint{.target = "/derivatives/api/v3/instruments", .evidence = "recorded 2021-04-17"},
};
// Without it a session of quiet instruments would look dead.
constexpr std::array<std::string_view, 1> kHello = {R"({"event":"subscribe","feed":"heartbeat"})"};
constexpr Traits kTraits = {
    .name = "kraken-futures",
    .docs_url = "https://docs.kraken.com/api/docs/futures-api/websocket/book",
    .ws_url = "wss://futures.kraken.com",
    .path = "/ws/v1",
    .rest_url = "https://futures.kraken.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .requests = {.hello = kHello,
                 .subscribe = R"({"event":"subscribe","feed":"{group}","product_ids":[{topics}]})",
                 .unsubscribe =
                     R"({"event":"unsubscribe","feed":"{group}","product_ids":[{topics}]})",
                 .source = "futures-api, WebSocket, Book; Heartbeat"},
    .ping = {.text = R"({"event":"ping"})",
             .every = 30s,
             .pace = PingPace::regular,
             .source = "futures-api, WebSocket, Introduction"},  // at least once in 60 s
    .limits = {.topics_per_session = 100,
               .topics_per_request = 50,
               .requests = {2, 1s},
               .connects = {1, 1s},  // 100 connections at a time
               .rest_calls = {1, 1s},
               .source = "futures-api, WebSocket, Introduction, Rate limits"},
    .book = {.start = BookStart::stream_snapshot, .link = BookLink::first},
    .book_source = "futures-api, WebSocket, Book, seq",
};

struct Head {
  std::optional<std::string_view> event, feed;
};
using HeadShape = Loose<Field<"event", &Head::event>, Field<"feed", &Head::feed>>;

struct Notice {
  std::optional<std::string_view> message;
  std::vector<std::string_view> products;
};
using NoticeShape =
    Loose<Field<"message", &Notice::message>, Field<"product_ids", &Notice::products, kOptional>>;

struct TradeMessage : Message<Trade> {
  std::optional<std::string_view> type;
};
template <auto... By>
using TradeOf =
    Shape<Skip<"feed">, Field<"product_id", &Facts::symbol>, Field<"uid", &Trade::trade_id>,
          Field<"side", &Trade::side>, Field<"type", &TradeMessage::type>, Skip<"seq">,
          Field<"time", &Facts::time, By...>, Field<"qty", &Trade::quantity>,
          Field<"price", &Trade::price>>;
using TradeShape = TradeOf<>;
using Trades = Batch<TradeMessage>;
using TradesShape = Loose<Rows<"trades", &Trades::rows, TradeShape>>;

using BookMessage = Message<Book>;
using BookShape =
    Loose<Field<"product_id", &Facts::symbol>, Field<"timestamp", &Facts::time, kMilliseconds>,
          Field<"seq", &Book::last_sequence, kRequired>,
          Field<"bids", &BookMessage::bid_levels, kLevelKeys<"price", "qty">>,
          Field<"asks", &BookMessage::ask_levels, kLevelKeys<"price", "qty">>>;
struct Change : Facts {
  std::optional<Side> side;
  std::int64_t sequence = 0;
  Price price;
  Quantity quantity;
};
template <auto... By>
using ChangeOf =
    Shape<Skip<"feed">, Field<"product_id", &Facts::symbol>, Field<"side", &Change::side>,
          Field<"seq", &Change::sequence>, Field<"price", &Change::price>,
          Field<"qty", &Change::quantity>, Field<"timestamp", &Facts::time, By...>>;

// Times may have a fraction or an exponent: those of the messages that come most at a second try.
template <class Plain, class Any, class M>
[[nodiscard]] bool read_timed(auto& in, std::string_view frame, M& message) {
  if (in.template read<Plain>(frame, message) && message.time) return true;
  return in.template read<Any>(frame, message);
}

struct TickerMessage : TickerWithQuote, ContractFacts {};
// "ticker_lite" has some of these keys, and neither sizes nor a time. "funding_rate" is an amount
// for a contract.
using TickerShape =
    Loose<Field<"time", &Facts::time, kMilliseconds>, Field<"product_id", &Facts::symbol>,
          Field<"relative_funding_rate", &ContractFacts::funding_rate>,
          Field<"relative_funding_rate_prediction", &ContractFacts::predicted_rate>,
          Field<"next_funding_rate_time", &ContractFacts::next_funding, kMilliseconds>,
          Field<"bid", &Ticker::bid_price>, Field<"ask", &Ticker::ask_price>,
          Field<"bid_size", &TickerMessage::bid_quantity>,
          Field<"ask_size", &TickerMessage::ask_quantity>, Field<"volume", &Ticker::volume>,
          Field<"volumeQuote", &Ticker::quote_volume>, Field<"index", &ContractFacts::index_price>,
          Field<"last", &Ticker::last_price>, Field<"openInterest", &ContractFacts::open_interest>,
          Field<"markPrice", &ContractFacts::mark_price>, Field<"open", &Ticker::open_price>,
          Field<"high", &Ticker::high_price>, Field<"low", &Ticker::low_price>>;
void send(TickerMessage& ticker, Output& out) {
  send(static_cast<TickerWithQuote&>(ticker), out);
  send_facts(ticker, ticker, out);
}

struct InstrumentMessage : Message<InstrumentInfo> {
  std::string_view type;
  std::optional<std::string_view> pair, underlying;
  bool tradeable = false;
};
using InstrumentShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"type", &InstrumentMessage::type>,
          Field<"pair", &InstrumentMessage::pair>,
          Field<"underlying", &InstrumentMessage::underlying>,
          Field<"lastTradingTime", &InstrumentInfo::expiry, kRfc3339>,
          Field<"tickSize", &InstrumentInfo::tick_size>,
          Field<"contractSize", &InstrumentInfo::contract_size>,
          Field<"contractValueTradePrecision", &InstrumentInfo::lot_size, kStepOfPlaces>,
          Field<"tradeable", &InstrumentMessage::tradeable>>;
using Listing = Batch<InstrumentMessage>;
using ListingShape =
    Loose<Field<"result", &Listing::code, kRequired>, Field<"error", &Listing::words>,
          Rows<"instruments", &Listing::rows, InstrumentShape, kOptional>>;
// Symbols stand in capitals in messages, once in small letters in the listing.
void send(const InstrumentMessage& in, Output& out) {
  if (!in.type.starts_with("futures") && !in.type.starts_with("flexible")) return;  // indices
  InstrumentInfo info = in;
  std::string pair{in.pair.value_or("")};  // "XBT:USD", "AAPLx:USD", "xbt:usd"
  if (pair == lower_case(pair)) pair = upper_case(pair);
  if (const auto under = in.underlying.value_or(""); pair.empty() && under.size() > 6)
    pair = upper_case(under.substr(3)).insert(under.size() - 6, ":");  // "rr_xbtusd"
  const auto part = parts_of(pair, ':');
  if (part.count != 2) return;
  info.kind = info.expiry ? InstrumentKind::future : InstrumentKind::perpetual;
  info.base = kraken::asset_named(part[0]);
  info.quote = kraken::asset_named(part[1]);
  info.settle = in.type == "futures_inverse" ? info.base : info.quote;
  info.status = in.tradeable ? "trading" : "halted";
  out(upper_case(in.symbol), std::nullopt, info);
}

class KrakenFutures final : public JsonDecoder<KrakenFutures> {
 public:
  using JsonDecoder::JsonDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<HeadShape>(frame, head_)) return Verdict::malformed;
    if (head_.event) return read_notice(in, frame, reading);
    const auto feed = head_.feed.value_or("");
    if (equals<"book">(feed)) return read_change(in, frame, out, reading);
    if (equals<"trade">(feed)) return read_trade(in, frame, out);
    if (equals<"ticker", "ticker_lite">(feed))
      return read_one<TickerShape>(in, frame, ticker_, out);
    if (equals<"book_snapshot">(feed)) return read_book(in, frame, out);
    if (equals<"trade_snapshot">(feed))  // the last ones before the subscription: not new
      return in.template read<TradesShape>(frame, trades_) ? Verdict::data : Verdict::malformed;
    return equals<"heartbeat">(feed) ? Verdict::control : Verdict::unknown;
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    Listing listing;
    if (!in.template read<ListingShape>(body, listing)) return Verdict::malformed;
    if (is_refusal(listing, "success", problem)) return Verdict::rejected;
    return send_all(listing.rows, out);
  }

 private:
  Verdict read_notice(auto& in, std::string_view frame, Reading& reading) {
    if (!in.template read<NoticeShape>(frame, notice_)) return Verdict::malformed;
    const auto event = *head_.event;
    if (equals<"error", "alert", "subscribed_failed", "unsubscribed_failed">(event))
      return refuse(reading, {}, notice_.message.value_or(event));
    if (!equals<"subscribed">(event)) return Verdict::control;
    for (const auto product : notice_.products)
      answer_shared(Condition::subscribed, product, channel_named(head_.feed.value_or("")));
    return Verdict::control;
  }

  Verdict read_trade(auto& in, std::string_view frame, Output& out) {
    if (!read_timed<TradeShape, TradeOf<kMilliseconds>>(in, frame, trade_))
      return Verdict::malformed;
    send<Trade>(trade_, out);
    if (trade_.type == "liquidation") {
      out(trade_.symbol, trade_.time, Liquidation{{}, trade_.price, trade_.quantity, trade_.side});
    }
    return Verdict::data;
  }

  Verdict read_book(auto& in, std::string_view frame, Output& out) {
    if (!in.template read<BookShape>(frame, book_)) return Verdict::malformed;
    book_.drop_levels([](const Level& level) { return level.quantity_mantissa <= 0; });
    book_.is_snapshot = true;
    send(book_, out);
    return Verdict::data;
  }

  // A change is of one level. A quantity below zero has been seen for none.
  Verdict read_change(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!read_timed<ChangeOf<>, ChangeOf<kMilliseconds>>(in, frame, change_))
      return Verdict::malformed;
    if (!change_.side) return reading.problem = R"("side" is no side)", Verdict::malformed;
    if (change_.quantity.decimal.mantissa < 0) change_.quantity = {};
    const Level level{change_.price, change_.quantity};
    Book book;
    book.last_sequence = change_.sequence;
    (change_.side == Side::buy ? book.bids : book.asks) = {&level, 1};
    out(change_.symbol, change_.time, book);
    return Verdict::data;
  }

  Head head_;  // scratch, as what follows
  Notice notice_;
  TradeMessage trade_;
  Trades trades_;
  BookMessage book_;
  Change change_;
  TickerMessage ticker_;
};

}  // namespace

std::unique_ptr<Adapter> make_kraken_futures() {
  return std::make_unique<JsonVenue<KrakenFutures>>(kTraits);
}

}  // namespace mp::venue
