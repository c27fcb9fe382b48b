// Coinbase International Exchange (INTX), its own feed. Source:
// https://docs.cdp.coinbase.com/international-exchange/websocket-feed/websocket-channels
// It has public data only, yet its first subscription must be signed with an API key, which we do
// not do: live, the venue refuses until that is added; recordings are read. Since 2026-09-09
// Coinbase Advanced trades these instruments through another gateway, which speaks Deribit's
// protocol.
#include "venue/coinbase_common.hpp"
#include "venue/contract_facts.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

constexpr std::string_view kTopic = R"("{symbol}")";
constexpr std::array kRoutes = {
    Route{Channel::trade, kTopic, "documented", "MATCH"},
    Route{Channel::quote, kTopic, "documented", "LEVEL1"},
    Route{Channel::book, kTopic, "documented", "LEVEL2"},
    Route{Channel::candle, kTopic, "documented", "CANDLES_{interval}"},
    Route{Channel::funding, kTopic, "documented", "FUNDING"},
    Route{Channel::open_interest, kTopic, "documented", "RISK"},
    Route{Channel::mark_price, kTopic, "documented", "RISK"},
    Route{Channel::index_price, kTopic, "documented", "RISK"},
    Route{Channel::instrument, kTopic, "documented", "INSTRUMENTS"},
};
constexpr std::array kEndpoints = {
    Endpoint{.target = "/api/v1/instruments", .evidence = "documented"},
};
constexpr std::array kIntervals = {
    Interval{"1m", "ONE_MINUTE"}, Interval{"5m", "FIVE_MINUTES"}, Interval{"30m", "THIRTY_MINUTES"},
    Interval{"1h", "ONE_HOUR"},   Interval{"2h", "TWO_HOURS"},    Interval{"1d", "ONE_DAY"},
};
constexpr Traits kTraits = {
    .name = "coinbase-international",
    .docs_url =
        "https://docs.cdp.coinbase.com/international-exchange/websocket-feed/websocket-overview",
    .ws_url = "wss://ws-md.international.coinbase.com",
    .rest_url = "https://api.international.coinbase.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    .requests = {.subscribe = R"({"type":"SUBSCRIBE","product_ids":[{topics}],)"
                              R"("channels":["{group}"],"time":"{now_s}"})",
                 .unsubscribe = R"({"type":"UNSUBSCRIBE","product_ids":[{topics}],)"
                                R"("channels":["{group}"],"time":"{now_s}"})",
                 .source = "websocket-overview, Subscribe; websocket-authentication"},
    .ping = {},
    .limits = {.topics_per_session = 50,
               .topics_per_request = 20,
               .requests = {5, 1s},
               .connects = {1, 1s},  // a subscription must come within 3 s
               .rest_calls = {5, 1s},
               .source = "rest-api, Rate limits; websocket-overview, Subscribe"},
    // Numbers are the session's (Reading::broken), not a book's.
    .book = {.start = BookStart::stream_snapshot, .link = BookLink::none},
    .book_source = "websocket-channels, LEVEL2 channel; websocket-overview, Sequence numbers",
};

// What all messages have.
struct Head {
  std::optional<std::string_view> channel, type, message, reason;
  std::optional<std::int64_t> sequence;
};
using HeadShape = Loose<Field<"sequence", &Head::sequence>, Field<"channel", &Head::channel>,
                        Field<"type", &Head::type>, Field<"message", &Head::message>,
                        Field<"reason", &Head::reason>>;

using coinbase::kTime;

using TradeShape =
    Loose<Id<"match_id", &Trade::trade_id, kRequired>, Field<"trade_price", &Trade::price>,
          Field<"trade_qty", &Trade::quantity>, Field<"aggressor_side", &Trade::side>,
          Field<"time", &Facts::time, kTime>, Field<"product_id", &Facts::symbol>>;

using QuoteShape =
    Loose<Field<"bid_price", &Quote::bid_price>, Field<"bid_qty", &Quote::bid_quantity>,
          Field<"ask_price", &Quote::ask_price>, Field<"ask_qty", &Quote::ask_quantity>,
          Field<"time", &Facts::time, kTime>, Field<"product_id", &Facts::symbol>>;

// "is_final": false tells what the rate of the running hour is going to be.
using FundingShape = Loose<Field<"funding_rate", &Funding::rate>,
                           Field<"time", &Facts::time, kTime>, Field<"product_id", &Facts::symbol>>;
using RiskShape = Loose<Field<"index_price", &ContractFacts::index_price>,
                        Field<"mark_price", &ContractFacts::mark_price>,
                        Field<"open_interest", &ContractFacts::open_interest>,
                        Field<"time", &Facts::time, kTime>, Field<"product_id", &Facts::symbol>>;

using IndexShape = Loose<Field<"price", &IndexPrice::price>, Field<"time", &Facts::time, kTime>,
                         Field<"product_id", &Facts::symbol>>;

struct CandleMessage : Facts {
  std::optional<Timestamp> start;
  std::optional<Price> open, high, low, close;
  std::optional<Quantity> volume;
};
template <class Start>
using CandleFrom =
    Loose<Start, Field<"open", &CandleMessage::open>, Field<"high", &CandleMessage::high>,
          Field<"low", &CandleMessage::low>, Field<"close", &CandleMessage::close>,
          Field<"volume", &CandleMessage::volume>>;
using CandleStart = Field<"start", &CandleMessage::start, kRfc3339>;
using CandleShape = CandleFrom<CandleStart>;
// In a list the start may be called "time", which is the message's own elsewhere.
using ListedCandleShape =
    CandleFrom<OneOf<CandleStart, Field<"time", &CandleMessage::start, kRfc3339>>>;
struct Candles {
  std::string_view symbol;
  RowList<CandleMessage> list;
};
using CandlesShape = Loose<Field<"product_id", &Candles::symbol>,
                           Rows<"candles", &Candles::list, ListedCandleShape, kOptional>>;

using Subscriptions = Batch<coinbase::Subscribed>;
using SubscriptionsShape = Loose<Rows<"channels", &Subscriptions::rows, coinbase::SubscribedShape>>;

struct InstrumentMessage : Message<InstrumentInfo> {
  std::string_view type;
};
// The listing and the stream name two of the keys in their own ways.
template <Key Symbol, Key Type>
using InstrumentOf =
    Loose<Field<Symbol, &Facts::symbol>, Field<Type, &InstrumentMessage::type>,
          Field<"base_asset_name", &InstrumentInfo::base>,
          Field<"quote_asset_name", &InstrumentInfo::quote>,
          Field<"base_increment", &InstrumentInfo::lot_size>,
          Field<"quote_increment", &InstrumentInfo::tick_size>,
          Field<"trading_state", &InstrumentInfo::status>, Field<"time", &Facts::time, kTime>>;
using InstrumentShape = InstrumentOf<"symbol", "type">;
using StreamedShape = InstrumentOf<"product_id", "instrument_type">;
void send(const InstrumentMessage& message, Output& out) {
  InstrumentInfo info = message;
  const std::string status = lower_case(info.status);
  info.status = status == "halt" ? "halted" : std::string_view{status};
  if (message.type == "PERP") {
    info.kind = InstrumentKind::perpetual;
    info.settle = info.quote;
  }
  if (message.type == "PERP" || message.type == "SPOT") out(message.symbol, message.time, info);
}

constexpr std::string_view kCandles = "CANDLES_";
std::optional<Channel> channel_of(std::string_view name) {
  if (name.starts_with(kCandles)) return Channel::candle;
  for (const Route& route : kRoutes) {
    if (route.group == name) return route.channel;
  }
  return std::nullopt;
}

// "FIVE_MINUTES", also "FIVE_MINUTE".
std::string_view interval_named(std::string_view word) {
  for (const Interval& each : kIntervals) {
    if (each.theirs.starts_with(word) && each.theirs.size() - word.size() < 2) return each.ours;
  }
  return word;
}

class CoinbaseInternational final : public coinbase::CoinbaseDecoder<CoinbaseInternational> {
 public:
  using CoinbaseDecoder::CoinbaseDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<HeadShape>(frame, head_)) return Verdict::malformed;
    number_ = head_.sequence;
    const auto channel = head_.channel.value_or("");
    if (equals<"REJECT">(channel) || (head_.message && head_.reason))
      return refuse(reading, head_.message.value_or("refused"), head_.reason.value_or(""));
    if (equals<"LEVEL2">(channel)) {
      return head_.type == "SNAPSHOT" ? coinbase::read_whole(in, frame, book_, out)
                                      : coinbase::read_changes(in, frame, changes_, out, reading);
    }
    if (equals<"LEVEL1">(channel)) return read_one<QuoteShape>(in, frame, quote_, out);
    if (equals<"RISK">(channel)) return read_one<RiskShape>(in, frame, risk_, out);
    if (equals<"FUNDING">(channel)) return read_one<FundingShape>(in, frame, funding_, out);
    if (equals<"INSTRUMENTS">(channel)) return read_one<StreamedShape>(in, frame, instrument_, out);
    if (channel.starts_with(kCandles)) return read_candles(in, frame, channel, out);
    if (equals<"INDEX">(channel)) return read_one<IndexShape>(in, frame, index_, out);
    if (equals<"SUBSCRIPTIONS">(channel)) return read_subscriptions(in, frame);
    if (equals<"RFQ_MATCH">(channel)) return Verdict::control;  // off the book
    if (!equals<"MATCH">(channel)) return Verdict::unknown;
    if (!in.template read<TradeShape>(frame, trade_)) return Verdict::malformed;
    if (head_.type != "SNAPSHOT") send(trade_, out);  // else from before: not new
    return Verdict::data;
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    if (body.starts_with('{')) return read_problem(in, body, problem);
    RowList<InstrumentMessage> instruments;
    return read_all<InstrumentShape>(in, body, instruments, out);
  }

  static std::optional<InstrumentInfo> derive(std::string_view symbol) {
    return coinbase::spot_spelled(symbol);
  }

 private:
  // A snapshot has a list, an update is one; what does not tell all of a candle is passed over.
  Verdict read_candles(auto& in, std::string_view frame, std::string_view channel, Output& out) {
    if (!in.template read<CandlesShape>(frame, candles_)) return Verdict::malformed;
    if (!in.template read<CandleShape>(frame, candle_)) return Verdict::malformed;
    const auto interval = interval_named(channel.substr(kCandles.size()));
    const auto give = [&](const CandleMessage& in_) {
      if (!in_.start || !in_.open || !in_.high || !in_.low || !in_.close || !in_.volume) return;
      out(candles_.symbol, std::nullopt,
          Candle{interval,
                 *in_.start,
                 {},
                 *in_.open,
                 *in_.high,
                 *in_.low,
                 *in_.close,
                 *in_.volume,
                 {},
                 {},
                 {}});
    };
    for (const CandleMessage& each : candles_.list) give(each);
    give(candle_);
    return Verdict::data;
  }

  Verdict read_subscriptions(auto& in, std::string_view frame) {
    if (!in.template read<SubscriptionsShape>(frame, subscriptions_)) return Verdict::malformed;
    answer_new(subscriptions_.rows, &channel_of);
    return Verdict::control;
  }

  Head head_;  // scratch, as what follows
  Message<Trade> trade_;
  QuoteOfZeros quote_;
  Message<Book> book_;
  coinbase::Changes changes_;
  Message<Funding> funding_;
  Message<ContractFacts> risk_;
  Message<IndexPrice> index_;
  CandleMessage candle_;
  Candles candles_;
  Subscriptions subscriptions_;
  InstrumentMessage instrument_;
};

}  // namespace

std::unique_ptr<Adapter> make_coinbase_international() {
  return std::make_unique<JsonVenue<CoinbaseInternational>>(kTraits);
}

}  // namespace mp::venue
