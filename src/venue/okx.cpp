// OKX v5, public channels. Source: https://www.okx.com/docs-v5/en/
#include <algorithm>
#include <array>

#include "codec/json_encode.hpp"
#include "venue/support.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr std::array kTopics = {
    Topic{Channel::trade, "trades"},
    Topic{Channel::quote, "bbo-tbt"},
    Topic{Channel::book, "books"},
    Topic{Channel::ticker, "tickers"},
    Topic{Channel::candle, "candle"},
    Topic{Channel::funding, "funding-rate"},
    Topic{Channel::open_interest, "open-interest"},
    Topic{Channel::liquidation, "liquidation-orders"},
    Topic{Channel::mark_price, "mark-price"},
    Topic{Channel::index_price, "index-tickers"},
    Topic{Channel::option_summary, "opt-summary"},
    Topic{Channel::instrument, "instruments"},
};
constexpr auto kChannels = channels_of(kTopics);
constexpr Traits kTraits = {
    .name = "okx",
    .docs_url = "https://www.okx.com/docs-v5/en/",
    .ws_url = "wss://ws.okx.com",
    .rest_url = "https://openapi.okx.com",
    .channels = kChannels,
    .ping = {.text = "ping", .silence = 25s},  // the venue closes after 30 s
    .limits = {.topics_per_session = 100,      // 64 KB of arguments are allowed
               .topics_per_request = 20,
               .between_requests = 500ms,
               .between_connects = 1000ms,
               .session_lifetime = 0s,  // announced by notice 64008
               .between_rest_calls = 100ms,
               .rest_calls_at_once = 2},
    .book = {.start = BookStart::stream_snapshot,
             .link = BookLink::previous,
             .checksum = BookChecksum::okx_crc32,  // 0 since 2026: absent
             .depth_max = 400},
    .stale_after = 40s,
};
constexpr std::string_view kInstruments = "/api/v5/public/instruments";
constexpr std::array<std::string_view, 5> kListings = {
    "?instType=SPOT", "?instType=SWAP", "?instType=FUTURES", "?instType=OPTION&instFamily=BTC-USD",
    "?instType=OPTION&instFamily=ETH-USD"};
constexpr std::string_view kClosingSoon = "64008";

using Facts = MessageFacts;

struct Arg {
  std::string_view channel;
  std::optional<std::string_view> symbol;
};
struct Envelope {
  std::optional<std::string_view> event, code, message, action;
  std::optional<Arg> arg;
  std::optional<Raw> data;
};
using ArgShape = Shape<Field<"channel", &Arg::channel>, Skip<"instType">, Skip<"instFamily">,
                       Field<"instId", &Arg::symbol>>;
using EnvelopeShape =
    Shape<Field<"event", &Envelope::event>, Id<"code", &Envelope::code>,
          Field<"msg", &Envelope::message>, Object<"arg", &Envelope::arg, ArgShape>,
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
    Shape<Field<"instType", &TickerMessage::type>, Field<"instId", &Facts::symbol>,
          Field<"last", &Ticker::last_price>, Skip<"lastSz">, Field<"askPx", &Ticker::ask_price>,
          Skip<"askSz">, Field<"bidPx", &Ticker::bid_price>, Skip<"bidSz">,
          Field<"open24h", &Ticker::open_price>, Field<"high24h", &Ticker::high_price>,
          Field<"low24h", &Ticker::low_price>, Skip<"sodUtc0">, Skip<"sodUtc8">,
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
using FundingShape = Shape<
    Skip<"formulaType">, Field<"fundingRate", &Funding::rate>,
    Field<"fundingTime", &Funding::next_time>, Skip<"impactValue">, Field<"instId", &Facts::symbol>,
    Skip<"instType">, Skip<"interestRate">, Skip<"maxFundingRate">, Skip<"method">,
    Skip<"minFundingRate">, Field<"nextFundingRate", &Funding::predicted_rate>,
    Field<"nextFundingTime", &FundingMessage::following>, Skip<"premium">, Skip<"prevFundingTime">,
    Skip<"settFundingRate">, Skip<"settState">, Field<"ts", &Facts::time>>;

void send(FundingMessage& funding, Output& out) {
  funding.interval_hours = hours_between(funding.next_time, funding.following);
  send<Funding>(funding, out);
}

using OpenInterestShape =
    Shape<Field<"instId", &Facts::symbol>, Skip<"instType">, Field<"oi", &OpenInterest::quantity>,
          Skip<"oiCcy">, Field<"oiUsd", &OpenInterest::value>, Field<"ts", &Facts::time>>;
using MarkPriceShape = Shape<Field<"instId", &Facts::symbol>, Skip<"instType">,
                             Field<"markPx", &MarkPrice::price>, Field<"ts", &Facts::time>>;
using IndexPriceShape = Shape<Field<"instId", &Facts::symbol>, Field<"idxPx", &IndexPrice::price>,
                              Skip<"open24h">, Skip<"high24h">, Skip<"low24h">, Skip<"sodUtc0">,
                              Skip<"sodUtc8">, Field<"ts", &Facts::time>>;

using OptionSummaryShape =
    Shape<Skip<"instType">, Field<"instId", &Facts::symbol>, Skip<"uly">,
          Field<"delta", &OptionSummary::delta>, Field<"gamma", &OptionSummary::gamma>,
          Field<"vega", &OptionSummary::vega>, Field<"theta", &OptionSummary::theta>, Skip<"lever">,
          Field<"markVol", &OptionSummary::mark_iv>, Field<"bidVol", &OptionSummary::bid_iv>,
          Field<"askVol", &OptionSummary::ask_iv>, Skip<"realVol">, Skip<"deltaBS">,
          Skip<"gammaBS">, Skip<"thetaBS">, Skip<"vegaBS">, Field<"ts", &Facts::time>>;

struct LiquidationMessage : Facts {
  RowList<Message<Liquidation>> details;
};
using DetailShape = Shape<Skip<"bkLoss">, Field<"bkPx", &Liquidation::price>, Skip<"ccy">,
                          Skip<"posSide">, Field<"side", &Liquidation::side>,
                          Field<"sz", &Liquidation::quantity>, Field<"ts", &Facts::time>>;
using LiquidationShape =
    Shape<Rows<"details", &LiquidationMessage::details, DetailShape>, Skip<"instFamily">,
          Field<"instId", &Facts::symbol>, Skip<"instType">, Skip<"uly">>;
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
    Shape<Field<"baseCcy", &InstrumentMessage::base_currency>,
          Field<"ctMult", &InstrumentMessage::multiplier>,
          Field<"ctVal", &InstrumentMessage::contract_value>,
          Field<"expTime", &InstrumentInfo::expiry>, Field<"instId", &Facts::symbol>,
          Field<"instType", &InstrumentMessage::type>, Field<"lotSz", &InstrumentInfo::lot_size>,
          Field<"optType", &InstrumentMessage::option>,
          Field<"quoteCcy", &InstrumentMessage::quote_currency>,
          Field<"settleCcy", &InstrumentInfo::settle>, Field<"state", &InstrumentInfo::status>,
          Field<"stk", &InstrumentInfo::strike>, Field<"tickSz", &InstrumentInfo::tick_size>>;
struct Answer {
  std::string_view code, message;
  RowList<InstrumentMessage> instruments;
};
using AnswerShape = Shape<Id<"code", &Answer::code>, Field<"msg", &Answer::message>,
                          Rows<"data", &Answer::instruments, InstrumentShape>>;

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

// The argument of a subscription. Some channels exist per kind of instrument only, so that the
// instruments of a kind share one.
std::string argument_of(const Subscription& wanted) {
  std::string text = "{\"channel\":";
  std::string channel{topic_name(kTopics, wanted.channel)};
  if (wanted.channel == Channel::candle) channel.append(wanted.interval);
  append_json_string(channel, text);
  const auto info = spelled_out(wanted.symbol).value_or(InstrumentInfo{});
  if (wanted.channel == Channel::liquidation || wanted.channel == Channel::instrument) {
    text.append(",\"instType\":\"").append(kTypes[static_cast<std::size_t>(info.kind)]);
    return text.append("\"}");
  }
  const bool of_family = wanted.channel == Channel::option_summary;
  const bool of_index = wanted.channel == Channel::index_price;
  text.append(of_family ? ",\"instFamily\":" : ",\"instId\":");
  const std::string pair = std::string{info.base}.append("-").append(info.quote);
  append_json_string((of_family || of_index) && pair != "-" ? pair : wanted.symbol, text);
  return text.append("}");
}

class Okx final : public Adapter {
 public:
  const Traits& traits() const override { return kTraits; }
  std::string_view path(const Subscription& subscription) const override {
    return subscription.channel == Channel::candle ? "/ws/v5/business" : "/ws/v5/public";
  }

  void subscribe(std::span<const Subscription> wanted, std::vector<std::string>& out) override {
    for (const auto& arguments : batches(wanted, kTraits.limits.topics_per_request, argument_of))
      out.push_back(R"({"op":"subscribe","args":[)" + arguments + "]}");
  }
  void unsubscribe(std::span<const Subscription> unwanted, std::vector<std::string>& out) override {
    for (const auto& arguments : batches(unwanted, kTraits.limits.topics_per_request, argument_of))
      out.push_back(R"({"op":"unsubscribe","args":[)" + arguments + "]}");
  }

  Reading read(std::string_view frame, Timestamp ts_recv, EventHandler& handler) override {
    if (frame == "pong") return kControl;
    Output out{kTraits.name, ts_recv, handler};
    return read_frame(json_, [&](auto& in, Reading& reading) {
      if (!in.template read<EnvelopeShape>(frame, envelope_)) return Verdict::malformed;
      if (envelope_.event) return read_notice(envelope_, reading);
      if (!envelope_.arg || !envelope_.data) return Verdict::unknown;
      return read_data(in, *envelope_.arg, envelope_.action, envelope_.data->json, out);
    });
  }

  std::vector<RestCall> listing() const override {
    std::vector<RestCall> calls;
    for (const auto query : kListings)
      calls.push_back({RestKind::listing, {}, std::string{kInstruments}.append(query)});
    return calls;
  }
  std::optional<RestCall> snapshot(std::string_view) const override { return std::nullopt; }
  std::optional<RestCall> identify(std::string_view url) const override {
    if (path_of(url) != kInstruments) return std::nullopt;
    return RestCall{RestKind::listing, {}, std::string{target_of(url)}};
  }

  Result<void> read_rest(const RestCall& call, std::string_view body, Timestamp ts_recv,
                         EventHandler& handler) override {
    Output out{kTraits.name, ts_recv, handler};
    JsonReader json;  // not json_: a listing takes megabytes, once a day
    Answer answer;
    if (!json.read<true>([&](auto& in) { return in.template read<AnswerShape>(body, answer); }))
      return unread(kTraits.name, call, json.problem(), body);
    if (answer.code != "0") return unread(kTraits.name, call, answer.message, body);
    for (const auto& instrument : answer.instruments) send(instrument, out);
    return {};
  }

  std::optional<InstrumentInfo> derive(std::string_view symbol) const override {
    return spelled_out(symbol);
  }

 private:
  Verdict read_notice(const Envelope& envelope, Reading& reading) {
    const auto code = envelope.code.value_or("");
    reading.reconnect_soon = envelope.event == "notice" && code == kClosingSoon;
    if (envelope.event != "error" && envelope.event != "channel-conn-count-error")
      return Verdict::control;
    refusal_.assign(code).append(" ").append(envelope.message.value_or(*envelope.event));
    reading.problem = refusal_;
    return Verdict::rejected;
  }

  template <class In>
  Verdict read_data(In& in, const Arg& arg, std::optional<std::string_view> action,
                    std::string_view data, Output& out) {
    const auto kind = arg.channel;
    if (equals<"trades", "trades-all">(kind)) return read_all<TradeShape>(in, data, trades_, out);
    if (equals<"bbo-tbt">(kind)) return read_quotes(in, data, arg.symbol.value_or(""), out);
    if (equals<"books", "books5", "books-l2-tbt", "books50-l2-tbt">(kind))
      return read_books(in, data, arg.symbol.value_or(""), action != "update", out);
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
  Verdict read_books(In& in, std::string_view data, std::string_view symbol, bool whole,
                     Output& out) {
    return read_all<BookShape>(in, data, books_, out, [&](BookMessage& book) {
      book.symbol = symbol;
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
      candle.interval = arg.channel.substr(std::string_view{"candle"}.size());
      candle.is_closed.reset();
      if (candle.confirm) candle.is_closed = candle.confirm == 1;
      // Older candles of spot instruments have one volume less: the currency is the quote's.
      const bool spot = info && info->kind == InstrumentKind::spot;
      if (!candle.quote_volume && spot) candle.quote_volume = candle.currency_volume;
    });
  }

  JsonReader json_;
  std::string refusal_;
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
  return std::make_unique<Okx>();
}

}  // namespace mp::venue
