// Blockchain.com Exchange, spot. Source: https://exchange.blockchain.com/api/
#include "venue/members.hpp"
#include "venue/session_memory.hpp"
#include "venue/support.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

constexpr std::string_view kSymbol = R"("{symbol}")";
constexpr std::array kRoutes = {
    Route{Channel::trade, kSymbol, "documented", R"("trades")"},
    Route{Channel::book, kSymbol, "recorded 2021-04-17", R"("l2")"},
    Route{Channel::ticker, kSymbol, "documented", R"("ticker")"},
    Route{Channel::candle, kSymbol, "documented", R"("prices","granularity":{interval})"},
};
constexpr std::array kEndpoints = {
    Endpoint{.target = "/v3/exchange/symbols",
             .also = "/mercury-gateway/v1/instruments",
             .evidence = "recorded 2021-04-17",
             .source = "exchange.blockchain.com/api, Symbol Status"},
};
constexpr std::array kIntervals = {
    Interval{"1m", "60"},   Interval{"5m", "300"},   Interval{"15m", "900"},
    Interval{"1h", "3600"}, Interval{"6h", "21600"}, Interval{"1d", "86400"},
};
constexpr std::array<std::string_view, 1> kHello = {
    R"({"action":"subscribe","channel":"heartbeat"})"};
constexpr Traits kTraits = {
    .name = "blockchain-com",
    .docs_url = "https://exchange.blockchain.com/api/",
    .ws_url = "wss://ws.prod.blockchain.info",
    .path = "/mercury-gateway/v1/ws",
    .origin = "https://exchange.blockchain.com",
    .rest_url = "https://api.blockchain.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    .requests = {.hello = kHello,
                 .subscribe = R"({"action":"subscribe","symbol":{topics},"channel":{group}})",
                 .unsubscribe = R"({"action":"unsubscribe","symbol":{topics},"channel":{group}})",
                 .source = "exchange.blockchain.com/api, Websocket API, Requests; Channels"},
    .ping = {},  // heartbeats, every 5 s
    .limits = {.topics_per_session = 200,
               .topics_per_request = 1,
               .requests = {10, 1s},  // 1200 in a minute
               .connects = {1, 1s},
               .rest_calls = {2, 1s},
               .source = "exchange.blockchain.com/api, Rate Limits"},
    .book = {.start = BookStart::stream_snapshot, .link = BookLink::none},
    .book_source = "exchange.blockchain.com/api, L2 Order Book; Sequence Numbers",
    .stale_after = 30s,
};

// "seqnum" counts the messages of a session.
struct Head {
  std::optional<std::int64_t> number;
  std::optional<std::string_view> event, channel, symbol;
};
using HeadShape = Loose<Field<"seqnum", &Head::number>, Field<"event", &Head::event>,
                        Field<"channel", &Head::channel>, Field<"symbol", &Head::symbol>>;
using RefusalShape = Loose<Field<"text", &Refusal::message>>;

using BookMessage = Message<Book>;
using BookShape = Loose<Field<"symbol", &Facts::symbol>, Field<"timestamp", &Facts::time, kRfc3339>,
                        Field<"bids", &BookMessage::bid_levels, kLevelKeys<"px", "qty">>,
                        Field<"asks", &BookMessage::ask_levels, kLevelKeys<"px", "qty">>>;

using TradeShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"timestamp", &Facts::time, kRfc3339>,
          Field<"side", &Trade::side>, Field<"qty", &Trade::quantity>,
          Field<"price", &Trade::price>, Id<"trade_id", &Trade::trade_id, kRequired>>;

using TickerShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"price_24h", &Ticker::open_price>,
          Field<"volume_24h", &Ticker::volume>, Field<"last_trade_price", &Ticker::last_price>>;

// A candle does not say its interval: it is the one that the session asked for, which the
// acknowledgement repeats.
struct CandleMessage : MessageFacts {
  std::optional<Candle> row;
};
using CandleRow = Row<cell<&Candle::open_time, kSeconds>, &Candle::open, &Candle::high,
                      &Candle::low, &Candle::close, cell<&Candle::volume, kRequired>>;
using CandleShape =
    Loose<Field<"symbol", &Facts::symbol>, Object<"price", &CandleMessage::row, CandleRow>>;
struct Granularity {
  std::optional<std::string_view> text;
};
using GranularityShape = Loose<Id<"granularity", &Granularity::text>>;

// An object by symbol; in recordings a list, whose members say their symbols.
struct InstrumentMessage : Message<InstrumentInfo> {
  std::optional<std::int64_t> tick, tick_places, lot, lot_places;
};
using InstrumentShape =
    Loose<Field<"symbol", &Facts::symbol, kKept>, Field<"base_currency", &InstrumentInfo::base>,
          Field<"counter_currency", &InstrumentInfo::quote>,
          Field<"min_price_increment", &InstrumentMessage::tick>,
          Field<"min_price_increment_scale", &InstrumentMessage::tick_places>,
          Field<"lot_size", &InstrumentMessage::lot>,
          Field<"lot_size_scale", &InstrumentMessage::lot_places>,
          Field<"status", &InstrumentInfo::status>>;
using ProblemShape = Loose<Field<"error", &Refusal::message>>;  // by REST

// So many of 10^-places.
std::optional<Decimal> scaled(std::optional<std::int64_t> count,
                              std::optional<std::int64_t> places) {
  if (!count || !places || *places < 0 || *places > -kDecimalExponentMin) return std::nullopt;
  return Decimal{.mantissa = *count, .exponent = static_cast<std::int8_t>(-*places)};
}
void send(InstrumentMessage& message, Output& out) {
  if (const auto tick = scaled(message.tick, message.tick_places)) message.tick_size = Price{*tick};
  if (const auto lot = scaled(message.lot, message.lot_places)) message.lot_size = Quantity{*lot};
  if (message.status == "open") message.status = "trading";
  send<InstrumentInfo>(message, out);
}

std::optional<Channel> channel_of(std::string_view name) {
  if (equals<"l2">(name)) return Channel::book;
  if (equals<"trades">(name)) return Channel::trade;
  if (equals<"ticker">(name)) return Channel::ticker;
  return equals<"prices">(name) ? std::optional{Channel::candle} : std::nullopt;
}

class BlockchainCom final : public JsonDecoder<BlockchainCom> {
 public:
  using JsonDecoder::JsonDecoder;

  Reading read(std::string_view frame, Timestamp ts_recv, EventHandler& handler) override {
    head_ = {};
    Reading reading = JsonDecoder::read(frame, ts_recv, handler);
    numbers_.check(head_.number, reading);
    return reading;
  }

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<HeadShape>(frame, head_)) return Verdict::malformed;
    if (!head_.event || !head_.channel) return Verdict::unknown;
    const auto event = *head_.event;
    const auto channel = *head_.channel;
    if (equals<"heartbeat">(channel)) return Verdict::control;
    if (equals<"subscribed", "unsubscribed", "rejected">(event))
      return read_answer(in, event, frame, reading);
    const bool whole = equals<"snapshot">(event);
    if (!whole && !equals<"updated">(event)) return Verdict::unknown;
    if (equals<"l2">(channel)) {
      book_.is_snapshot = whole;
      return read_one<BookShape>(in, frame, book_, out);
    }
    if (equals<"trades">(channel)) return read_one<TradeShape>(in, frame, trade_, out);
    if (equals<"ticker">(channel)) return read_one<TickerShape>(in, frame, ticker_, out);
    return equals<"prices">(channel) ? read_candle(in, frame, out) : Verdict::unknown;
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    RowList<InstrumentMessage> instruments;
    if (body.starts_with('[')) return read_all<InstrumentShape>(in, body, instruments, out);
    if (read_problem<ProblemShape>(in, body, problem) == Verdict::rejected)
      return Verdict::rejected;
    std::vector<JsonMember> members;
    if (!members_of(body, members) || members.empty()) return Verdict::malformed;
    if (!read_members<InstrumentShape>(in, members, instruments)) return Verdict::malformed;
    return send_all(instruments, out);
  }

  // "BTC-USD".
  static std::optional<InstrumentInfo> derive(std::string_view symbol) {
    return pair_spelled(symbol, '-');
  }

 private:
  Verdict read_answer(auto& in, std::string_view event, std::string_view frame, Reading& reading) {
    const auto symbol = head_.symbol.value_or("");
    const auto channel = channel_of(*head_.channel);
    if (equals<"rejected">(event)) {
      if (!in.template read<RefusalShape>(frame, refusal_)) return Verdict::malformed;
      answer(Condition::rejected, symbol, channel);
      return refuse(reading, "", refusal_.message.value_or("rejected"));
    }
    if (equals<"unsubscribed">(event)) return Verdict::control;
    if (channel == Channel::candle) {
      if (!in.template read<GranularityShape>(frame, granularity_)) return Verdict::malformed;
      if (granularity_.text) intervals_.of(symbol).assign(*granularity_.text);
    }
    answer(Condition::subscribed, symbol, channel);
    return Verdict::control;
  }

  Verdict read_candle(auto& in, std::string_view frame, Output& out) {
    if (!in.template read<CandleShape>(frame, candles_)) return Verdict::malformed;
    if (!candles_.row) return Verdict::data;  // none yet
    const std::string_view word = intervals_.of(candles_.symbol);
    candles_.row->interval = our_interval(traits(), word);
    out(candles_.symbol, std::nullopt, *candles_.row);
    return Verdict::data;
  }

  MessageNumbers numbers_;
  Latest<std::string> intervals_;  // the venue's words, of what was subscribed
  Head head_;                      // scratch, as what follows
  Refusal refusal_;
  Granularity granularity_;
  BookMessage book_;
  Message<Trade> trade_;
  Message<Ticker> ticker_;
  CandleMessage candles_;
};

}  // namespace

std::unique_ptr<Adapter> make_blockchain_com() {
  return std::make_unique<JsonVenue<BlockchainCom>>(kTraits);
}

}  // namespace mp::venue
