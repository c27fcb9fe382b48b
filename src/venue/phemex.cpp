// Phemex: spot, contracts that settle in coins or USD, and contracts that settle in USDT. Source:
// https://phemex-docs.github.io/
#include <algorithm>
#include <array>
#include <span>

#include "venue/contract_facts.hpp"
#include "venue/phemex_scale.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes
using namespace phemex;

// Contracts of USDT have topics of their own, with "_p" behind the word, and a symbol's 24 hours
// come with those of all of its kind: the decoder fills {book}, {trade}, {kline} and {day}. Candles
// begin with 1000 of the past, which shall not hold up books: they have sessions of their own (a
// path of their own, by a query that the venue does not read).
constexpr std::string_view kSymbol = R"("{symbol}")";
constexpr std::array kRoutes = {
    Route{Channel::trade, kSymbol, "recorded 2021-07-03", "{trade}"},
    Route{Channel::book, kSymbol, "recorded 2021-07-03", "{book}"},
    Route{Channel::ticker, "", "documented", "{day}"},
    Route{Channel::candle, R"("{symbol}",{interval})", "recorded 2021-07-03", "{kline}", "/?kline"},
    Route{Channel::funding, "", "documented", "{day}"},
    Route{Channel::open_interest, "", "documented", "{day}"},
    Route{Channel::mark_price, "", "documented", "{day}"},
    Route{Channel::index_price, "", "documented", "{day}"},
};
constexpr std::array kEndpoints = {
    Endpoint{.target = "/public/products",
             .also = "/exchange/public/cfg/v2/products",
             .evidence = "recorded 2021-07-03",
             .source = "phemex-docs, Query Product Information"},
};
constexpr std::array kIntervals = {
    Interval{"1m", "60"},    Interval{"5m", "300"},    Interval{"15m", "900"},
    Interval{"30m", "1800"}, Interval{"1h", "3600"},   Interval{"4h", "14400"},
    Interval{"1d", "86400"}, Interval{"1w", "604800"}, Interval{"1M", "2592000"},
};
constexpr std::string_view kAsk = R"({"id":{id},"method":"{group}.subscribe","params":[{topics}]})";
constexpr Traits kTraits = {
    .name = "phemex",
    .docs_url = "https://phemex-docs.github.io/",
    .ws_url = "wss://ws.phemex.com",
    .rest_url = "https://api.phemex.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    // To end one book ends all of the session. To ask again brings the book anew, which is why one
    // would end it.
    .requests = {.subscribe = kAsk,
                 .unsubscribe = kAsk,
                 .source = "phemex-docs, WebSocket, Subscribe OrderBook; Subscribe Trade"},
    .ping = {.text = R"({"id":0,"method":"server.ping","params":[]})",
             .every = 10s,
             .pace = PingPace::regular,
             .source = "phemex-docs, WebSocket, Heartbeat: within 30 s"},
    .limits = {.topics_per_session = 20,
               .topics_per_request = 1,
               .requests = {10, 1s},   // 20
               .connects = {1, 1s},    // 5 at a time
               .rest_calls = {1, 1s},  // 500 in 5 minutes, by address
               .source = "phemex-docs, WebSocket, API Rate Limits; REST, IP Rate Limits"},
    // Books have numbers, which also count what does not change them. Every minute one comes whole.
    .book = {.start = BookStart::stream_snapshot, .link = BookLink::none, .depth_max = 30},
    .book_source = "phemex-docs, WebSocket, OrderBook Message",
};

// Which key is there tells what a frame is; what has none of these begins with "sequence": trades.
struct Head {
  bool book = false, packed = false, depth = false;
  bool kline = false, kline_p = false, day = false, spot_day = false;
};
using HeadShape =
    Shape<Seen<"book", &Head::book>, Seen<"data", &Head::packed>, Seen<"depth", &Head::depth>,
          Seen<"kline", &Head::kline>, Seen<"kline_p", &Head::kline_p>,
          Seen<"market24h", &Head::day>, Seen<"spot_market24h", &Head::spot_day>, Rest>;

struct Answer {
  std::optional<std::string_view> request;
  std::optional<Refusal> error;
  std::optional<Raw> result;
};
using AnswerShape = Loose<Object<"error", &Answer::error, RefusalShape>, Id<"id", &Answer::request>,
                          Field<"result", &Answer::result>>;

struct BookMessage : Message<Book> {
  std::string_view type;
};
template <Key K>
using BookShape = Loose<Inside<K, Field<"asks", &BookMessage::ask_levels, kOptional>,
                               Field<"bids", &BookMessage::bid_levels, kOptional>>,
                        Field<"sequence", &Book::last_sequence>, Field<"symbol", &Facts::symbol>,
                        Field<"timestamp", &Facts::time>, Field<"type", &BookMessage::type>>;

struct Trades : Batch<Message<Trade>> {
  std::string_view type;
};
using TradeRow = Row<&Facts::time, &Trade::side, &Trade::price, &Trade::quantity>;
using TradesShape =
    Loose<Field<"symbol", &Trades::symbol>,
          OneOf<Rows<"trades", &Trades::rows, TradeRow>, Rows<"trades_p", &Trades::rows, TradeRow>>,
          Field<"type", &Trades::type>>;

struct CandleMessage : Message<Candle> {
  std::string_view word;
};
using Candles = Batch<CandleMessage>;
struct Word {  // of an interval, a number
  static bool convert(const Scalar& scalar, std::string_view& out) {
    return convert_id(scalar, out);
  }
};
constexpr Word kWord{};
using CandleRow = Row<cell<&Candle::open_time, kSeconds>, cell<&CandleMessage::word, kWord>, kPass,
                      &Candle::open, &Candle::high, &Candle::low, &Candle::close,
                      cell<&Candle::volume, kRequired>, &Candle::quote_volume>;
template <Key K>
using CandlesShape = Loose<Rows<K, &Candles::rows, CandleRow>, Field<"symbol", &Candles::symbol>>;

// A day of an instrument: its ticker, and of contracts four more facts. Those that are integers
// count the rates in 10^-8.
template <Key K>
using DayShape =
    Loose<Inside<K, Field<"symbol", &Facts::symbol>,
                 OneOf<Field<"close", &Ticker::last_price>, Field<"lastEp", &Ticker::last_price>>,
                 OneOf<Field<"open", &Ticker::open_price>, Field<"openEp", &Ticker::open_price>>,
                 OneOf<Field<"high", &Ticker::high_price>, Field<"highEp", &Ticker::high_price>>,
                 OneOf<Field<"low", &Ticker::low_price>, Field<"lowEp", &Ticker::low_price>>,
                 OneOf<Field<"volume", &Ticker::volume>, Field<"volumeEv", &Ticker::volume>>,
                 OneOf<Field<"turnover", &Ticker::quote_volume>,
                       Field<"turnoverEv", &Ticker::quote_volume>>,
                 Field<"bidEp", &Ticker::bid_price>, Field<"askEp", &Ticker::ask_price>,
                 OneOf<Field<"fundingRate", &ContractFacts::funding_rate, kScaled<-8>>,
                       Field<"fundingRateEr", &ContractFacts::funding_rate, kScaled<-8>>>,
                 OneOf<Field<"predFundingRate", &ContractFacts::predicted_rate, kScaled<-8>>,
                       Field<"predFundingRateEr", &ContractFacts::predicted_rate, kScaled<-8>>>,
                 Field<"openInterest", &ContractFacts::open_interest>,
                 OneOf<Field<"markPrice", &ContractFacts::mark_price>,
                       Field<"markEp", &ContractFacts::mark_price>>,
                 OneOf<Field<"indexPrice", &ContractFacts::index_price>,
                       Field<"indexEp", &ContractFacts::index_price>>>,
          Field<"timestamp", &Facts::time>>;
using DayRow =
    Row<&Facts::symbol, &Ticker::open_price, &Ticker::high_price, &Ticker::low_price,
        &Ticker::last_price, &Ticker::volume, &Ticker::quote_volume, &ContractFacts::open_interest,
        &ContractFacts::index_price, &ContractFacts::mark_price, &ContractFacts::funding_rate,
        &ContractFacts::predicted_rate>;
constexpr std::array<std::string_view, 12> kDayNames = {
    "symbol",     "openRp",         "highRp",  "lowRp",  "lastRp",        "volumeRq",
    "turnoverRv", "openInterestRv", "indexRp", "markRp", "fundingRateRr", "predFundingRateRr"};
using Days = Batch<ContractTicker>;
using DaysShape = Loose<Rows<"data", &Days::rows, DayRow>, Field<"timestamp", &Days::time>>;
struct DaysHead {
  std::string_view method;
  std::vector<std::string_view> names;
};
using DaysHeadShape =
    Loose<Field<"method", &DaysHead::method>, Field<"fields", &DaysHead::names, kOptional>>;

struct InstrumentMessage : Message<InstrumentInfo> {
  std::string_view type, display;
  std::optional<Decimal> quote_step, base_step;
  std::optional<std::int64_t> price_scale;
};
using InstrumentShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"type", &InstrumentMessage::type>,
          Field<"displaySymbol", &InstrumentMessage::display>,
          Field<"quoteCurrency", &InstrumentInfo::quote>,
          Field<"priceScale", &InstrumentMessage::price_scale>,
          Field<"settleCurrency", &InstrumentInfo::settle>,
          Field<"contractSize", &InstrumentInfo::contract_size>,
          OneOf<Field<"lotSize", &InstrumentInfo::lot_size>,
                Field<"qtyStepSize", &InstrumentInfo::lot_size>>,
          Field<"tickSize", &InstrumentInfo::tick_size>,
          Field<"quoteTickSizeEv", &InstrumentMessage::quote_step>,
          Field<"baseTickSizeEv", &InstrumentMessage::base_step>,
          Field<"status", &InstrumentInfo::status>>;
struct Listing : Batch<InstrumentMessage> {
  RowList<InstrumentMessage> perpetuals;
};
using ListingShape =
    Loose<Id<"code", &Listing::code, kRequired>, Field<"msg", &Listing::words>,
          Inside<"data", Rows<"products", &Listing::rows, InstrumentShape, kOptional>,
                 Rows<"perpProductsV2", &Listing::perpetuals, InstrumentShape, kOptional>>>;
void send(InstrumentMessage& product, Output& out) {
  InstrumentInfo& info = product;
  const auto slash = product.display.find(" / ");
  if (slash == std::string_view::npos) return;
  info.base = product.display.substr(0, slash);
  const auto by = scale_of(product.symbol);
  if (product.price_scale.value_or(-by.price) != -by.price) return;  // we would misread it
  if (product.type == "Spot") {
    if (!scale(product.quote_step, by.price) || !scale(product.base_step, by.quantity)) return;
    if (product.quote_step) info.tick_size = Price{*product.quote_step};
    if (product.base_step) info.lot_size = Quantity{*product.base_step};
    info.settle.reset();
    info.contract_size.reset();
  } else if (product.type.starts_with("Perpetual")) {
    info.kind = InstrumentKind::perpetual;
  } else {
    return;  // of a kind that we do not know
  }
  info.status = info.status == "Listed" ? "trading" : info.status;
  send<InstrumentInfo>(product, out);
}

class Phemex final : public JsonDecoder<Phemex> {
 public:
  using JsonDecoder::JsonDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<HeadShape>(frame, head_)) return Verdict::malformed;
    if (head_.book) return read_book<BookShape<"book">>(in, frame, out, reading);
    if (head_.depth) return read_book<BookShape<"orderbook_p">>(in, frame, out, reading);
    if (head_.kline) return read_candles<CandlesShape<"kline">>(in, frame, out, reading);
    if (head_.kline_p) return read_candles<CandlesShape<"kline_p">>(in, frame, out, reading);
    if (head_.day) return read_day<DayShape<"market24h">>(in, frame, out, reading);
    if (head_.spot_day) return read_day<DayShape<"spot_market24h">>(in, frame, out, reading);
    if (head_.packed) return read_days(in, frame, out);
    return frame.find(R"("trades)") == std::string_view::npos
               ? read_answer(in, frame, reading)
               : read_trades(in, frame, out, reading);
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    Listing listing;
    if (!in.template read<ListingShape>(body, listing)) return Verdict::malformed;
    if (is_refusal(listing, "0", problem)) return Verdict::rejected;
    send_all(listing.rows, out);
    return send_all(listing.perpetuals, out);
  }

  static bool fill(std::string_view hole, const Subscription& wanted, std::string& out) {
    const bool decimal = is_decimal(wanted.symbol);
    const auto topic = [&](std::string_view word) {
      out.append(word).append(decimal ? "_p" : "");
      return true;
    };
    if (hole == "book") return topic("orderbook");
    if (hole == "trade" || hole == "kline") return topic(hole);
    if (hole != "day") return false;
    if (decimal) return topic("perp_market24h_pack");
    return topic(is_spot(wanted.symbol) ? "spot_market24h" : "market24h");
  }

 private:
  static Verdict too_large(Reading& reading) {
    reading.problem = "a number that does not fit";
    return Verdict::malformed;
  }

  template <class S>
  Verdict read_book(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<S>(frame, book_)) return Verdict::malformed;
    const auto by = scale_of(book_.symbol);
    if (!scale(book_.bid_levels, by) || !scale(book_.ask_levels, by)) return too_large(reading);
    book_.is_snapshot = equals<"snapshot">(book_.type);
    send(book_, out);
    return Verdict::data;
  }

  // A subscription begins with trades from before it, which are not handed over.
  Verdict read_trades(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<TradesShape>(frame, trades_)) return Verdict::malformed;
    const auto by = scale_of(trades_.symbol);
    for (auto& trade : trades_.rows) {
      if (!scale(trade.price, by.price) || !scale(trade.quantity, by.quantity))
        return too_large(reading);
    }
    if (!equals<"snapshot">(trades_.type)) send(trades_, out);
    return Verdict::data;
  }

  template <class S>
  Verdict read_candles(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<S>(frame, candles_)) return Verdict::malformed;
    const auto by = scale_of(candles_.symbol);
    for (CandleMessage& candle : candles_.rows) {
      if (!by.value) candle.quote_volume.reset();
      for (auto* const price : {&candle.open, &candle.high, &candle.low, &candle.close})
        if (!scale(*price, by.price)) return too_large(reading);
      if (!scale(candle.volume, by.quantity) || !scale(candle.quote_volume, by.value.value_or(0)))
        return too_large(reading);
      candle.interval = our_interval(traits(), candle.word);
    }
    send(candles_, out);
    return Verdict::data;
  }

  template <class S>
  Verdict read_day(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<S>(frame, day_)) return Verdict::malformed;
    const auto by = scale_of(day_.symbol);
    if (!by.value) day_.quote_volume.reset();
    for (auto* const price :
         {&day_.last_price, &day_.open_price, &day_.high_price, &day_.low_price, &day_.bid_price,
          &day_.ask_price, &day_.mark_price, &day_.index_price})
      if (!scale(*price, by.price)) return too_large(reading);
    if (!scale(day_.volume, by.quantity) || !scale(day_.quote_volume, by.value.value_or(0)))
      return too_large(reading);
    send(day_, out);
    return Verdict::data;
  }

  Verdict read_days(auto& in, std::string_view frame, Output& out) {
    if (!in.template read<DaysHeadShape>(frame, days_head_)) return Verdict::malformed;
    const auto& names = days_head_.names;
    if (!equals<"perp_market24h_pack_p.update">(days_head_.method) ||
        names.size() < kDayNames.size() ||
        !std::ranges::equal(kDayNames, std::span{names}.first(kDayNames.size())))
      return Verdict::unknown;
    if (!in.template read<DaysShape>(frame, days_)) return Verdict::malformed;
    return send_all(days_.rows, out, [this](ContractTicker& day) { day.time = days_.time; });
  }

  Verdict read_answer(auto& in, std::string_view frame, Reading& reading) {
    if (!in.template read<AnswerShape>(frame, answer_)) return Verdict::malformed;
    reading.answers = request_number(answer_.request);
    if (!answer_.error) return answer_.result ? Verdict::control : Verdict::unknown;
    return refuse(reading, *answer_.error);
  }

  Head head_;  // scratch, as what follows
  Answer answer_;
  BookMessage book_;
  Trades trades_;
  Candles candles_;
  ContractTicker day_;
  DaysHead days_head_;
  Days days_;
};

}  // namespace

std::unique_ptr<Adapter> make_phemex() {
  return std::make_unique<JsonVenue<Phemex>>(kTraits);
}

}  // namespace mp::venue
