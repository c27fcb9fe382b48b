// Coinbase Advanced Trade. Source:
// https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels
#include <algorithm>

#include "venue/coinbase_common.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

constexpr std::string_view kTopic = R"("{symbol}")";
constexpr std::array kRoutes = {
    Route{Channel::trade, kTopic, "recorded 2026-08-09", "market_trades"},
    Route{Channel::quote, kTopic, "recorded 2026-08-09", "ticker"},
    Route{Channel::book, kTopic, "recorded 2026-08-09", "level2"},
    Route{Channel::ticker, kTopic, "recorded 2026-08-09", "ticker"},
    Route{Channel::candle, kTopic, "recorded 2026-08-09", "candles"},
};
constexpr std::array kEndpoints = {
    Endpoint{.target = "/api/v3/brokerage/market/products", .evidence = "recorded 2026-08-09"},
    Endpoint{.target = "/api/v3/brokerage/market/products?product_type=FUTURE",
             .evidence = "documented"},
};
constexpr auto kIntervals = same_words({"5m"});
// Channels close when they are quiet for a minute, unless there are heartbeats.
constexpr std::array<std::string_view, 1> kHello = {
    R"({"type":"subscribe","channel":"heartbeats"})"};
constexpr Traits kTraits = {
    .name = "coinbase-advanced",
    .docs_url =
        "https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/"
        "websocket-channels",
    .ws_url = "wss://advanced-trade-ws.coinbase.com",
    .rest_url = "https://api.coinbase.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    .requests = {.hello = kHello,
                 .subscribe =
                     R"({"type":"subscribe","product_ids":[{topics}],"channel":"{group}"})",
                 .unsubscribe =
                     R"({"type":"unsubscribe","product_ids":[{topics}],"channel":"{group}"})",
                 .source = "websocket-overview, Subscribing; websocket-channels, Heartbeats"},
    .ping = {},
    .limits = {.topics_per_session = 50,
               .topics_per_request = 20,
               .requests = {1, 150ms},  // 8 a second
               .connects = {1, 1s},     // 8 are allowed
               .rest_calls = {5, 1s},   // 10
               .source = "websocket-rate-limits; rest-api, Rate limits"},
    // Numbers are the session's (Reading::broken), not a book's.
    .book = {.start = BookStart::stream_snapshot, .link = BookLink::none},
    .book_source = "websocket-channels, Level2 channel; websocket-overview, Sequence numbers",
    .stale_after = 30s,
};

struct Envelope {
  std::optional<std::string_view> channel, type, message;
  std::optional<Timestamp> sent;
  std::optional<std::int64_t> sequence;
  std::optional<Raw> events;
};
using EnvelopeShape =
    Shape<Field<"channel", &Envelope::channel>, Skip<"client_id">,
          Field<"timestamp", &Envelope::sent, coinbase::kTime>,
          Field<"sequence_num", &Envelope::sequence>, Field<"type", &Envelope::type>,
          Field<"message", &Envelope::message>, Tail<"events", &Envelope::events>>;

// An event of most channels: a list of messages.
template <class M>
struct ListOf {
  std::optional<std::string_view> type;
  RowList<M> list;
};
template <Key K, class M, class S, auto... Options>
using ListShape = Shape<Field<"type", &ListOf<M>::type>, Rows<K, &ListOf<M>::list, S, Options...>>;

using TradeShape =
    Shape<Field<"product_id", &Facts::symbol>, Id<"trade_id", &Trade::trade_id, kRequired>,
          Field<"price", &Trade::price>, Field<"size", &Trade::quantity>,
          Field<"time", &Facts::time, coinbase::kTime>, Field<"side", &Trade::side, kMakersSide>>;

// Asks are "offer", or "ask".
struct BookSide {
  [[nodiscard]] static bool convert(const Scalar& scalar, std::optional<Side>& out) {
    out.reset();
    if (equals<"bid">(scalar.text)) out = Side::buy;
    if (equals<"offer", "ask">(scalar.text)) out = Side::sell;
    return true;
  }
};
constexpr BookSide kBookSide{};
struct Change {
  std::optional<Side> side;
  std::optional<Timestamp> time;
  Price price;
  Quantity quantity;
};
using ChangeShape =
    Shape<Field<"side", &Change::side, kBookSide>,
          Field<"event_time", &Change::time, coinbase::kTime>, Field<"price_level", &Change::price>,
          Field<"new_quantity", &Change::quantity>>;
struct Changes {
  std::string_view type, symbol;
  RowList<Change> changes;
};
template <auto... Options>
using ChangesOf = Shape<Field<"type", &Changes::type>, Field<"product_id", &Changes::symbol>,
                        Rows<"updates", &Changes::changes, ChangeShape, Options...>>;
using ChangesShape = ChangesOf<>;

using TickerMessage = TickerWithQuote;
using TickerShape =
    Loose<Field<"product_id", &Facts::symbol>, Field<"price", &Ticker::last_price>,
          Field<"volume_24_h", &Ticker::volume>, Field<"low_24_h", &Ticker::low_price>,
          Field<"high_24_h", &Ticker::high_price>, Field<"best_bid", &Ticker::bid_price>,
          Field<"best_ask", &Ticker::ask_price>,
          Field<"best_bid_quantity", &TickerMessage::bid_quantity>,
          Field<"best_ask_quantity", &TickerMessage::ask_quantity>>;

using CandleShape =
    Loose<Field<"start", &Candle::open_time, kSeconds>, Field<"high", &Candle::high>,
          Field<"low", &Candle::low>, Field<"open", &Candle::open>, Field<"close", &Candle::close>,
          Field<"volume", &Candle::volume, kRequired>, Field<"product_id", &Facts::symbol>>;

using Symbols = std::vector<std::string_view>;
struct Subscribed {
  Symbols trades, tickers, candles, books;
};
using SubscribedShape =
    Loose<Inside<"subscriptions", Field<"market_trades", &Subscribed::trades, kOptional>,
                 Field<"ticker", &Subscribed::tickers, kOptional>,
                 Field<"candles", &Subscribed::candles, kOptional>,
                 Field<"level2", &Subscribed::books, kOptional>>>;

struct InstrumentMessage : Message<InstrumentInfo> {
  std::optional<std::string_view> type, root, expiry_type;
  std::optional<bool> disabled;
  std::optional<Price> quote_increment;
};
using InstrumentShape = Loose<
    OneOf<Field<"product_id", &Facts::symbol>, Field<"id", &Facts::symbol>>,
    Field<"base_increment", &InstrumentInfo::lot_size>,
    Field<"quote_increment", &InstrumentMessage::quote_increment>,
    Field<"status", &InstrumentInfo::status>,
    Field<"trading_disabled", &InstrumentMessage::disabled>,
    Field<"product_type", &InstrumentMessage::type>,
    OneOf<Field<"quote_currency_id", &InstrumentInfo::quote>,
          Field<"quote_currency", &InstrumentInfo::quote>>,
    OneOf<Field<"base_currency_id", &InstrumentInfo::base>,
          Field<"base_currency", &InstrumentInfo::base>>,
    Field<"price_increment", &InstrumentInfo::tick_size>,
    Inside<"future_product_details", Field<"contract_expiry_type", &InstrumentMessage::expiry_type>,
           Field<"contract_root_unit", &InstrumentMessage::root>,
           Field<"contract_size", &InstrumentInfo::contract_size>,
           Field<"contract_expiry", &InstrumentInfo::expiry, kRfc3339>>>;

void send(InstrumentMessage& message, Output& out) {
  InstrumentInfo& info = message;
  if (message.type == "FUTURE") {
    const bool ends = message.expiry_type == "EXPIRING";
    info.kind = ends ? InstrumentKind::future : InstrumentKind::perpetual;
    if (!ends) info.expiry.reset();
    if (message.root) info.base = *message.root;
  }
  if (info.base.empty() || info.quote.empty()) return;
  if (!info.tick_size) info.tick_size = message.quote_increment;
  if (info.status == "online" || info.status.empty()) info.status = "trading";
  if (message.disabled.value_or(false) && info.status == "trading") info.status = "halted";
  send<InstrumentInfo>(message, out);
}

class CoinbaseAdvanced final : public coinbase::CoinbaseDecoder<CoinbaseAdvanced> {
 public:
  using CoinbaseDecoder::CoinbaseDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<EnvelopeShape>(frame, envelope_)) return Verdict::malformed;
    number_ = envelope_.sequence;
    if (envelope_.type == "error") return refuse(reading, {}, envelope_.message.value_or("error"));
    if (!envelope_.channel || !envelope_.events) return Verdict::unknown;
    const auto channel = *envelope_.channel;
    const auto events = envelope_.events->json;
    if (equals<"l2_data">(channel)) return read_changes(in, events, out, reading);
    if (equals<"market_trades">(channel))
      return read_lists<"trades", TradeShape>(in, events, trades_, out);
    if (equals<"ticker", "ticker_batch">(channel))
      return read_lists<"tickers", TickerShape>(in, events, tickers_, out);
    if (equals<"candles">(channel))
      return read_lists<"candles", CandleShape>(in, events, candles_, out);
    if (equals<"status">(channel))
      return read_lists<"products", InstrumentShape>(in, events, instruments_, out);
    if (equals<"subscriptions">(channel)) return read_subscriptions(in, events);
    return equals<"heartbeats">(channel) ? Verdict::control : Verdict::unknown;
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    if (read_problem(in, body, problem) == Verdict::rejected) return Verdict::rejected;
    ListOf<InstrumentMessage> listing;
    if (!in.template read<ListShape<"products", InstrumentMessage, InstrumentShape>>(body, listing))
      return Verdict::malformed;
    return send_all(listing.list, out);
  }

  static std::optional<InstrumentInfo> derive(std::string_view symbol) {
    return coinbase::spot_spelled(symbol);
  }

 private:
  template <Key K, class S, class M>
  Verdict read_lists(auto& in, std::string_view text, RowList<ListOf<M>>& events, Output& out) {
    if (!in.template read_rows<ListShape<K, M, S, kOptional>>(text, events))
      return Verdict::malformed;
    constexpr bool kTrades = std::is_same_v<M, Message<Trade>>;
    for (auto& event : events) {
      if (kTrades && event.type == "snapshot") continue;  // from before the subscription: not new
      for (M& message : event.list) {
        if (!kTrades) message.time = envelope_.sent;
        if constexpr (std::is_same_v<M, Message<Candle>>)
          message.interval = kIntervals.front().ours;
        send(message, out);
      }
    }
    return Verdict::data;
  }

  Verdict read_changes(auto& in, std::string_view text, Output& out, Reading& reading) {
    const bool all_have = in.template read_rows<ChangesShape>(text, events_);
    if (!all_have && !in.template read_rows<ChangesOf<kOptional>>(text, events_))
      return Verdict::malformed;
    for (const Changes& event : events_) {
      for (const Change& change : event.changes) {
        if (!change.side) return reading.problem = R"("side" is no side)", Verdict::malformed;
      }
    }
    for (const Changes& event : events_) {
      if (!all_have && event.changes.empty()) continue;  // null tells nothing
      book_.clear_levels();
      book_.time.reset();
      for (const Change& change : event.changes) {
        book_.levels(*change.side).emplace_back(change.price, change.quantity);
        if (change.time) book_.time = std::max(book_.time.value_or(*change.time), *change.time);
      }
      if (!book_.time || book_.time == Timestamp{}) book_.time = envelope_.sent;
      book_.symbol = event.symbol;
      book_.is_snapshot = event.type == "snapshot";
      send(book_, out);
    }
    return Verdict::data;
  }

  Verdict read_subscriptions(auto& in, std::string_view text) {
    if (!in.template read_rows<SubscribedShape>(text, subscribed_)) return Verdict::malformed;
    for (const Subscribed& now : subscribed_) {
      answer_new(now.trades, Channel::trade);
      answer_new(now.tickers, Channel::ticker);
      answer_new(now.candles, Channel::candle);
      answer_new(now.books, Channel::book);
    }
    return Verdict::control;
  }

  Envelope envelope_;  // scratch, as what follows
  RowList<ListOf<Message<Trade>>> trades_;
  RowList<Changes> events_;
  Message<Book> book_;
  RowList<ListOf<TickerMessage>> tickers_;
  RowList<ListOf<Message<Candle>>> candles_;
  RowList<ListOf<InstrumentMessage>> instruments_;
  RowList<Subscribed> subscribed_;
};

}  // namespace

std::unique_ptr<Adapter> make_coinbase_advanced() {
  return std::make_unique<JsonVenue<CoinbaseAdvanced>>(kTraits);
}

}  // namespace mp::venue
