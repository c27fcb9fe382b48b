// Coinbase Exchange. Source: https://docs.cdp.coinbase.com/exchange/websocket-feed/channels
#include "venue/coinbase_common.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

constexpr std::string_view kTopic = R"("{symbol}")";
constexpr std::array kRoutes = {
    Route{Channel::trade, kTopic, "recorded 2021-04-17", "matches"},
    Route{Channel::quote, kTopic, "recorded 2021-04-17", "ticker"},
    Route{Channel::book, kTopic, "recorded 2021-04-17", "level2_batch"},
    Route{Channel::ticker, kTopic, "recorded 2021-04-17", "ticker"},
};
constexpr std::array kEndpoints = {
    Endpoint{.target = "/products", .evidence = "recorded 2021-04-17"},
    Endpoint{.kind = RestKind::trades,
             .target = "/products/{symbol}/trades?limit=1000&after={behind_id}",
             .channel = Channel::trade,
             .evidence = "documented",
             .source = "rest-api, Get product trades; Pagination"},
};
constexpr Traits kTraits = {
    .name = "coinbase",
    .docs_url = "https://docs.cdp.coinbase.com/exchange/websocket-feed/channels",
    .ws_url = "wss://ws-feed.exchange.coinbase.com",
    .rest_url = "https://api.exchange.coinbase.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    // Heartbeats come along, so that a session of quiet products is not taken for dead.
    .requests = {.subscribe = R"({"type":"subscribe","product_ids":[{topics}],)"
                              R"("channels":["{group}","heartbeat"]})",
                 .unsubscribe = R"({"type":"unsubscribe","product_ids":[{topics}],)"
                                R"("channels":["{group}"]})",
                 .source = "websocket-feed, Overview, Subscribe"},
    .ping = {},                           // heartbeats, one a second for each product
    .limits = {.topics_per_session = 50,  // 10 subscriptions of a product and channel
               .topics_per_request = 20,
               .requests = {1, 150ms},  // 100 a second
               .connects = {1, 1s},     // 8 are allowed
               .rest_calls = {5, 1s},   // 10
               .source = "websocket-feed, Rate limits; rest-api, Rate limits"},
    .trades_are_counted = true,
    .book = {.start = BookStart::stream_snapshot, .link = BookLink::none},
    .book_source = "websocket-feed, Channels, Level2 batch channel",
    .stale_after = 30s,
};

// The first keys of a message tell what it is. Errors have words.
struct Head {
  std::optional<std::string_view> type;
};
using HeadShape = Shape<Field<"type", &Head::type>, Rest>;
struct Notice {
  std::optional<std::string_view> message, reason;
  RowList<coinbase::Subscribed> channels;
};
using NoticeShape =
    Loose<Field<"message", &Notice::message>, Field<"reason", &Notice::reason>,
          Rows<"channels", &Notice::channels, coinbase::SubscribedShape, kOptional>>;

using TradeShape = Shape<Skip<"type">, Id<"trade_id", &Trade::trade_id, kRequired>,
                         Skip<"maker_order_id">, Skip<"taker_order_id">,
                         Field<"side", &Trade::side, kMakersSide>, Field<"size", &Trade::quantity>,
                         Field<"price", &Trade::price>, Field<"product_id", &Facts::symbol>,
                         Skip<"sequence">, Field<"time", &Facts::time, coinbase::kTime>>;

using PastTradeShape =
    Loose<Id<"trade_id", &Trade::trade_id, kRequired>, Field<"side", &Trade::side, kMakersSide>,
          Field<"size", &Trade::quantity>, Field<"price", &Trade::price>,
          Field<"time", &Facts::time, coinbase::kTime>>;

using TickerMessage = TickerWithQuote;
using TickerShape =
    Loose<Field<"sequence", &TickerMessage::sequence>, Field<"product_id", &Facts::symbol>,
          Field<"price", &Ticker::last_price>, Field<"open_24h", &Ticker::open_price>,
          Field<"volume_24h", &Ticker::volume>, Field<"low_24h", &Ticker::low_price>,
          Field<"high_24h", &Ticker::high_price>, Field<"best_bid", &Ticker::bid_price>,
          Field<"best_bid_size", &TickerMessage::bid_quantity>,
          Field<"best_ask", &Ticker::ask_price>,
          Field<"best_ask_size", &TickerMessage::ask_quantity>,
          Field<"time", &Facts::time, coinbase::kTime>>;

struct InstrumentMessage : Message<InstrumentInfo> {
  std::optional<bool> trading_disabled;
};
using InstrumentShape =
    Loose<Field<"id", &Facts::symbol>, Field<"base_currency", &InstrumentInfo::base>,
          Field<"quote_currency", &InstrumentInfo::quote>,
          Field<"quote_increment", &InstrumentInfo::tick_size>,
          Field<"base_increment", &InstrumentInfo::lot_size>,
          Field<"trading_disabled", &InstrumentMessage::trading_disabled>,
          Field<"status", &InstrumentInfo::status>>;
void send(InstrumentMessage& message, Output& out) {
  if (message.status == "online") message.status = "trading";
  if (message.trading_disabled.value_or(false)) message.status = "halted";
  send<InstrumentInfo>(message, out);
}

std::optional<Channel> channel_of(std::string_view name) {
  if (name == "matches") return Channel::trade;
  if (name.starts_with("level2")) return Channel::book;
  return channel_named(name);
}

class Coinbase final : public coinbase::CoinbaseDecoder<Coinbase> {
 public:
  using CoinbaseDecoder::CoinbaseDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<HeadShape>(frame, head_)) return Verdict::malformed;
    const auto type = head_.type.value_or("");
    if (equals<"l2update">(type)) return coinbase::read_changes(in, frame, changes_, out, reading);
    if (equals<"match">(type)) return read_one<TradeShape>(in, frame, trade_, out);
    if (equals<"ticker">(type)) return read_one<TickerShape>(in, frame, ticker_, out);
    if (equals<"snapshot">(type)) return coinbase::read_whole(in, frame, book_, out);
    if (equals<"last_match">(type))  // the one before the subscription: not new
      return in.template read<TradeShape>(frame, trade_) ? Verdict::data : Verdict::malformed;
    if (equals<"subscriptions", "error">(type)) return read_notice(in, frame, reading);
    return equals<"heartbeat", "status">(type) ? Verdict::control : Verdict::unknown;
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall& call, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    if (body.starts_with('{')) return read_problem(in, body, problem);
    if (call.kind == RestKind::trades) return read_trades<PastTradeShape>(in, call, body, out);
    RowList<InstrumentMessage> products;
    return read_all<InstrumentShape>(in, body, products, out);
  }

  static std::optional<InstrumentInfo> derive(std::string_view symbol) {
    return coinbase::spot_spelled(symbol);
  }

 private:
  Verdict read_notice(auto& in, std::string_view frame, Reading& reading) {
    if (!in.template read<NoticeShape>(frame, notice_)) return Verdict::malformed;
    if (head_.type == "error")
      return refuse(reading, notice_.message.value_or("error"), notice_.reason.value_or(""));
    answer_new(notice_.channels, &channel_of);
    return Verdict::control;
  }

  Head head_;  // scratch, as what follows
  Notice notice_;
  Message<Trade> trade_;
  Message<Book> book_;
  coinbase::Changes changes_;
  TickerMessage ticker_;
};

}  // namespace

std::unique_ptr<Adapter> make_coinbase() {
  return std::make_unique<JsonVenue<Coinbase>>(kTraits);
}

}  // namespace mp::venue
