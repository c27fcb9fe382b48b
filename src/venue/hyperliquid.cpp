// Hyperliquid: perpetuals, spot pairs ("@107", "PURR/USDC") and the perpetuals of its builders
// ("dex:COIN"). Source: https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api
#include <algorithm>
#include <array>

#include "venue/contract_facts.hpp"
#include "venue/hyperliquid_listing.hpp"
#include "venue/recent_trades.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes
using namespace hyperliquid;

constexpr std::string_view kContext = R"({"type":"activeAssetCtx","coin":"{symbol}"})";
constexpr std::array kRoutes = {
    Route{Channel::trade, R"({"type":"trades","coin":"{symbol}"})", "pair hyperliquid.ndjson"},
    Route{Channel::quote, R"({"type":"bbo","coin":"{symbol}"})", "pair hyperliquid.ndjson"},
    Route{Channel::book, R"({"type":"l2Book","coin":"{symbol}"})", "documented"},
    Route{Channel::ticker, kContext, "documented"},
    Route{Channel::candle, R"({"type":"candle","coin":"{symbol}","interval":"{interval}"})",
          "pair hyperliquid.ndjson"},
    Route{Channel::funding, kContext, "documented"},
    Route{Channel::open_interest, kContext, "documented"},
    Route{Channel::mark_price, kContext, "documented"},
    Route{Channel::index_price, kContext, "documented"},
};
constexpr Endpoint info_call(std::string_view body, std::string_view evidence) {
  return {.target = "/info",
          .method = Method::post,
          .body = body,
          .weight = 20,
          .evidence = evidence,
          .source = "info-endpoint"};
}
constexpr std::array kEndpoints = {
    info_call(R"({"type":"meta"})", "pair hyperliquid.ndjson"),
    info_call(R"({"type":"spotMeta"})", "pair hyperliquid.ndjson"),
    info_call(R"({"type":"allPerpMetas"})", "documented"),
};
constexpr auto kIntervals = same_words(
    {"1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h", "1d", "3d", "1w", "1M"});
constexpr Traits kTraits = {
    .name = "hyperliquid",
    .docs_url = "https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api",
    .ws_url = "wss://api.hyperliquid.xyz",
    .path = "/ws",
    .rest_url = "https://api.hyperliquid.xyz",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    .requests = {.subscribe = R"({"method":"subscribe","subscription":{topics}})",
                 .unsubscribe = R"({"method":"unsubscribe","subscription":{topics}})",
                 .source = "websocket/subscriptions"},
    .ping = {.text = R"({"method":"ping"})",
             .every = 25s,  // after 60 s without a message of its own the venue closes
             .source = "websocket/timeouts-and-heartbeats"},
    .limits = {.topics_per_session = 100,  // 1000 for an address, over all sessions
               .topics_per_request = 1,
               .requests = {20, 1s},  // 2000 in a minute
               .connects = {1, 3s},   // 30 in a minute, 10 at once
               .rest_weight = {1200, 1min},
               .rest_calls_at_once = 2,
               .source = "rate-limits-and-user-limits"},
    .book = {.start = BookStart::every_message, .depth_max = 20},
    .book_source = "websocket/subscriptions, WsBook: a snapshot, of 20 levels a side at most",
};

// The channel of a subscription's type in an answer.
std::optional<Channel> channel_of(std::string_view type) {
  const std::string key = std::string{R"({"type":")"}.append(type).append("\"");
  const auto route =
      std::ranges::find_if(kRoutes, [&](const Route& each) { return each.topic.starts_with(key); });
  return route == kRoutes.end() ? std::nullopt : std::optional{route->channel};
}

struct Envelope {
  std::string_view channel;
  std::optional<Raw> data;
};
using EnvelopeShape = Shape<Field<"channel", &Envelope::channel>, Tail<"data", &Envelope::data>>;

struct Topic {
  std::string_view type;
  std::optional<std::string_view> coin;
};
using TopicShape = Loose<Field<"type", &Topic::type>, Field<"coin", &Topic::coin>>;
struct Answer {
  std::string_view method;
  Topic topic;
};
using AnswerShape =
    Loose<Field<"method", &Answer::method>, Object<"subscription", &Answer::topic, TopicShape>>;
using RefusalShape = Loose<Field<"data", &Refusal::message, kRequired>>;

using TradeMessage = Message<Trade>;
using TradeShape = Loose<Field<"coin", &Facts::symbol>,
                         Field<"side", &Trade::side, kSides<"B", "A">>, Field<"px", &Trade::price>,
                         Field<"sz", &Trade::quantity>, Field<"time", &Facts::time, kRequired>,
                         Skip<"hash">, Id<"tid", &Trade::trade_id, kRequired>>;

struct Sides {
  std::vector<Level> bids, asks;
};
struct BookMessage : Facts {
  Sides levels;
};
using BookShape = Loose<Field<"coin", &Facts::symbol>, Field<"time", &Facts::time, kRequired>,
                        Object<"levels", &BookMessage::levels,
                               Row<cell<&Sides::bids, kLevelKeys<"px", "sz">, kOptional>,
                                   cell<&Sides::asks, kLevelKeys<"px", "sz">, kOptional>>>>;

// A side without orders is null.
struct BestSides {
  std::optional<Raw> bid, ask;
};
struct QuoteMessage : Message<Quote> {
  BestSides best;
};
using QuoteShape = Loose<Field<"coin", &Facts::symbol>, Field<"time", &Facts::time, kRequired>,
                         Object<"bbo", &QuoteMessage::best, Row<&BestSides::bid, &BestSides::ask>>>;
using BidShape =
    Loose<Field<"px", &Quote::bid_price, kRequired>, Field<"sz", &Quote::bid_quantity, kRequired>>;
using AskShape =
    Loose<Field<"px", &Quote::ask_price, kRequired>, Field<"sz", &Quote::ask_quantity, kRequired>>;

using CandleShape =
    Loose<Field<"t", &Candle::open_time>, Field<"T", &Candle::close_time>,
          Field<"s", &Facts::symbol>, Field<"i", &Candle::interval>, Field<"o", &Candle::open>,
          Field<"c", &Candle::close>, Field<"h", &Candle::high>, Field<"l", &Candle::low>,
          Field<"v", &Candle::volume, kRequired>, Field<"n", &Candle::trades>>;

// Without a time, and without the price of the last trade. Spot pairs have fewer facts.
using ContextShape = Loose<
    Field<"coin", &Facts::symbol>,
    Inside<"ctx", Field<"funding", &ContractFacts::funding_rate>,
           Field<"openInterest", &ContractFacts::open_interest>,
           Field<"prevDayPx", &Ticker::open_price>, Field<"dayNtlVlm", &Ticker::quote_volume>,
           Field<"dayBaseVlm", &Ticker::volume>, Field<"oraclePx", &ContractFacts::index_price>,
           Field<"markPx", &ContractFacts::mark_price>>>;

struct ContextMessage : ContractTicker {};
void send(const ContextMessage& context, Output& out) {
  if (context.open_price) send<Ticker>(context, out);
  send_facts(context, context, out);
}

constexpr std::string_view kGreeting = "Websocket connection established.";

class Hyperliquid final : public JsonDecoder<Hyperliquid> {
 public:
  using JsonDecoder::JsonDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<EnvelopeShape>(frame, envelope_))
      return frame == kGreeting ? Verdict::control : Verdict::malformed;
    const auto channel = envelope_.channel;
    if (equals<"pong">(channel)) return Verdict::control;
    if (!envelope_.data) return Verdict::unknown;
    const std::string_view data = envelope_.data->json;
    if (equals<"l2Book">(channel)) return read_book(in, data, out);
    if (equals<"bbo">(channel)) return read_quote(in, data, out);
    if (equals<"trades">(channel)) return read_trades(in, data, out);
    if (equals<"activeAssetCtx", "activeSpotAssetCtx">(channel)) {
      // Funding is paid every hour, and the rate is the hour's (docs: trading/funding).
      context_.funding_hours = Decimal{1, 0};
      return read_one<ContextShape>(in, data, context_, out);
    }
    if (equals<"candle">(channel)) {
      return read_some<CandleShape>(in, data, candles_) ? send_all(candles_, out)
                                                        : Verdict::malformed;
    }
    if (equals<"subscriptionResponse">(channel)) return read_answer(in, data);
    if (equals<"error">(channel)) return read_refusal(in, frame, reading);
    return Verdict::unknown;
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body,
                           Output& out, RestReading&, std::string&) {
    if (!body.starts_with('[')) {
      Universe universe;
      return read_one<UniverseShape>(in, body, universe, out);
    }
    // Of all the venues within the venue; the first is its own, which "meta" lists.
    RowList<Universe> universes;
    if (!in.template read_rows<UniverseShape>(body, universes)) return Verdict::malformed;
    for (std::size_t i = 1; i < universes.size(); ++i) send(universes[i], out);
    return Verdict::data;
  }

 private:
  Verdict read_book(auto& in, std::string_view data, Output& out) {
    if (!in.template read<BookShape>(data, book_)) return Verdict::malformed;
    Book book;
    book.is_snapshot = true;
    book.bids = book_.levels.bids;
    book.asks = book_.levels.asks;
    out(book_.symbol, book_.time, book);
    return Verdict::data;
  }

  Verdict read_quote(auto& in, std::string_view data, Output& out) {
    if (!in.template read<QuoteShape>(data, quote_)) return Verdict::malformed;
    static_cast<Quote&>(quote_) = {};
    const auto& [bid, ask] = quote_.best;
    if (bid && !in.template read<BidShape>(bid->json, quote_)) return Verdict::malformed;
    if (ask && !in.template read<AskShape>(ask->json, quote_)) return Verdict::malformed;
    send(quote_, out);
    return Verdict::data;
  }

  // The first message of a subscription repeats recent trades.
  Verdict read_trades(auto& in, std::string_view data, Output& out) {
    if (!in.template read_rows<TradeShape>(data, trades_)) return Verdict::malformed;
    for (const TradeMessage& trade : trades_) {
      if (recent_.of(trade.symbol).is_new(*trade.trade_id)) send(trade, out);
    }
    for (const TradeMessage& trade : trades_) recent_.of(trade.symbol).replayed = false;
    return Verdict::data;
  }

  Verdict read_answer(auto& in, std::string_view data) {
    if (!in.template read<AnswerShape>(data, answer_)) return Verdict::malformed;
    if (answer_.method != "subscribe") return Verdict::control;
    const auto& [type, coin] = answer_.topic;
    answer_shared(Condition::subscribed, coin.value_or(""), channel_of(type));
    if (type == "trades" && coin) recent_.of(*coin).replayed = true;
    return Verdict::control;
  }

  // The words end with the subscription or the request: Invalid subscription {"type":...}
  Verdict read_refusal(auto& in, std::string_view frame, Reading& reading) {
    if (!in.template read<RefusalShape>(frame, refusal_)) return Verdict::malformed;
    const std::string_view words = *refusal_.message;
    const auto json = words.substr(std::min(words.find('{'), words.size()));
    const bool has_it = words.starts_with("Already subscribed");
    if (!has_it && in.template read<TopicShape>(json, answer_.topic))
      answer_shared(Condition::rejected, answer_.topic.coin.value_or(""),
                    channel_of(answer_.topic.type));
    return refuse(reading, "", words);
  }

  Envelope envelope_;  // scratch, as what follows
  RowList<TradeMessage> trades_;
  BookMessage book_;
  QuoteMessage quote_;
  RowList<Message<Candle>> candles_;
  ContextMessage context_;
  Answer answer_;
  Refusal refusal_;
  Latest<RecentTrades> recent_;  // of the session
};

}  // namespace

std::unique_ptr<Adapter> make_hyperliquid() {
  return std::make_unique<JsonVenue<Hyperliquid>>(kTraits);
}

}  // namespace mp::venue
