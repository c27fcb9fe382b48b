// Upbit, spot in Korea. Source: https://global-docs.upbit.com/reference (WebSocket)
#include "venue/support.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

// A request replaces what the session had asked for before. So each type of data has a session of
// its own (a path of its own, by a query that the venue does not read) with one request for all.
constexpr std::array kRoutes = {
    Route{Channel::trade, R"("{symbol}")", "recorded 2021-04-05", "trade",
          "/websocket/v1?type=trade"},
    Route{Channel::book, R"("{symbol}")", "recorded 2021-04-05", "orderbook",
          "/websocket/v1?type=orderbook"},
    Route{Channel::ticker, R"("{symbol}")", "pair upbit.net", "ticker",
          "/websocket/v1?type=ticker"},
    Route{Channel::candle, R"("{symbol}")", "pair upbit.net", "candle.{interval}",
          "/websocket/v1?type=candle.{interval}"},
};
constexpr std::array kEndpoints = {
    Endpoint{.target = "/v1/market/all", .evidence = "pair upbit.net"},
};
constexpr std::array kIntervals = {
    Interval{"1s", "1s"},   Interval{"1m", "1m"},   Interval{"3m", "3m"},
    Interval{"5m", "5m"},   Interval{"10m", "10m"}, Interval{"15m", "15m"},
    Interval{"30m", "30m"}, Interval{"1h", "60m"},  Interval{"4h", "240m"},
};
constexpr std::string_view kAsk =
    R"([{"ticket":"marketprism-{now_ms}-{id}"},{"type":"{group}","codes":[{topics}]}])";
constexpr Traits kTraits = {
    .name = "upbit",
    .docs_url = "https://global-docs.upbit.com/",
    .ws_url = "wss://api.upbit.com",
    .path = "/websocket/v1",
    .rest_url = "https://api.upbit.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    .requests = {.subscribe = kAsk,
                 .unsubscribe = kAsk,  // there is none: what is asked for replaces the rest
                 .source = "WebSocket, Request Format"},
    .ping = {.text = "PING", .every = 50s, .source = "WebSocket, Connection: 120 s idle"},
    .limits = {.topics_per_session = 500,
               .topics_per_request = 500,
               .requests = {4, 1s},  // 5 in a second, 100 in a minute
               .connects = {1, 1s},  // 5 in a second
               .rest_calls = {8, 1s},
               .source = "Rate Limits"},
    .book = {.start = BookStart::every_message, .link = BookLink::none},
    .book_source = "WebSocket, Orderbook",
    .stale_after = 120s,
};

// Every key has a short name too, which a request for {"format":"SIMPLE"} brings.
template <Key Long, Key Short, auto Member, auto... Options>
using Named = OneOf<Field<Long, Member, Options...>, Field<Short, Member, Options...>>;

struct Head {
  std::optional<std::string_view> type, status;
  std::optional<Raw> error;
};
using HeadShape = Shape<Named<"type", "ty", &Head::type>, Field<"status", &Head::status>,
                        Field<"error", &Head::error>, Rest>;
using RefusalShape = Loose<
    Inside<"error", Id<"name", &Refusal::code, kRequired>, Field<"message", &Refusal::message>>>;

using TradeShape =
    Loose<Named<"code", "cd", &Facts::symbol>,
          Named<"trade_timestamp", "ttms", &Facts::time, kRequired>,
          Named<"trade_price", "tp", &Trade::price>, Named<"trade_volume", "tv", &Trade::quantity>,
          Named<"ask_bid", "ab", &Trade::side, kSides<"BID", "ASK">>,
          OneOf<Id<"sequential_id", &Trade::trade_id, kRequired>,
                Id<"sid", &Trade::trade_id, kRequired>>>;

// A level of both sides; one that is missing has a price of 0.
struct Unit {
  Price ask_price, bid_price;
  Quantity ask_size, bid_size;
};
struct BookMessage : Message<Book> {
  RowList<Unit> units;
};
using UnitShape =
    Loose<Named<"ask_price", "ap", &Unit::ask_price>, Named<"bid_price", "bp", &Unit::bid_price>,
          Named<"ask_size", "as", &Unit::ask_size>, Named<"bid_size", "bs", &Unit::bid_size>>;
// Its time came in microseconds for some markets.
using BookShape =
    Loose<Named<"code", "cd", &Facts::symbol>, Named<"timestamp", "tms", &Facts::time, kRequired>,
          OneOf<Rows<"orderbook_units", &BookMessage::units, UnitShape>,
                Rows<"obu", &BookMessage::units, UnitShape>>>;
void send(BookMessage& book, Output& out) {
  book.is_snapshot = true;
  book.clear_levels();
  for (const Unit& unit : book.units) {
    if (!unit.bid_price.decimal.is_zero())
      book.bid_levels.emplace_back(unit.bid_price, unit.bid_size);
    if (!unit.ask_price.decimal.is_zero())
      book.ask_levels.emplace_back(unit.ask_price, unit.ask_size);
  }
  send(static_cast<const Message<Book>&>(book), out);
}

// Volumes are of 24 hours, the other prices of the day (UTC).
using TickerShape =
    Loose<Named<"code", "cd", &Facts::symbol>, Named<"timestamp", "tms", &Facts::time, kRequired>,
          Named<"trade_price", "tp", &Ticker::last_price, kRequired>,
          Named<"opening_price", "op", &Ticker::open_price>,
          Named<"high_price", "hp", &Ticker::high_price>,
          Named<"low_price", "lp", &Ticker::low_price>,
          Named<"acc_trade_volume_24h", "atv24h", &Ticker::volume>,
          Named<"acc_trade_price_24h", "atp24h", &Ticker::quote_volume>>;

// "2025-01-02T04:28:00" of UTC, without saying so.
struct UtcTime {
  static bool convert(const Scalar& scalar, Timestamp& out) {
    std::array<char, 40> text{};
    if (scalar.text.size() >= text.size()) return false;
    scalar.text.copy(text.data(), scalar.text.size());
    text[scalar.text.size()] = 'Z';
    return Rfc3339::convert({scalar.kind, {text.data(), scalar.text.size() + 1}}, out);
  }
};
constexpr UtcTime kUtcTime{};
using CandleShape =
    Loose<Named<"code", "cd", &Facts::symbol>, Named<"timestamp", "tms", &Facts::time, kRequired>,
          Named<"candle_date_time_utc", "cdttmu", &Candle::open_time, kUtcTime>,
          Named<"opening_price", "op", &Candle::open>, Named<"high_price", "hp", &Candle::high>,
          Named<"low_price", "lp", &Candle::low>, Named<"trade_price", "tp", &Candle::close>,
          Named<"candle_acc_trade_volume", "catv", &Candle::volume>,
          Named<"candle_acc_trade_price", "catp", &Candle::quote_volume>>;

// KRW-BTC: the quote comes first.
std::optional<InstrumentInfo> spelled_out(std::string_view symbol) {
  auto info = pair_spelled(symbol, '-');
  if (info) std::swap(info->base, info->quote);
  return info;
}

struct Market {
  std::string_view symbol;
};
using MarketShape = Loose<Field<"market", &Market::symbol>>;

class Upbit final : public JsonDecoder<Upbit> {
 public:
  using JsonDecoder::JsonDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<HeadShape>(frame, head_)) return Verdict::malformed;
    if (head_.error) {
      if (!in.template read<RefusalShape>(frame, refusal_)) return Verdict::malformed;
      return refuse(reading, refusal_);
    }
    if (!head_.type) return head_.status ? Verdict::control : Verdict::unknown;
    const auto type = *head_.type;
    if (equals<"orderbook">(type)) return read_one<BookShape>(in, frame, book_, out);
    if (equals<"trade">(type)) return read_one<TradeShape>(in, frame, trade_, out);
    if (equals<"ticker">(type)) return read_one<TickerShape>(in, frame, ticker_, out);
    constexpr std::string_view kCandle = "candle.";
    if (!type.starts_with(kCandle)) return Verdict::unknown;
    candle_.interval = our_interval(traits(), type.substr(kCandle.size()));
    return read_one<CandleShape>(in, frame, candle_, out);
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    RowList<Market> markets;
    if (!in.template read_rows<MarketShape>(body, markets)) {
      Refusal refusal;
      if (in.template read<RefusalShape>(body, refusal)) problem = *refusal.code;
      return Verdict::malformed;
    }
    for (const Market& market : markets) {
      auto info = spelled_out(market.symbol);
      if (!info) continue;
      info->status = "trading";  // it lists no other
      out(market.symbol, std::nullopt, *info);
    }
    return Verdict::data;
  }

  static std::optional<InstrumentInfo> derive(std::string_view symbol) {
    return spelled_out(symbol);
  }

 private:
  Head head_;  // scratch, as all that follows
  Refusal refusal_;
  BookMessage book_;
  Message<Trade> trade_;
  Message<Ticker> ticker_;
  Message<Candle> candle_;
};

}  // namespace

std::unique_ptr<Adapter> make_upbit() {
  return std::make_unique<JsonVenue<Upbit>>(kTraits);
}

}  // namespace mp::venue
