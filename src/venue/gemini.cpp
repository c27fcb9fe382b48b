// Gemini, market data v2. Source: https://docs.gemini.com/websocket/market-data/v2
#include <array>

#include "venue/support.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

constexpr std::string_view kSymbol = R"("{symbol}")";
constexpr std::array kRoutes = {
    Route{Channel::trade, kSymbol, "recorded 2021-04-05", "l2"},
    Route{Channel::book, kSymbol, "recorded 2021-04-05", "l2"},
    Route{Channel::candle, kSymbol, "documented", "candles_{interval}"},
};
constexpr std::string_view kRisk = "/v1/riskstats/{symbol}";  // of perpetual swaps
constexpr std::string_view kRiskSource = "docs.gemini.com, rest/derivatives, Get Risk Stats";
constexpr std::array kEndpoints = {
    Endpoint{.target = "/v1/symbols/details/all",
             .evidence = "pair fixtures",
             .source = "docs.gemini.com, rest/market-data, Symbol Details"},
    // Of one instrument: not asked for, but recordings have it.
    Endpoint{.target = "/v1/symbols/details/{name}",
             .evidence = "recorded 2021-06-24",
             .source = "docs.gemini.com, rest/market-data, Symbol Details"},
    Endpoint{.kind = RestKind::poll,
             .target = "/v2/ticker/{symbol}",
             .channel = Channel::ticker,
             .every = 60s,
             .evidence = "documented",
             .source = "docs.gemini.com, rest/market-data, Ticker V2"},
    Endpoint{.kind = RestKind::poll,
             .target = kRisk,
             .channel = Channel::mark_price,
             .every = 60s,
             .evidence = "documented",
             .source = kRiskSource},
    Endpoint{.kind = RestKind::poll,
             .target = kRisk,
             .channel = Channel::index_price,
             .every = 60s,
             .evidence = "documented",
             .source = kRiskSource},
    Endpoint{.kind = RestKind::poll,
             .target = kRisk,
             .channel = Channel::open_interest,
             .every = 60s,
             .evidence = "documented",
             .source = kRiskSource},
};
constexpr auto kIntervals = same_words({"1m", "5m", "15m", "30m", "1h", "6h", "1d"});
constexpr Traits kTraits = {
    .name = "gemini",
    .docs_url = "https://docs.gemini.com/",
    .ws_url = "wss://api.gemini.com",
    .path = "/v2/marketdata",
    .rest_url = "https://api.gemini.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    .requests = {.subscribe = R"({"type":"subscribe","subscriptions":[)"
                              R"({"name":"{group}","symbols":[{topics}]}]})",
                 .unsubscribe = R"({"type":"unsubscribe","subscriptions":[)"
                                R"({"name":"{group}","symbols":[{topics}]}]})",
                 .source = "docs.gemini.com, websocket/market-data/v2"},
    .ping = {},  // the venue sends heartbeats, every 5 s
    .limits = {.topics_per_session = 100,
               .topics_per_request = 50,
               .requests = {2, 1s},
               .connects = {1, 1s},
               .rest_calls = {2, 1s},  // 120 in a minute
               .rest_calls_at_once = 1,
               .source = "docs.gemini.com, rate-limits"},
    .book = {.start = BookStart::stream_snapshot, .link = BookLink::none},
    .book_source = "docs.gemini.com, websocket/market-data/v2, Level 2 data",
};

struct Head {
  std::optional<std::string_view> type, result, reason, message;
};
using HeadShape = Shape<Field<"type", &Head::type>, Field<"result", &Head::result>,
                        Field<"reason", &Head::reason>, Field<"message", &Head::message>, Rest>;

// The id has had other names.
template <Key Name>
using TradeWith = Loose<Field<"symbol", &Facts::symbol>, Id<Name, &Trade::trade_id, kRequired>,
                        Field<"timestamp", &Facts::time, kRequired>, Field<"price", &Trade::price>,
                        Field<"quantity", &Trade::quantity>, Field<"side", &Trade::side>>;

using TradeShape = TradeWith<"event_id">;

struct Change {
  std::optional<Side> side;
  Price price;
  Quantity quantity;
};
// Without a time. The first one of a symbol is the whole book: it alone has the trades and auctions
// before. Those trades are history and are not handed over.
struct BookMessage : Message<Book> {
  RowList<Change> changes;
  std::optional<Raw> trades, auctions;
};
using ChangeShape = Row<&Change::side, &Change::price, &Change::quantity>;
using BookShape =
    Loose<Field<"symbol", &Facts::symbol>, Rows<"changes", &BookMessage::changes, ChangeShape>,
          Field<"trades", &BookMessage::trades>, Field<"auction_events", &BookMessage::auctions>>;
void send(BookMessage& book, Output& out) {
  book.is_snapshot = book.trades || book.auctions;
  book.clear_levels();
  for (const Change& change : book.changes)
    book.levels(*change.side).emplace_back(change.price, change.quantity);
  send(static_cast<const Message<Book>&>(book), out);
}

struct CandleMessage : Facts {
  RowList<Candle> candles;  // the newest first
};
using CandleShape = Row<cell<&Candle::open_time, kMilliseconds>, &Candle::open, &Candle::high,
                        &Candle::low, &Candle::close, cell<&Candle::volume, kRequired>>;
using CandlesShape =
    Loose<Field<"symbol", &Facts::symbol>, Rows<"changes", &CandleMessage::candles, CandleShape>>;

struct InstrumentMessage : Message<InstrumentInfo> {
  std::optional<std::string_view> product;
};
// "tick_size" is the step of quantities.
using InstrumentShape = Loose<
    Field<"symbol", &Facts::symbol>, Field<"base_currency", &InstrumentInfo::base>,
    Field<"quote_currency", &InstrumentInfo::quote>, Field<"tick_size", &InstrumentInfo::lot_size>,
    Field<"quote_increment", &InstrumentInfo::tick_size>, Field<"status", &InstrumentInfo::status>,
    Field<"product_type", &InstrumentMessage::product>>;
void send(const InstrumentMessage& in, Output& out) {
  InstrumentInfo info = in;
  const auto product = in.product.value_or("spot");
  if (product != "spot" && product != "swap") return;
  if (product == "swap") {
    info.kind = InstrumentKind::perpetual;
    info.settle = info.quote;
  }
  if (info.status == "open") info.status = "trading";
  out(in.symbol, std::nullopt, info);
}

// Prices over the last 24 hours, by REST.
using TickerShape =
    Loose<Field<"close", &Ticker::last_price, kRequired>, Field<"open", &Ticker::open_price>,
          Field<"high", &Ticker::high_price>, Field<"low", &Ticker::low_price>,
          Field<"bid", &Ticker::bid_price>, Field<"ask", &Ticker::ask_price>>;
struct RiskMessage {
  Price mark;
  std::optional<Price> index;
  std::optional<Quantity> interest;
  std::optional<Decimal> value;
};
using RiskShape =
    Loose<Field<"mark_price", &RiskMessage::mark>, Field<"index_price", &RiskMessage::index>,
          Field<"open_interest", &RiskMessage::interest>,
          Field<"open_interest_notional", &RiskMessage::value>>;

class Gemini final : public JsonDecoder<Gemini> {
 public:
  using JsonDecoder::JsonDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<HeadShape>(frame, head_)) return Verdict::malformed;
    if (head_.result == "error")
      return refuse(reading, head_.reason.value_or(""), head_.message.value_or(""));
    if (!head_.type) return Verdict::unknown;
    const auto type = *head_.type;
    if (equals<"l2_updates">(type)) return read_book(in, frame, out, reading);
    if (equals<"trade">(type)) return read_trade(in, frame, out);
    if (type.starts_with(kCandles)) return read_candles(in, type, frame, out);
    return equals<"heartbeat", "subscription_ack", "auction_open", "auction_indicative",
                  "auction_result">(type)
               ? Verdict::control
               : Verdict::unknown;
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall& call, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    Head head;
    const bool is_list = body.starts_with('[');
    if (!is_list && !in.template read<HeadShape>(body, head)) return Verdict::malformed;
    if (head.result == "error") return problem = head.reason.value_or(""), Verdict::rejected;
    if (call.kind == RestKind::poll) return read_poll(in, call, body, out);
    RowList<InstrumentMessage> rows;
    if (is_list) return read_all<InstrumentShape>(in, body, rows, out);
    return read_one<InstrumentShape>(in, body, rows.next(), out);
  }

 private:
  static constexpr std::string_view kCandles = "candles_";

  static Verdict read_poll(auto& in, const RestCall& call, std::string_view body, Output& out) {
    if (call.channel == Channel::ticker) {
      Ticker ticker;
      if (!in.template read<TickerShape>(body, ticker)) return Verdict::malformed;
      out(call.symbol, std::nullopt, ticker);
      return Verdict::data;
    }
    RiskMessage risk;
    if (!in.template read<RiskShape>(body, risk)) return Verdict::malformed;
    out(call.symbol, std::nullopt, MarkPrice{risk.mark});
    if (risk.index) out(call.symbol, std::nullopt, IndexPrice{*risk.index});
    if (risk.interest) {
      out(call.symbol, std::nullopt, OpenInterest{.quantity = *risk.interest, .value = risk.value});
    }
    return Verdict::data;
  }

  Verdict read_trade(auto& in, std::string_view frame, Output& out) {
    if (!in.template read<TradeShape>(frame, trade_) &&
        !in.template read<TradeWith<"eventid">>(frame, trade_) &&
        !in.template read<TradeWith<"tid">>(frame, trade_))
      return read_one<TradeShape>(in, frame, trade_, out);  // for its words
    send(trade_, out);
    return Verdict::data;
  }

  Verdict read_book(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<BookShape>(frame, book_)) return Verdict::malformed;
    for (const Change& change : book_.changes) {
      if (change.side) continue;
      reading.problem = "\"changes\": a side that is neither buy nor sell";
      return Verdict::malformed;
    }
    send(book_, out);
    return Verdict::data;
  }

  // "candles_15m_updates". The first one brings a day of them.
  Verdict read_candles(auto& in, std::string_view type, std::string_view frame, Output& out) {
    if (!in.template read<CandlesShape>(frame, candles_)) return Verdict::malformed;
    const auto word =
        type.substr(kCandles.size(), type.find('_', kCandles.size()) - kCandles.size());
    const auto interval = our_interval(traits(), word);
    for (Candle& candle : candles_.candles) {
      candle.interval = interval;
      out(candles_.symbol, std::nullopt, candle);
    }
    return Verdict::data;
  }

  Head head_;  // scratch, as all that follows
  Message<Trade> trade_;
  BookMessage book_;
  CandleMessage candles_;
};

}  // namespace

std::unique_ptr<Adapter> make_gemini() {
  return std::make_unique<JsonVenue<Gemini>>(kTraits);
}

}  // namespace mp::venue
