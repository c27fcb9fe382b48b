// Poloniex, spot. Source: https://api-docs.poloniex.com/spot/
#include "venue/support.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

constexpr std::string_view kSymbol = R"("{symbol}")";
constexpr std::array kRoutes = {
    Route{Channel::trade, kSymbol, "recorded 2022-08-21", "trades"},
    Route{Channel::book, kSymbol, "recorded 2022-08-21", "book_lv2"},
    Route{Channel::ticker, kSymbol, "documented", "ticker"},
    Route{Channel::candle, kSymbol, "documented", "candles_{interval}"},
};
constexpr std::array kEndpoints = {
    Endpoint{.target = "/markets",
             .evidence = "recorded 2022-08-21",
             .source = "spot, Reference Data, Symbol Information"},
};
constexpr std::array kIntervals = {
    Interval{"1m", "minute_1"},   Interval{"5m", "minute_5"},   Interval{"10m", "minute_10"},
    Interval{"15m", "minute_15"}, Interval{"30m", "minute_30"}, Interval{"1h", "hour_1"},
    Interval{"2h", "hour_2"},     Interval{"4h", "hour_4"},     Interval{"6h", "hour_6"},
    Interval{"12h", "hour_12"},   Interval{"1d", "day_1"},      Interval{"3d", "day_3"},
    Interval{"1w", "week_1"},     Interval{"1M", "month_1"},
};
constexpr Traits kTraits = {
    .name = "poloniex",
    .docs_url = "https://api-docs.poloniex.com/spot/",
    .ws_url = "wss://ws.poloniex.com",
    .path = "/ws/public",
    .rest_url = "https://api.poloniex.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    .requests = {.subscribe = R"({"event":"subscribe","channel":["{group}"],"symbols":[{topics}]})",
                 .unsubscribe =
                     R"({"event":"unsubscribe","channel":["{group}"],"symbols":[{topics}]})",
                 .source = "spot, WebSocket, Subscriptions"},
    .ping = {.text = R"({"event":"ping"})",
             .every = 20s,
             .pace = PingPace::regular,
             .source = "spot, WebSocket, General Description: a message or a ping every 30 s"},
    .limits = {.topics_per_session = 400,
               .topics_per_request = 100,
               .requests = {10, 1s},  // 500 a second; 10 in 2022
               .connects = {1, 1s},
               .rest_calls = {10, 1s},  // 200 without a key
               .source = "spot, WebSocket, Restrictions, which names none of topics; Rate Limits"},
    .book = {.start = BookStart::stream_snapshot, .link = BookLink::previous, .depth_max = 20},
    .book_source = "spot, WebSocket, Market Data, Book Level 2",
};

// The first keys tell what a frame is: of an acknowledgement its event, of data its channel.
struct Head {
  std::optional<std::string_view> event, channel;
};
using HeadShape = Shape<Field<"event", &Head::event>, Field<"channel", &Head::channel>, Rest>;

struct Notice {
  std::optional<std::string_view> message;
  std::vector<std::string_view> symbols;
};
using NoticeShape =
    Loose<Field<"message", &Notice::message>, Field<"symbols", &Notice::symbols, kOptional>>;

template <class M, class S>
using BatchShape = Loose<Rows<"data", &Batch<M>::rows, S>>;

using TradeShape = Loose<Field<"symbol", &Facts::symbol>, Field<"quantity", &Trade::quantity>,
                         Field<"takerSide", &Trade::side>, Field<"createTime", &Facts::time>,
                         Field<"price", &Trade::price>, Id<"id", &Trade::trade_id, kRequired>>;

using BookMessage = Message<Book>;
using BookShape = Loose<Field<"symbol", &Facts::symbol>, Field<"asks", &BookMessage::ask_levels>,
                        Field<"bids", &BookMessage::bid_levels>,
                        Field<"lastId", &Book::previous_sequence, kRequired>,
                        Field<"id", &Book::last_sequence, kRequired>, Field<"ts", &Facts::time>>;
struct Books : Batch<BookMessage> {
  std::optional<std::string_view> action;
};
using BooksShape = Loose<Rows<"data", &Books::rows, BookShape>, Field<"action", &Books::action>>;

// "amount" is of the quote currency.
using TickerShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"high", &Ticker::high_price>,
          Field<"amount", &Ticker::quote_volume>, Field<"quantity", &Ticker::volume>,
          Field<"low", &Ticker::low_price>, Field<"close", &Ticker::last_price>,
          Field<"open", &Ticker::open_price>, Field<"ts", &Facts::time>>;
using CandleShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"amount", &Candle::quote_volume>,
          Field<"high", &Candle::high>, Field<"quantity", &Candle::volume, kRequired>,
          Field<"tradeCount", &Candle::trades>, Field<"low", &Candle::low>,
          Field<"closeTime", &Candle::close_time>, Field<"startTime", &Candle::open_time>,
          Field<"close", &Candle::close>, Field<"open", &Candle::open>, Field<"ts", &Facts::time>>;

using InstrumentMessage = Message<InstrumentInfo>;
using InstrumentShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"baseCurrencyName", &InstrumentInfo::base>,
          Field<"quoteCurrencyName", &InstrumentInfo::quote>,
          Field<"state", &InstrumentInfo::status>,
          Inside<"symbolTradeLimit", Field<"priceScale", &InstrumentInfo::tick_size, kStepOfPlaces>,
                 Field<"quantityScale", &InstrumentInfo::lot_size, kStepOfPlaces>>>;

constexpr std::string_view kCandles = "candles_";

std::optional<Channel> channel_of(std::string_view name) {
  if (equals<"trades">(name)) return Channel::trade;
  if (equals<"book_lv2">(name)) return Channel::book;
  if (name.starts_with(kCandles)) return Channel::candle;
  return equals<"ticker">(name) ? std::optional{Channel::ticker} : std::nullopt;
}

class Poloniex final : public JsonDecoder<Poloniex> {
 public:
  using JsonDecoder::JsonDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<HeadShape>(frame, head_)) return Verdict::malformed;
    if (head_.event) return read_notice(in, *head_.event, frame, reading);
    if (!head_.channel) return Verdict::unknown;
    const auto channel = *head_.channel;
    if (equals<"book_lv2">(channel)) {
      if (!in.template read<BooksShape>(frame, books_)) return Verdict::malformed;
      return send_all(books_.rows, out, [this](BookMessage& book) {
        book.is_snapshot = books_.action == "snapshot";
        if (book.is_snapshot) book.previous_sequence.reset();
      });
    }
    if (equals<"trades">(channel)) return read_batch<TradeShape>(in, frame, trades_, out);
    if (equals<"ticker">(channel)) return read_batch<TickerShape>(in, frame, tickers_, out);
    if (!channel.starts_with(kCandles)) return Verdict::unknown;
    if (!in.template read<BatchShape<Message<Candle>, CandleShape>>(frame, candles_))
      return Verdict::malformed;
    const auto interval = our_interval(traits(), channel.substr(kCandles.size()));
    return send_all(candles_.rows, out, [&](Candle& candle) { candle.interval = interval; });
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    if (body.starts_with('{')) return read_problem(in, body, problem);
    RowList<InstrumentMessage> markets;
    return read_all<InstrumentShape>(in, body, markets, out, [](InstrumentInfo& info) {
      if (info.status == "NORMAL") info.status = "trading";
      if (info.status == "PAUSE") info.status = "halted";
    });
  }

  // "BTC_USDT".
  static std::optional<InstrumentInfo> derive(std::string_view symbol) {
    return pair_spelled(symbol, '_');
  }

 private:
  Verdict read_notice(auto& in, std::string_view event, std::string_view frame, Reading& reading) {
    if (!in.template read<NoticeShape>(frame, notice_)) return Verdict::malformed;
    if (equals<"error">(event)) return refuse(reading, "", notice_.message.value_or("error"));
    if (equals<"subscribe">(event)) {
      const auto channel = channel_of(head_.channel.value_or(""));
      for (const auto symbol : notice_.symbols) answer(Condition::subscribed, symbol, channel);
    }
    return Verdict::control;
  }

  template <class S, class M>
  static Verdict read_batch(auto& in, std::string_view frame, Batch<M>& batch, Output& out) {
    return read_one<BatchShape<M, S>>(in, frame, batch, out);
  }

  Head head_;  // scratch, as what follows
  Notice notice_;
  Batch<Message<Trade>> trades_;
  Books books_;
  Batch<Message<Ticker>> tickers_;
  Batch<Message<Candle>> candles_;
};

}  // namespace

std::unique_ptr<Adapter> make_poloniex() {
  return std::make_unique<JsonVenue<Poloniex>>(kTraits);
}

}  // namespace mp::venue
