// Crypto.com Exchange v1; also reads its predecessor v2, which recordings have. Source:
// https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html
#include <type_traits>

#include "venue/contract_facts.hpp"
#include "venue/ticker_quote.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

constexpr std::string_view kTickers = R"("ticker.{symbol}")";
constexpr std::array kRoutes = {
    Route{Channel::trade, R"("trade.{symbol}")", "recorded 2021-11-23"},
    Route{Channel::quote, kTickers, "documented"},
    Route{Channel::book, R"("book.{symbol}.50")", "documented"},
    Route{Channel::ticker, kTickers, "recorded 2021-11-23"},
    Route{Channel::candle, R"("candlestick.{interval}.{symbol}")", "recorded 2021-11-23"},
    Route{Channel::funding, R"("funding.{symbol}")", "documented"},
    Route{Channel::open_interest, kTickers, "documented"},
    Route{Channel::mark_price, R"("mark.{symbol}")", "documented"},
    Route{Channel::index_price, R"("index.{index}")", "documented"},
};
constexpr std::array kEndpoints = {
    Endpoint{.target = "/exchange/v1/public/get-instruments",
             .also = "/v2/public/get-instruments",
             .evidence = "recorded 2021-11-23"},
};
constexpr std::array kIntervals = {
    Interval{"1m", "1m"}, Interval{"5m", "5m"}, Interval{"15m", "15m"}, Interval{"30m", "30m"},
    Interval{"1h", "1h"}, Interval{"2h", "2h"}, Interval{"4h", "4h"},   Interval{"12h", "12h"},
    Interval{"1d", "1D"}, Interval{"1w", "7D"}, Interval{"14d", "14D"}, Interval{"1M", "1M"},
};
constexpr Traits kTraits = {
    .name = "crypto-com",
    .docs_url = "https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html",
    .ws_url = "wss://stream.crypto.com",
    .path = "/exchange/v1/market",
    .rest_url = "https://api.crypto.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    .requests = {.subscribe = R"({"id":{id},"method":"subscribe","params":{"channels":[{topics}],)"
                              R"("book_subscription_type":"SNAPSHOT_AND_UPDATE",)"
                              R"("book_update_frequency":10},"nonce":{now_ms}})",
                 .unsubscribe = R"({"id":{id},"method":"unsubscribe",)"
                                R"("params":{"channels":[{topics}]},"nonce":{now_ms}})",
                 .source = "rest-ws, Websocket Subscriptions; book.{instrument_name}.{depth}"},
    .ping = {},  // the venue asks for heartbeats, every 30 s
    .limits = {.topics_per_session = 200,
               .topics_per_request = 50,
               .requests = {1, 1s},  // 100 a second; a second after connecting at the earliest
               .connects = {1, 1s},
               .rest_calls = {5, 1s},  // 100
               .source = "rest-ws, Rate Limits; Websocket Heartbeats"},
    .book = {.start = BookStart::stream_snapshot, .link = BookLink::previous, .depth_max = 50},
    .book_source = "rest-ws, book.{instrument_name}.{depth}, Book Subscription by delta",
};
constexpr std::int64_t kDepth = 50;

struct Result {
  std::optional<std::string_view> symbol, channel, interval;
  std::optional<std::int64_t> depth;
  std::optional<Raw> data;
};
struct Envelope {
  std::optional<Raw> id;
  std::optional<std::int64_t> code;
  std::optional<std::string_view> method, message;
  std::optional<Result> result;

  [[nodiscard]] std::optional<std::int64_t> request() const {
    return request_number(id ? id->json : std::string_view{});
  }
};
using ResultShape = Loose<Field<"channel", &Result::channel>,
                          Field<"instrument_name", &Result::symbol>, Field<"depth", &Result::depth>,
                          Field<"interval", &Result::interval>, Field<"data", &Result::data>>;
using EnvelopeShape = Loose<Field<"id", &Envelope::id>, Field<"method", &Envelope::method>,
                            Field<"code", &Envelope::code>, Field<"message", &Envelope::message>,
                            Object<"result", &Envelope::result, ResultShape>>;

struct TradeMessage : Message<Trade> {
  std::optional<Timestamp> exact;
};
using TradeShape =
    Loose<Id<"d", &Trade::trade_id, kRequired>, Field<"t", &Facts::time>,
          Field<"tn", &TradeMessage::exact, kNanoseconds>, Field<"q", &Trade::quantity>,
          Field<"p", &Trade::price>, Field<"s", &Trade::side>>;

using BookMessage = Message<Book>;
using WholeShape =
    Loose<Field<"bids", &BookMessage::bid_levels, kOptional>,
          Field<"asks", &BookMessage::ask_levels, kOptional>, Field<"t", &Facts::time>,
          Field<"u", &Book::last_sequence>, Field<"cs", &Book::checksum>>;
using UpdateShape =
    Loose<Inside<"update", Field<"bids", &BookMessage::bid_levels, kOptional>,
                 Field<"asks", &BookMessage::ask_levels, kOptional>>,
          Field<"t", &Facts::time>, Field<"u", &Book::last_sequence, kRequired>,
          Field<"pu", &Book::previous_sequence, kRequired>, Field<"cs", &Book::checksum>>;
// Of v2, which did not number changes: their time orders them too.
using OldUpdateShape = Loose<Inside<"update", Field<"bids", &BookMessage::bid_levels, kOptional>,
                                    Field<"asks", &BookMessage::ask_levels, kOptional>>,
                             Field<"t", &Facts::time, kRequired>, Field<"u", &Book::last_sequence>,
                             Field<"pu", &Book::previous_sequence>, Field<"cs", &Book::checksum>>;

struct TickerMessage : TickerWithQuote, ContractFacts {};
using TickerShape =
    Loose<Field<"h", &Ticker::high_price>, Field<"l", &Ticker::low_price>,
          Field<"a", &Ticker::last_price>, Field<"b", &Ticker::bid_price>,
          Field<"bs", &TickerWithQuote::bid_quantity>, Field<"k", &Ticker::ask_price>,
          Field<"ks", &TickerWithQuote::ask_quantity>, Field<"v", &Ticker::volume>,
          Field<"vv", &Ticker::quote_volume>, Field<"oi", &ContractFacts::open_interest>,
          Field<"t", &Facts::time>>;
void send(TickerMessage& ticker, Output& out) {
  send(static_cast<TickerWithQuote&>(ticker), out);
  send_facts(ticker, ticker, out);
}

using CandleShape =
    Loose<Field<"t", &Candle::open_time>, Field<"o", &Candle::open>, Field<"h", &Candle::high>,
          Field<"l", &Candle::low>, Field<"c", &Candle::close>,
          Field<"v", &Candle::volume, kRequired>, Field<"ut", &Facts::time>>;

// What is a number at a time: funding, mark and index.
struct Value : Facts {
  std::optional<Decimal> value;
};
using ValueShape = Loose<Field<"v", &Value::value>, Field<"t", &Facts::time>>;

struct InstrumentMessage : Message<InstrumentInfo> {
  std::optional<std::string_view> type, option;
  std::optional<Price> price_step;  // where the tick sizes are not told
  std::optional<Quantity> quantity_step;
  std::optional<bool> tradable;
};
using InstrumentShape = Loose<
    OneOf<Field<"symbol", &Facts::symbol>, Field<"instrument_name", &Facts::symbol>>,
    OneOf<Field<"base_ccy", &InstrumentInfo::base>, Field<"base_currency", &InstrumentInfo::base>>,
    OneOf<Field<"quote_ccy", &InstrumentInfo::quote>,
          Field<"quote_currency", &InstrumentInfo::quote>>,
    OneOf<Field<"quote_decimals", &InstrumentMessage::price_step, kStepOfPlaces>,
          Field<"price_decimals", &InstrumentMessage::price_step, kStepOfPlaces>>,
    Field<"quantity_decimals", &InstrumentMessage::quantity_step, kStepOfPlaces>,
    Field<"inst_type", &InstrumentMessage::type>,
    Field<"price_tick_size", &InstrumentInfo::tick_size>,
    Field<"qty_tick_size", &InstrumentInfo::lot_size>,
    Field<"contract_size", &InstrumentInfo::contract_size>,
    Field<"expiry_timestamp_ms", &InstrumentInfo::expiry>, Field<"strike", &InstrumentInfo::strike>,
    Field<"put_call", &InstrumentMessage::option>, Field<"tradable", &InstrumentMessage::tradable>>;
using Listing = Batch<InstrumentMessage>;
using ListingShape =
    Loose<Id<"code", &Listing::code, kRequired>, Field<"message", &Listing::words>,
          Inside<"result", OneOf<Rows<"data", &Listing::rows, InstrumentShape, kOptional>,
                                 Rows<"instruments", &Listing::rows, InstrumentShape, kOptional>>>>;
void send(InstrumentMessage& message, Output& out) {
  InstrumentInfo& info = message;
  const auto type = message.type.value_or("CCY_PAIR");
  if (type == "PERPETUAL_SWAP") info.kind = InstrumentKind::perpetual;
  if (type == "FUTURE") info.kind = InstrumentKind::future;
  if (info.strike) info.kind = InstrumentKind::option;
  if (info.strike && message.option) info.option_type = *message.option == "PUT" ? "put" : "call";
  const bool dated = info.kind == InstrumentKind::future || info.kind == InstrumentKind::option;
  if (!dated) info.expiry.reset();  // of a perpetual it says nothing
  if (info.kind == InstrumentKind::spot) {
    info.contract_size.reset();
    if (type != "CCY_PAIR") return;  // of a kind that we do not know
  }
  if (!info.tick_size) info.tick_size = message.price_step;
  if (!info.lot_size) info.lot_size = message.quantity_step;
  info.status = message.tradable.value_or(true) ? "trading" : "halted";
  send<InstrumentInfo>(message, out);
}

class CryptoCom final : public JsonDecoder<CryptoCom> {
 public:
  using JsonDecoder::JsonDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<EnvelopeShape>(frame, envelope_)) return Verdict::malformed;
    if (envelope_.method == "public/heartbeat" && envelope_.id) {
      reading.reply = reply_buffer()
                          .append(R"({"id":)")
                          .append(envelope_.id->json)
                          .append(R"(,"method":"public/respond-heartbeat"})");
      return Verdict::control;
    }
    if (envelope_.code.value_or(0) != 0) {
      reading.answers = envelope_.request();
      return refuse(reading, std::to_string(*envelope_.code), envelope_.message.value_or(""));
    }
    if (envelope_.result && envelope_.result->data && envelope_.result->channel)
      return read_data(in, *envelope_.result, envelope_.result->data->json, out);
    if (!envelope_.method) return Verdict::unknown;
    reading.answers = envelope_.request();
    return Verdict::control;
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    Listing listing;
    if (!in.template read<ListingShape>(body, listing)) return Verdict::malformed;
    if (is_refusal(listing, "0", problem)) return Verdict::rejected;
    return send_all(listing.rows, out);
  }

  // "BTC_USDT"; derivatives ("BTCUSD-PERP") do not tell their currencies apart.
  static std::optional<InstrumentInfo> derive(std::string_view symbol) {
    return pair_spelled(symbol, '_');
  }

  // The index of "BTCUSD-PERP" is "BTCUSD-INDEX".
  static bool fill(std::string_view hole, const Subscription& wanted, std::string& out) {
    if (hole != "index") return false;
    std::string pair = wanted.symbol.substr(0, wanted.symbol.find('-'));
    std::erase_if(pair, [](char c) { return c == '_' || c == '"' || c == '\\'; });
    return out.append(pair).append("-INDEX"), true;
  }

 private:
  Verdict read_data(auto& in, const Result& result, std::string_view data, Output& out) {
    const auto channel = *result.channel;
    const auto symbol = result.symbol.value_or("");
    const auto of_symbol = [&](auto& message) { message.symbol = symbol; };
    if (symbol.empty()) return Verdict::unknown;
    if (equals<"book.update">(channel)) {
      const auto verdict = read_books<UpdateShape>(in, data, result, out);
      if (verdict == Verdict::data || data.find(R"("u":)") != std::string_view::npos)
        return verdict;
      return read_books<OldUpdateShape>(in, data, result, out);
    }
    if (equals<"book">(channel)) return read_books<WholeShape>(in, data, result, out);
    if (equals<"trade">(channel)) {
      return read_all<TradeShape>(in, data, trades_, out, [&](TradeMessage& trade) {
        trade.symbol = symbol;
        if (trade.exact) trade.time = trade.exact;
      });
    }
    if (equals<"ticker">(channel)) return read_all<TickerShape>(in, data, tickers_, out, of_symbol);
    if (equals<"candlestick">(channel)) {
      const auto interval = our_interval(kTraits, result.interval.value_or(""));
      return read_all<CandleShape>(in, data, candles_, out, [&](Message<Candle>& candle) {
        candle.symbol = symbol;
        candle.interval = interval;
      });
    }
    if (equals<"funding", "mark", "index">(channel)) return read_values(in, data, result, out);
    return Verdict::unknown;
  }

  template <class S>
  Verdict read_books(auto& in, std::string_view data, const Result& result, Output& out) {
    return read_all<S>(in, data, books_, out, [&](BookMessage& book) {
      book.symbol = *result.symbol;
      book.is_snapshot = std::is_same_v<S, WholeShape>;
      if (book.is_snapshot) book.previous_sequence.reset();
      // Books of v2 are whole and have no number: their time orders them.
      if (!book.last_sequence && book.time)
        book.last_sequence = to_nanoseconds(*book.time) / 1'000'000;
      book.depth = result.depth == kDepth ? std::nullopt : result.depth;
      if (book.checksum == 0) book.checksum.reset();  // not computed
    });
  }

  Verdict read_values(auto& in, std::string_view data, const Result& result, Output& out) {
    if (!in.template read_rows<ValueShape>(data, values_)) return Verdict::malformed;
    for (const Value& each : values_) {
      if (!each.value) continue;
      const auto give = [&](const auto& body) { out(*result.symbol, each.time, body); };
      if (equals<"funding">(*result.channel)) give(Funding{*each.value, {}, {}, {}});
      if (equals<"mark">(*result.channel)) give(MarkPrice{Price{*each.value}});
      if (equals<"index">(*result.channel)) give(IndexPrice{Price{*each.value}});
    }
    return Verdict::data;
  }

  Envelope envelope_;  // scratch, as what follows
  RowList<TradeMessage> trades_;
  RowList<BookMessage> books_;
  RowList<TickerMessage> tickers_;
  RowList<Message<Candle>> candles_;
  RowList<Value> values_;
};

}  // namespace

std::unique_ptr<Adapter> make_crypto_com() {
  return std::make_unique<JsonVenue<CryptoCom>>(kTraits);
}

}  // namespace mp::venue
