// OKX v5, public channels. Source: https://www.okx.com/docs-v5/en/
#include <algorithm>
#include <array>

#include "venue/support.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

constexpr std::string_view kBusiness = "/ws/v5/business";
constexpr std::array kRoutes = {
    Route{Channel::trade, R"({"channel":"trades","instId":"{symbol}"})", "recorded 2022-02-27"},
    Route{Channel::quote, R"({"channel":"bbo-tbt","instId":"{symbol}"})", "documented"},
    Route{Channel::book, R"({"channel":"books","instId":"{symbol}"})", "pair tardis"},
    Route{Channel::ticker, R"({"channel":"tickers","instId":"{symbol}"})", "documented"},
    Route{Channel::candle,
          R"({"channel":"candle{interval}","instId":"{symbol}"})",
          "documented",
          {},
          kBusiness},
    Route{Channel::funding, R"({"channel":"funding-rate","instId":"{symbol}"})", "pair tardis"},
    Route{Channel::open_interest, R"({"channel":"open-interest","instId":"{symbol}"})",
          "pair tardis"},
    Route{Channel::liquidation, R"({"channel":"liquidation-orders","instType":"{type}"})",
          "pair tardis"},
    Route{Channel::mark_price, R"({"channel":"mark-price","instId":"{symbol}"})", "pair tardis"},
    Route{Channel::index_price, R"({"channel":"index-tickers","instId":"{pair}"})", "pair tardis"},
    Route{Channel::option_summary, R"({"channel":"opt-summary","instFamily":"{pair}"})",
          "pair tardis"},
    Route{Channel::instrument, R"({"channel":"instruments","instType":"{type}"})", "documented"},
};
constexpr std::string_view kInstruments = "/api/v5/public/instruments";
constexpr std::string_view kFamilies = "/api/v5/public/underlying";
constexpr std::array kEndpoints = {
    Endpoint{.target = "/api/v5/public/instruments?instType=SPOT",
             .evidence = "recorded 2022-02-27"},
    Endpoint{.target = "/api/v5/public/instruments?instType=SWAP",
             .evidence = "recorded 2022-02-27"},
    Endpoint{.target = "/api/v5/public/instruments?instType=FUTURES",
             .evidence = "recorded 2022-02-27"},
    Endpoint{.target = "/api/v5/public/underlying?instType=OPTION", .evidence = "documented"},
    Endpoint{.target = "/api/v5/public/instruments?instType=OPTION&instFamily={family}",
             .evidence = "recorded 2022-02-27"},
};
constexpr std::array kIntervals = {
    Interval{"1s", "1s"},   Interval{"1m", "1m"},   Interval{"3m", "3m"},   Interval{"5m", "5m"},
    Interval{"15m", "15m"}, Interval{"30m", "30m"}, Interval{"1h", "1H"},   Interval{"2h", "2H"},
    Interval{"4h", "4H"},   Interval{"6h", "6H"},   Interval{"12h", "12H"}, Interval{"1d", "1D"},
    Interval{"2d", "2D"},   Interval{"3d", "3D"},   Interval{"1w", "1W"},   Interval{"1M", "1M"},
    Interval{"3M", "3M"},
};
constexpr Traits kTraits = {
    .name = "okx",
    .docs_url = "https://www.okx.com/docs-v5/en/",
    .ws_url = "wss://ws.okx.com",
    .path = "/ws/v5/public",
    .rest_url = "https://openapi.okx.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    .requests = {.subscribe = R"({"id":"{id}","op":"subscribe","args":[{topics}]})",
                 .unsubscribe = R"({"id":"{id}","op":"unsubscribe","args":[{topics}]})",
                 .source = "docs-v5, WebSocket, Subscribe"},
    .ping = {.text = "ping",
             .every = 25s,
             .source = "docs-v5, WebSocket, Connect"},  // 30 s: closed
    .limits = {.topics_per_session = 100,
               .topics_per_request = 20,
               .session_bytes = 64 * 1024,
               .requests = {2, 1s},  // and 480 in an hour
               .connects = {1, 1s},  // 3 are allowed
               .rest_calls = {20, 2s},
               .rest_calls_at_once = 2,
               .source = "docs-v5, WebSocket, Connection count limit; Get instruments, Rate limit"},
    .book = {.start = BookStart::stream_snapshot,
             .link = BookLink::previous,
             .checksum = BookChecksum::crc32_25,  // 0 since 2026: absent
             .depth_max = 400},
    .book_source = "docs-v5, WS / Order book channel",
    .stale_after = 40s,
};
constexpr std::string_view kClosingSoon = "64008";

constexpr std::string_view kChannelKey = R"({"channel":")";
// The channel of a venue's word in an acknowledgement.
std::optional<Channel> channel_of(std::string_view word) {
  if (word.starts_with("candle")) return Channel::candle;
  for (const Route& route : kRoutes) {
    if (route.topic.substr(kChannelKey.size()).starts_with(std::string{word}.append("\"")))
      return route.channel;
  }
  return std::nullopt;
}

using Facts = MessageFacts;

struct Arg {
  std::string_view channel;
  std::optional<std::string_view> symbol;
};
struct Envelope {
  std::optional<std::string_view> event, code, message, action;
  std::optional<std::int64_t> request;
  std::optional<Arg> arg;
  std::optional<Raw> data;
};
using ArgShape = Shape<Field<"channel", &Arg::channel>, Skip<"instType">, Skip<"instFamily">,
                       Field<"instId", &Arg::symbol>>;
using EnvelopeShape = Shape<Field<"id", &Envelope::request>, Field<"event", &Envelope::event>,
                            Id<"code", &Envelope::code>, Field<"msg", &Envelope::message>,
                            Object<"arg", &Envelope::arg, ArgShape>,
                            Field<"action", &Envelope::action>, Tail<"data", &Envelope::data>>;

using TradeShape =
    Shape<Field<"instId", &Facts::symbol>, Id<"tradeId", &Trade::trade_id, kRequired>,
          Field<"px", &Trade::price>, Field<"sz", &Trade::quantity>, Field<"side", &Trade::side>,
          Field<"ts", &Facts::time, kRequired>, Skip<"count">, Skip<"source">, Skip<"seqId">>;

// Whole books, changes and best levels. Not all of them name the instrument: the argument does.
using BookMessage = Message<Book>;
using BookShape =
    Shape<Field<"asks", &BookMessage::ask_levels>, Field<"bids", &BookMessage::bid_levels>,
          Skip<"instId">, Field<"ts", &Facts::time, kRequired>, Field<"checksum", &Book::checksum>,
          Field<"seqId", &Book::last_sequence>, Field<"prevSeqId", &Book::previous_sequence>>;

struct TickerMessage : Message<Ticker> {
  std::string_view type;
};
using TickerShape =
    Loose<Field<"instType", &TickerMessage::type>, Field<"instId", &Facts::symbol>,
          Field<"last", &Ticker::last_price>, Field<"askPx", &Ticker::ask_price>,
          Field<"bidPx", &Ticker::bid_price>, Field<"open24h", &Ticker::open_price>,
          Field<"high24h", &Ticker::high_price>, Field<"low24h", &Ticker::low_price>,
          Field<"volCcy24h", &Ticker::quote_volume>, Field<"vol24h", &Ticker::volume>,
          Field<"ts", &Facts::time, kRequired>>;

// "volCcy24h" counts the quote currency for spot, the base currency for derivatives.
void send(TickerMessage& ticker, Output& out) {
  if (ticker.type != "SPOT") ticker.quote_volume.reset();
  send<Ticker>(ticker, out);
}

struct CandleMessage : Message<Candle> {
  std::optional<Quantity> currency_volume;
  std::optional<std::int64_t> confirm;
};
using CandleShape = Row<&Candle::open_time, &Candle::open, &Candle::high, &Candle::low,
                        &Candle::close, &Candle::volume, &CandleMessage::currency_volume,
                        &Candle::quote_volume, &CandleMessage::confirm>;

struct FundingMessage : Message<Funding> {
  std::optional<Timestamp> following;
};
using FundingShape =
    Loose<Field<"fundingRate", &Funding::rate>, Field<"fundingTime", &Funding::next_time>,
          Field<"instId", &Facts::symbol>, Field<"nextFundingRate", &Funding::predicted_rate>,
          Field<"nextFundingTime", &FundingMessage::following>, Field<"ts", &Facts::time>>;

void send(FundingMessage& funding, Output& out) {
  funding.interval_hours = hours_between(funding.next_time, funding.following);
  send<Funding>(funding, out);
}

using OpenInterestShape =
    Loose<Field<"instId", &Facts::symbol>, Field<"oi", &OpenInterest::quantity>,
          Field<"oiUsd", &OpenInterest::value>, Field<"ts", &Facts::time>>;
using MarkPriceShape = Loose<Field<"instId", &Facts::symbol>, Field<"markPx", &MarkPrice::price>,
                             Field<"ts", &Facts::time>>;
using IndexPriceShape = Loose<Field<"instId", &Facts::symbol>, Field<"idxPx", &IndexPrice::price>,
                              Field<"ts", &Facts::time>>;

using OptionSummaryShape =
    Loose<Field<"instId", &Facts::symbol>, Field<"delta", &OptionSummary::delta>,
          Field<"gamma", &OptionSummary::gamma>, Field<"vega", &OptionSummary::vega>,
          Field<"theta", &OptionSummary::theta>, Field<"markVol", &OptionSummary::mark_iv>,
          Field<"bidVol", &OptionSummary::bid_iv>, Field<"askVol", &OptionSummary::ask_iv>,
          Field<"ts", &Facts::time>>;

struct LiquidationMessage : Facts {
  RowList<Message<Liquidation>> details;
};
using DetailShape = Loose<Field<"bkPx", &Liquidation::price>, Field<"side", &Liquidation::side>,
                          Field<"sz", &Liquidation::quantity>, Field<"ts", &Facts::time>>;
using LiquidationShape = Loose<Rows<"details", &LiquidationMessage::details, DetailShape>,
                               Field<"instId", &Facts::symbol>>;
void send(LiquidationMessage& message, Output& out) {
  for (auto& detail : message.details) {
    detail.symbol = message.symbol;
    send<Liquidation>(detail, out);
  }
}

struct InstrumentMessage : Message<InstrumentInfo> {
  std::string_view type;
  std::optional<std::string_view> base_currency, quote_currency, option;
  std::optional<Decimal> contract_value, multiplier;
};
using InstrumentShape =
    Loose<Field<"baseCcy", &InstrumentMessage::base_currency>,
          Field<"ctMult", &InstrumentMessage::multiplier>,
          Field<"ctVal", &InstrumentMessage::contract_value>,
          Field<"expTime", &InstrumentInfo::expiry>, Field<"instId", &Facts::symbol>,
          Field<"instType", &InstrumentMessage::type>, Field<"lotSz", &InstrumentInfo::lot_size>,
          Field<"optType", &InstrumentMessage::option>,
          Field<"quoteCcy", &InstrumentMessage::quote_currency>,
          Field<"settleCcy", &InstrumentInfo::settle>, Field<"state", &InstrumentInfo::status>,
          Field<"stk", &InstrumentInfo::strike>, Field<"tickSz", &InstrumentInfo::tick_size>>;
struct Listing {
  std::string_view code, message;
  RowList<InstrumentMessage> instruments;
};
using ListingShape = Loose<Id<"code", &Listing::code>, Field<"msg", &Listing::message>,
                           Rows<"data", &Listing::instruments, InstrumentShape>>;
struct Names {
  std::vector<std::string_view> names;
};
struct Families {
  std::string_view code, message;
  RowList<Names> lists;
};
using FamiliesShape = Loose<Id<"code", &Families::code>, Field<"msg", &Families::message>,
                            Rows<"data", &Families::lists, Row<&Names::names>>>;

// BTC-USDT, BTC-USDT-SWAP, BTC-USD-261225, BTC-USD-261225-100000-C.
std::optional<InstrumentInfo> spelled_out(std::string_view symbol) {
  const auto part = parts_of(symbol, '-');
  if (part.count < 2) return std::nullopt;
  InstrumentInfo info;
  info.base = part[0];
  info.quote = part[1];
  if (part.count == 2) return info;
  info.kind = InstrumentKind::perpetual;
  if (part.count == 3 && part[2] == "SWAP") return info;
  info.kind = InstrumentKind::future;
  info.expiry = expiry_named(part[2]);
  if (!info.expiry || part.count == 4) return std::nullopt;
  if (part.count == 3) return info;
  info.kind = InstrumentKind::option;
  const auto strike = parse_decimal(part[3]);
  if (!strike || (part[4] != "C" && part[4] != "P")) return std::nullopt;
  info.strike = Price{*strike};
  info.option_type = part[4] == "C" ? "call" : "put";
  return info;
}

// In the order of InstrumentKind.
constexpr std::array<std::string_view, 4> kTypes = {"SPOT", "SWAP", "FUTURES", "OPTION"};

void send(const InstrumentMessage& in, Output& out) {
  InstrumentInfo info = in;
  const auto spelled = spelled_out(in.symbol).value_or(InstrumentInfo{});
  const auto type = std::ranges::find(kTypes, in.type);
  info.kind = type == kTypes.end() ? spelled.kind : InstrumentKind(type - kTypes.begin());
  info.base = in.base_currency.value_or(spelled.base);  // empty for derivatives
  info.quote = in.quote_currency.value_or(spelled.quote);
  if (in.option) info.option_type = *in.option == "C" ? "call" : "put";
  if (in.contract_value) {
    const auto size = product(*in.contract_value, in.multiplier.value_or(Decimal{1, 0}));
    if (size) info.contract_size = Quantity{*size};
  }
  if (info.base.empty() || info.quote.empty()) return;  // announced, without its currencies yet
  if (info.status == "live") info.status = "trading";
  if (info.status == "suspend") info.status = "halted";
  out(in.symbol, std::nullopt, info);
}

class Okx final : public JsonDecoder<Okx> {
 public:
  using JsonDecoder::JsonDecoder;

  Reading read(std::string_view frame, Timestamp ts_recv, EventHandler& handler) override {
    return frame == "pong" ? kControl : JsonDecoder::read(frame, ts_recv, handler);
  }

  template <class In>
  Verdict decide(In& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<EnvelopeShape>(frame, envelope_)) return Verdict::malformed;
    if (envelope_.event) return read_notice(envelope_, reading);
    if (!envelope_.arg || !envelope_.data) return Verdict::unknown;
    return read_data(in, *envelope_.arg, envelope_.action, envelope_.data->json, out);
  }

  template <class In>
  static Verdict read_rest(const Traits&, In& in, const RestCall& call, std::string_view body,
                           Output& out, RestReading& answer, std::string& problem) {
    if (path_of(call.target) == kFamilies) return read_families(in, body, answer, problem);
    Listing listing;
    if (!in.template read<ListingShape>(body, listing)) return Verdict::malformed;
    if (listing.code != "0") return problem = listing.message, Verdict::rejected;
    for (const auto& instrument : listing.instruments) send(instrument, out);
    return Verdict::data;
  }

  static std::optional<InstrumentInfo> derive(std::string_view symbol) {
    return spelled_out(symbol);
  }

  // Some channels exist per kind of instrument, or per pair, only: instruments share one.
  static bool fill(std::string_view hole, const Subscription& wanted, std::string& out) {
    const auto info = spelled_out(wanted.symbol).value_or(InstrumentInfo{});
    if (hole == "type") return out.append(kTypes[static_cast<std::size_t>(info.kind)]), true;
    if (hole != "pair") return false;
    if (info.base.empty()) return out.append(wanted.symbol), true;
    return out.append(info.base).append("-").append(info.quote), true;
  }

 private:
  // The families of options: each has a listing of its own.
  template <class In>
  static Verdict read_families(In& in, std::string_view body, RestReading& answer,
                               std::string& problem) {
    Families families;
    if (!in.template read<FamiliesShape>(body, families)) return Verdict::malformed;
    if (families.code != "0") return problem = families.message, Verdict::rejected;
    for (const auto& list : families.lists) {
      for (const auto name : list.names) {
        answer.more.push_back({.target = std::string{kInstruments}
                                             .append("?instType=OPTION&instFamily=")
                                             .append(percent_encoded(name))});
      }
    }
    return Verdict::data;
  }

  Verdict read_notice(const Envelope& envelope, Reading& reading) {
    const auto code = envelope.code.value_or("");
    reading.answers = envelope.request;
    reading.reconnect_soon = envelope.event == "notice" && code == kClosingSoon;
    if (envelope.event == "subscribe" && envelope.arg) {
      answer(Condition::subscribed, envelope.arg->symbol.value_or(""),
             channel_of(envelope.arg->channel));
    }
    if (envelope.event != "error" && envelope.event != "channel-conn-count-error")
      return Verdict::control;
    return refuse(reading, code, envelope.message.value_or(*envelope.event));
  }

  template <class In>
  Verdict read_data(In& in, const Arg& arg, std::optional<std::string_view> action,
                    std::string_view data, Output& out) {
    const auto kind = arg.channel;
    if (equals<"trades", "trades-all">(kind)) return read_all<TradeShape>(in, data, trades_, out);
    if (equals<"bbo-tbt">(kind)) return read_quotes(in, data, arg.symbol.value_or(""), out);
    if (equals<"books">(kind)) return read_books(in, data, arg, action, std::nullopt, out);
    if (equals<"books5">(kind)) return read_books(in, data, arg, action, 5, out);
    if (equals<"books50-l2-tbt">(kind)) return read_books(in, data, arg, action, 50, out);
    if (equals<"books-l2-tbt">(kind)) return read_books(in, data, arg, action, 400, out);
    if (equals<"tickers">(kind)) return read_all<TickerShape>(in, data, tickers_, out);
    if (equals<"funding-rate">(kind)) return read_all<FundingShape>(in, data, fundings_, out);
    if (equals<"open-interest">(kind))
      return read_all<OpenInterestShape>(in, data, interests_, out);
    if (equals<"mark-price">(kind)) return read_all<MarkPriceShape>(in, data, marks_, out);
    if (equals<"index-tickers">(kind)) return read_all<IndexPriceShape>(in, data, indices_, out);
    if (equals<"opt-summary">(kind)) return read_all<OptionSummaryShape>(in, data, options_, out);
    if (equals<"liquidation-orders">(kind))
      return read_all<LiquidationShape>(in, data, liquidations_, out);
    if (equals<"instruments">(kind)) return read_all<InstrumentShape>(in, data, instruments_, out);
    if (kind.starts_with("candle")) return read_candles(in, data, arg, out);
    return Verdict::unknown;
  }

  template <class In>
  Verdict read_books(In& in, std::string_view data, const Arg& arg,
                     std::optional<std::string_view> action, std::optional<std::int64_t> depth,
                     Output& out) {
    const std::string_view symbol = arg.symbol.value_or("");
    const bool whole = action != "update";
    return read_all<BookShape>(in, data, books_, out, [&](BookMessage& book) {
      book.symbol = symbol;
      book.depth = depth;
      book.is_snapshot = whole;
      if (book.previous_sequence == -1) book.previous_sequence.reset();  // of a snapshot
      if (book.checksum == 0) book.checksum.reset();                     // no longer computed
    });
  }

  template <class In>
  Verdict read_quotes(In& in, std::string_view data, std::string_view symbol, Output& out) {
    if (!in.template read_rows<BookShape>(data, books_)) return Verdict::malformed;
    for (const BookMessage& best : books_) out(symbol, best.time, best_of(best));
    return Verdict::data;
  }

  template <class In>
  Verdict read_candles(In& in, std::string_view data, const Arg& arg, Output& out) {
    const auto symbol = arg.symbol.value_or("");
    const auto info = spelled_out(symbol);
    return read_all<CandleShape>(in, data, candles_, out, [&](CandleMessage& candle) {
      candle.symbol = symbol;
      const auto interval = arg.channel.substr(std::string_view{"candle"}.size());
      candle.interval = our_interval(kTraits, interval).value_or(interval);
      candle.is_closed.reset();
      if (candle.confirm) candle.is_closed = candle.confirm == 1;
      // Older candles of spot instruments have one volume less: the currency is the quote's.
      const bool spot = info && info->kind == InstrumentKind::spot;
      if (!candle.quote_volume && spot) candle.quote_volume = candle.currency_volume;
    });
  }

  Envelope envelope_;  // scratch, as all that follows
  RowList<Message<Trade>> trades_;
  RowList<BookMessage> books_;
  RowList<TickerMessage> tickers_;
  RowList<CandleMessage> candles_;
  RowList<FundingMessage> fundings_;
  RowList<Message<OpenInterest>> interests_;
  RowList<Message<MarkPrice>> marks_;
  RowList<Message<IndexPrice>> indices_;
  RowList<Message<OptionSummary>> options_;
  RowList<LiquidationMessage> liquidations_;
  RowList<InstrumentMessage> instruments_;
};

}  // namespace

std::unique_ptr<Adapter> make_okx() {
  return std::make_unique<JsonVenue<Okx>>(kTraits);
}

}  // namespace mp::venue
