// Kraken spot, WebSocket v2. Source: https://docs.kraken.com/api/docs/websocket-v2/book
#include "venue/kraken_names.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

constexpr std::string_view kTopic = R"("{symbol}")";
// A symbol has one ticker subscription: on best prices, so that it carries quotes too.
constexpr std::string_view kTickers = R"("channel":"ticker","event_trigger":"bbo")";
constexpr std::array kRoutes = {
    Route{Channel::trade, kTopic, "pair tardis", R"("channel":"trade")"},
    Route{Channel::quote, kTopic, "pair tardis", kTickers},
    Route{Channel::book, kTopic, "pair tardis", R"("channel":"book","depth":1000)"},
    Route{Channel::ticker, kTopic, "pair tardis", kTickers},
    Route{Channel::candle, kTopic, "pair kraken", R"("channel":"ohlc","interval":{interval})"},
};
constexpr Traits kTraits = {
    .name = "kraken",
    .docs_url = "https://docs.kraken.com/api/docs/websocket-v2/book",
    .ws_url = "wss://ws.kraken.com",
    .path = "/v2",
    .rest_url = "https://api.kraken.com",
    .routes = kRoutes,
    .endpoints = kraken::kEndpoints,
    .intervals = kraken::kIntervals,
    .requests = {.subscribe = R"({"method":"subscribe","params":{{group},"symbol":[{topics}]},)"
                              R"("req_id":{id}})",
                 .unsubscribe = R"({"method":"unsubscribe","params":{{group},"symbol":[{topics}]},)"
                                R"("req_id":{id}})",
                 .source = "websocket-v2, Book, Subscribe request"},
    .ping = {.text = R"({"method":"ping","req_id":{id}})",
             .every = 30s,
             .source = "websocket-v2, Ping"},  // closed after a minute without traffic
    .limits = kraken::kLimits,
    // The CRC-32 of the best ten levels comes with each message.
    .book = {.start = BookStart::stream_snapshot,
             .link = BookLink::none,
             .checksum = BookChecksum::kraken_crc32,
             .depth_max = 1000},
    .book_source = "websocket-v2, Book; guides, Book checksum (v2)",
};

struct Result {
  std::string_view channel;
  std::optional<std::string_view> symbol;
};
// Messages of channels begin with "channel", answers with what they answer.
struct Envelope {
  std::optional<std::string_view> channel, type, method, error, symbol;
  std::optional<Timestamp> sent;
  std::optional<bool> success;
  std::optional<std::string_view> request;
  std::optional<Result> result;
  std::optional<Raw> data;
};
using ResultShape = Loose<Field<"channel", &Result::channel>, Field<"symbol", &Result::symbol>>;
using EnvelopeShape =
    Shape<Field<"channel", &Envelope::channel>, Field<"type", &Envelope::type>,
          Field<"timestamp", &Envelope::sent, kRfc3339>, Field<"error", &Envelope::error>,
          Field<"method", &Envelope::method>, Object<"result", &Envelope::result, ResultShape>,
          Field<"success", &Envelope::success>, Field<"symbol", &Envelope::symbol>, Skip<"time_in">,
          Skip<"time_out">, Id<"req_id", &Envelope::request>, Tail<"data", &Envelope::data>>;

// What could not be taken for any request is refused so.
struct Complaint {
  std::optional<std::string_view> words;
};
using ComplaintShape = Loose<Field<"errorMessage", &Complaint::words>>;

using TradeShape =
    Shape<Field<"symbol", &Facts::symbol>, Field<"side", &Trade::side>,
          Field<"price", &Trade::price>, Field<"qty", &Trade::quantity>, Skip<"ord_type">,
          Id<"trade_id", &Trade::trade_id, kRequired>, Field<"timestamp", &Facts::time, kRfc3339>>;

using BookMessage = Message<Book>;
using BookShape =
    Shape<Field<"symbol", &Facts::symbol>,
          Field<"bids", &BookMessage::bid_levels, kLevelKeys<"price", "qty">, kOptional>,
          Field<"asks", &BookMessage::ask_levels, kLevelKeys<"price", "qty">, kOptional>,
          Field<"checksum", &Book::checksum>, Field<"timestamp", &Facts::time, kRfc3339>>;

using TickerMessage = TickerWithQuote;
using TickerShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"bid", &Ticker::bid_price>,
          Field<"bid_qty", &TickerMessage::bid_quantity>, Field<"ask", &Ticker::ask_price>,
          Field<"ask_qty", &TickerMessage::ask_quantity>, Field<"last", &Ticker::last_price>,
          Field<"volume", &Ticker::volume>, Field<"low", &Ticker::low_price>,
          Field<"high", &Ticker::high_price>, Field<"timestamp", &Facts::time, kRfc3339>>;

using CandleShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"open", &Candle::open>,
          Field<"high", &Candle::high>, Field<"low", &Candle::low>, Field<"close", &Candle::close>,
          Field<"trades", &Candle::trades>, Field<"volume", &Candle::volume, kRequired>,
          Field<"interval_begin", &Candle::open_time, kRfc3339>, Id<"interval", &Candle::interval>,
          Field<"timestamp", &Candle::close_time, kRfc3339>>;

struct InstrumentMessage : Message<InstrumentInfo> {};
using Instruments = Batch<InstrumentMessage>;
using InstrumentShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"base", &InstrumentInfo::base>,
          Field<"quote", &InstrumentInfo::quote>, Field<"status", &InstrumentInfo::status>,
          Field<"qty_increment", &InstrumentInfo::lot_size>,
          Field<"price_increment", &InstrumentInfo::tick_size>>;
using InstrumentsShape = Loose<Rows<"pairs", &Instruments::rows, InstrumentShape, kOptional>>;
void send(InstrumentMessage& message, Output& out) {
  if (message.status == "online") message.status = "trading";
  send<InstrumentInfo>(message, out);
}

std::optional<Channel> channel_of(std::string_view word) {
  if (word == "ohlc") return Channel::candle;
  return channel_named(word);
}

class Kraken final : public JsonDecoder<Kraken> {
 public:
  using JsonDecoder::JsonDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<EnvelopeShape>(frame, envelope_)) return Verdict::malformed;
    if (envelope_.channel && envelope_.data)
      return read_data(in, *envelope_.channel, envelope_.data->json, out);
    if (envelope_.channel)
      return equals<"heartbeat">(*envelope_.channel) ? Verdict::control : Verdict::unknown;
    if (envelope_.method || envelope_.error) return read_answer(reading);
    Complaint complaint;
    if (!in.template read<ComplaintShape>(frame, complaint)) return Verdict::malformed;
    return complaint.words ? refuse(reading, {}, *complaint.words) : Verdict::unknown;
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    return kraken::read_listing(in, body, true, out, problem);
  }

  static std::optional<InstrumentInfo> derive(std::string_view symbol) {
    return kraken::spelled_out(symbol);
  }

 private:
  // One comes for each symbol of a request.
  Verdict read_answer(Reading& reading) {
    if (!envelope_.error && envelope_.success.value_or(true)) {
      if (!envelope_.result || !envelope_.result->symbol || envelope_.method != "subscribe")
        return Verdict::control;
      answer_shared(Condition::subscribed, *envelope_.result->symbol,
                    channel_of(envelope_.result->channel));
      return Verdict::control;
    }
    if (envelope_.symbol) {
      answer(Condition::rejected, *envelope_.symbol, std::nullopt);
    } else {
      reading.answers = request_number(envelope_.request);
    }
    return refuse(reading, {}, envelope_.error.value_or("refused"));
  }

  Verdict read_data(auto& in, std::string_view channel, std::string_view data, Output& out) {
    const bool whole = envelope_.type == "snapshot";
    if (equals<"book">(channel)) {
      return read_all<BookShape>(in, data, books_, out,
                                 [&](BookMessage& book) { book.is_snapshot = whole; });
    }
    if (equals<"trade">(channel)) {
      if (!in.template read_rows<TradeShape>(data, trades_)) return Verdict::malformed;
      if (whole) return Verdict::data;  // the last ones before the subscription: not new
      for (const auto& trade : trades_) send(trade, out);
      return Verdict::data;
    }
    if (equals<"ticker">(channel)) {
      return read_all<TickerShape>(in, data, tickers_, out, [](TickerMessage& ticker) {
        drop_epoch(ticker.time);  // a market that has never traded
      });
    }
    if (equals<"ohlc">(channel)) {
      return read_all<CandleShape>(in, data, candles_, out, [&](Message<Candle>& candle) {
        candle.time = envelope_.sent;
        candle.interval = our_interval(kTraits, candle.interval);
      });
    }
    if (equals<"instrument">(channel))
      return read_one<InstrumentsShape>(in, data, instruments_, out);
    return equals<"status", "heartbeat">(channel) ? Verdict::control : Verdict::unknown;
  }

  Envelope envelope_;  // scratch, as what follows
  RowList<Message<Trade>> trades_;
  RowList<BookMessage> books_;
  RowList<TickerMessage> tickers_;
  RowList<Message<Candle>> candles_;
  Instruments instruments_;
};

}  // namespace

std::unique_ptr<Adapter> make_kraken() {
  return std::make_unique<JsonVenue<Kraken>>(kTraits);
}

}  // namespace mp::venue
