// L3. What Binance's markets share: envelope, trades, best prices, books, tickers, candles, filters
// of a listing, acknowledgements and refusals. Spot is in binance.cpp, futures are in
// binance_futures.cpp, options in binance_options.cpp.
#pragma once

#include "venue/support.hpp"

namespace mp::venue::binance {
namespace {  // the callers in a file are all there are: the compiler inlines accordingly

using namespace codec;  // the vocabulary of shapes; these names are for the files of Binance only

inline constexpr Requests kRequests = {
    .subscribe = R"({"method":"SUBSCRIBE","params":[{topics}],"id":{id}})",
    .unsubscribe = R"({"method":"UNSUBSCRIBE","params":[{topics}],"id":{id}})",
    .source = "web-socket-streams.md, Live Subscribing/Unsubscribing to streams"};

struct Envelope {
  std::optional<std::string_view> stream;
  std::optional<Raw> data;
};
using EnvelopeShape =
    Shape<Field<"stream", &Envelope::stream>, Tail<"data", &Envelope::data>, Rest>;
using GrownShape = Loose<Field<"stream", &Envelope::stream>, Field<"data", &Envelope::data>>;

struct Refusal {
  std::string_view code, message;
};
using RefusalShape = Loose<Id<"code", &Refusal::code>, Field<"msg", &Refusal::message>>;

// The first keys of a message tell what it is.
struct Head {
  std::optional<std::string_view> event;
  bool update = false, last_update = false;
};
using HeadShape = Shape<Field<"e", &Head::event>, Seen<"u", &Head::update>,
                        Seen<"lastUpdateId", &Head::last_update>, Rest>;

using RowShape = Loose<Field<"e", &Head::event>>;  // of a list, in whatever order

// What answers a request of ours.
struct Notice {
  std::optional<std::string_view> code, message, request;
  std::optional<Refusal> error;
};
using NoticeShape = Loose<Object<"error", &Notice::error, RefusalShape>, Id<"code", &Notice::code>,
                          Field<"msg", &Notice::message>, Id<"id", &Notice::request>>;

struct TradeMessage : Message<Trade> {
  std::optional<Timestamp> sent;
  bool buyer_is_maker = false;
  std::optional<std::string_view> kind;  // of futures and options only
};
// Takeovers by the insurance fund and automatic deleveraging are no trades of the market.
inline bool is_of_the_market(const TradeMessage& trade) {
  return !trade.kind || !equals<"INSURANCE_FUND", "ADL", "NA">(*trade.kind);
}
inline void send(TradeMessage& trade, Output& out) {
  trade.side = trade.buyer_is_maker ? Side::sell : Side::buy;
  if (!trade.time) trade.time = trade.sent;
  if (is_of_the_market(trade)) send<Trade>(trade, out);
}

struct QuoteMessage : Message<Quote> {};
inline void send(QuoteMessage& quote, Output& out) {
  const auto drop_zeros = [](std::optional<Price>& price, std::optional<Quantity>& quantity) {
    if (!price || !quantity || !price->is_zero() || !quantity->is_zero()) return;
    price.reset();
    quantity.reset();
  };
  drop_zeros(quote.bid_price, quote.bid_quantity);  // how a side without orders is sent
  drop_zeros(quote.ask_price, quote.ask_quantity);
  send<Quote>(quote, out);
}

using DepthMessage = Message<Book>;
// A partial depth stream and the REST call of spot send whole books, without symbol and time.
using WholeBookShape =
    Shape<Field<"lastUpdateId", &Book::last_sequence, kRequired>,
          Field<"bids", &DepthMessage::bid_levels>, Field<"asks", &DepthMessage::ask_levels>>;

using TickerShape =
    Shape<Skip<"e">, Field<"E", &Facts::time, kRequired>, Field<"s", &Facts::symbol>, Skip<"p">,
          Skip<"P">, Skip<"w">, Skip<"x">, Field<"c", &Ticker::last_price, kRequired>, Skip<"Q">,
          Field<"b", &Ticker::bid_price>, Skip<"B">, Field<"a", &Ticker::ask_price>, Skip<"A">,
          Field<"o", &Ticker::open_price>, Field<"h", &Ticker::high_price>,
          Field<"l", &Ticker::low_price>, Field<"v", &Ticker::volume>,
          Field<"q", &Ticker::quote_volume>, Skip<"O">, Skip<"C">, Skip<"F">, Skip<"L">, Skip<"n">>;

using CandleShape =
    Loose<Field<"E", &Facts::time, kRequired>, Field<"s", &Facts::symbol>,
          Inside<"k", Field<"t", &Candle::open_time>, Field<"T", &Candle::close_time>,
                 Field<"i", &Candle::interval>, Field<"o", &Candle::open>,
                 Field<"c", &Candle::close>, Field<"h", &Candle::high>, Field<"l", &Candle::low>,
                 Field<"v", &Candle::volume, kRequired>, Field<"n", &Candle::trades>,
                 Field<"x", &Candle::is_closed>, Field<"q", &Candle::quote_volume>>>;

struct Filter {
  std::string_view type;
  std::optional<Price> tick_size;
  std::optional<Quantity> step_size;
};
using FilterShape = Loose<Field<"filterType", &Filter::type>, Field<"tickSize", &Filter::tick_size>,
                          Field<"stepSize", &Filter::step_size>>;
using Filters = RowList<Filter>;

inline void send_listed(const Facts& facts, InstrumentInfo info, const Filters& filters,
                        Output& out) {
  for (const Filter& filter : filters) {
    if (filter.type == "PRICE_FILTER") info.tick_size = filter.tick_size;
    if (filter.type == "LOT_SIZE") info.lot_size = filter.step_size;
  }
  if (info.status == "TRADING") info.status = "trading";
  if (info.status == "HALT" || info.status == "BREAK") info.status = "halted";
  out(facts.symbol, std::nullopt, info);
}

// What a REST call is answered with where it is refused.
[[nodiscard]] Verdict read_refusal(auto& in, std::string_view body, std::string& problem) {
  Refusal refusal;
  // Not a word about "code" where something else is wrong.
  if (body.find("\"code\"") == std::string_view::npos) return Verdict::malformed;
  if (!in.template read<RefusalShape>(body, refusal)) return Verdict::malformed;
  problem.assign(refusal.code).append(" ").append(refusal.message);
  return Verdict::rejected;
}

// Reads what every market sends. `Shapes` has those of the messages that come most, in the market's
// order of keys: Trade, AggregateTrade, Quote (NumberFirst: one that begins with "u"), Depth.
// `Self` may have functions of the same names as the protected ones below.
template <class Self, class Shapes>
class Family : public JsonDecoder<Self> {
 public:
  using JsonDecoder<Self>::JsonDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (frame.starts_with('[')) {  // of a session whose URL names its one stream
      envelope_ = {};
      return self().read_list(in, frame, out);
    }
    if (!in.template read<EnvelopeShape>(frame, envelope_)) return Verdict::malformed;
    const bool grown = envelope_.stream && !envelope_.data;  // another key stands between
    if (grown && !in.template read<GrownShape>(frame, envelope_)) return Verdict::malformed;
    const std::string_view body = envelope_.data ? envelope_.data->json : frame;
    if (body.starts_with('[')) return self().read_list(in, body, out);
    if (!in.template read<HeadShape>(body, head_)) return Verdict::malformed;
    if (head_.event) return read_event(in, *head_.event, body, out, reading);
    if (head_.update) return read_one<typename Shapes::NumberFirst>(in, body, quote_, out);
    if (head_.last_update && envelope_.stream) return read_partial_book(in, body, out);
    return read_notice(in, body, reading);
  }

 protected:
  // Streams of many symbols in one message: what they are, the first row tells.
  Verdict read_list(auto& in, std::string_view list, Output& out) {
    if (!in.template read_rows<RowShape>(list, rows_))
      return stream().empty() ? Verdict::malformed : Verdict::unknown;
    if (rows_.empty()) return stream().empty() ? Verdict::malformed : Verdict::data;
    return self().read_list_of(in, rows_[0].event.value_or(""), list, out);
  }
  Verdict read_list_of(auto& in, std::string_view event, std::string_view list, Output& out) {
    if (!equals<"24hrTicker">(event)) return Verdict::unknown;
    return read_all<TickerShape>(in, list, tickers_, out,
                                 [this](auto& each) { self().amend(each); });
  }
  // Events that only this market has.
  Verdict read_other(auto&, std::string_view, std::string_view, Output&) {
    return Verdict::unknown;
  }
  // What is meant otherwise than by spot; false for what we do not read.
  template <class Body>
  bool amend(Message<Body>&) {
    return true;
  }
  bool amend(Message<Ticker>& ticker) {
    drop_zero(ticker.bid_price);
    drop_zero(ticker.ask_price);
    return true;
  }

  [[nodiscard]] std::string_view stream() const { return envelope_.stream.value_or(""); }

 private:
  Self& self() { return static_cast<Self&>(*this); }

  template <class S, class M>
  Verdict read_amended(auto& in, std::string_view body, M& message, Output& out) {
    if (!in.template read<S>(body, message)) return Verdict::malformed;
    if (!self().amend(message)) return Verdict::unknown;
    send(message, out);
    return Verdict::data;
  }

  Verdict read_event(auto& in, std::string_view event, std::string_view body, Output& out,
                     Reading& reading) {
    if (equals<"trade">(event)) return read_one<typename Shapes::Trade>(in, body, trade_, out);
    if (equals<"aggTrade">(event))
      return read_one<typename Shapes::AggregateTrade>(in, body, trade_, out);
    if (equals<"depthUpdate">(event))
      return read_amended<typename Shapes::Depth>(in, body, depth_, out);
    if (equals<"bookTicker">(event)) return read_one<typename Shapes::Quote>(in, body, quote_, out);
    if (equals<"24hrTicker">(event)) return read_amended<TickerShape>(in, body, ticker_, out);
    if (equals<"kline">(event)) return read_amended<CandleShape>(in, body, candle_, out);
    if (!equals<"serverShutdown">(event)) return self().read_other(in, event, body, out);
    reading.reconnect_soon = true;
    return Verdict::control;
  }

  Verdict read_notice(auto& in, std::string_view body, Reading& reading) {
    Notice notice;
    if (!in.template read<NoticeShape>(body, notice)) return Verdict::malformed;
    reading.answers = request_number(notice.request);
    if (notice.error) return this->refuse(reading, notice.error->code, notice.error->message);
    if (notice.code) return this->refuse(reading, *notice.code, notice.message.value_or(""));
    return notice.request ? Verdict::control : Verdict::unknown;
  }

  // "btcusdt@depth20@100ms" of spot: whole books of some levels, beside the one that is kept.
  Verdict read_partial_book(auto& in, std::string_view body, Output& out) {
    const std::string symbol = upper_case(stream().substr(0, stream().find('@')));
    partial_.symbol = symbol;
    partial_.is_snapshot = true;
    partial_.depth = number_after(stream(), "@depth");
    return read_one<WholeBookShape>(in, body, partial_, out);
  }

  Envelope envelope_;  // scratch, as what follows
  Head head_;
  TradeMessage trade_;
  QuoteMessage quote_;
  DepthMessage depth_, partial_;
  Message<Ticker> ticker_;
  Message<Candle> candle_;
  RowList<Message<Ticker>> tickers_;
  RowList<Head> rows_;
};

}  // namespace
}  // namespace mp::venue::binance
