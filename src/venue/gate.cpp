// Gate v4: spot, and futures of all settlements (perpetual and dated). Source:
// https://www.gate.com/docs/developers/apiv4/ws/en/ and .../futures/ws/en/
#include <algorithm>

#include "venue/contract_facts.hpp"
#include "venue/gate_instruments.hpp"
#include "venue/gate_traits.hpp"
#include "venue/ticker_quote.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

using namespace gate;

struct Envelope {
  std::optional<Timestamp> seconds, milliseconds;
  std::optional<std::string_view> request, channel, event, type;
  std::optional<Raw> payload, error, result;
};
using EnvelopeShape =
    Shape<Id<"id", &Envelope::request>, Field<"time", &Envelope::seconds, kSeconds>,
          Field<"time_ms", &Envelope::milliseconds, kMilliseconds>, Skip<"conn_id">,
          Skip<"trace_id">, Field<"channel", &Envelope::channel>, Field<"event", &Envelope::event>,
          Field<"payload", &Envelope::payload>, Field<"type", &Envelope::type>,
          Field<"error", &Envelope::error>, Tail<"result", &Envelope::result>>;
struct Payload {
  std::vector<std::string_view> texts;
};
using PayloadShape = Loose<Field<"payload", &Payload::texts, kOptional>>;

template <auto Member, auto... Options>
using SymbolField =
    OneOf<Field<"currency_pair", Member, Options...>, Field<"contract", Member, Options...>>;

struct TradeMessage : Message<Trade> {
  std::optional<Timestamp> seconds;
};
using TradeShape = Loose<Id<"id", &Trade::trade_id, kRequired>,
                         Field<"create_time", &TradeMessage::seconds, kSeconds>,
                         Field<"create_time_ms", &Facts::time, kMilliseconds>,
                         Field<"side", &Trade::side>, SymbolField<&Facts::symbol>,
                         OneOf<Field<"amount", &Trade::quantity>, Field<"size", &Trade::quantity>>,
                         Field<"price", &Trade::price>>;

using QuoteShape =
    Loose<Field<"t", &Facts::time>, Field<"u", &Quote::sequence>, Field<"s", &Facts::symbol>,
          Field<"b", &Quote::bid_price>, Field<"B", &Quote::bid_quantity>,
          Field<"a", &Quote::ask_price>, Field<"A", &Quote::ask_quantity>>;

struct BookMessage : Message<Book> {
  std::optional<bool> full;
  std::optional<std::int64_t> levels;
};
template <auto... Form>
using UpdateShape = Loose<Field<"t", &Facts::time, kRequired>, Field<"s", &Facts::symbol>,
                          Field<"full", &BookMessage::full>, Field<"U", &Book::first_sequence>,
                          Field<"u", &Book::last_sequence, kRequired>,
                          Field<"b", &BookMessage::bid_levels, kOptional, Form...>,
                          Field<"a", &BookMessage::ask_levels, kOptional, Form...>>;
template <auto... Form>
using WholeBookShape =
    Loose<OneOf<Field<"s", &Facts::symbol>, Field<"contract", &Facts::symbol>>,
          Field<"t", &Facts::time>, Field<"l", &BookMessage::levels>,
          OneOf<Field<"lastUpdateId", &Book::last_sequence>, Field<"id", &Book::last_sequence>>,
          Field<"bids", &BookMessage::bid_levels, Form...>,
          Field<"asks", &BookMessage::ask_levels, Form...>>;
// By REST; "current" is in milliseconds, of futures in seconds.
template <auto Unit, auto... Form>
using SnapshotShape = Loose<Field<"current", &Facts::time, Unit>, Field<"id", &Book::last_sequence>,
                            Field<"bids", &BookMessage::bid_levels, Form...>,
                            Field<"asks", &BookMessage::ask_levels, Form...>>;
constexpr auto kObjects = kLevelKeys<"p", "s">;
// A change of a whole book of futures: the sign of the size tells the side, 0 neither.
struct LevelMessage {
  Price price;
  Quantity size;
  std::string_view symbol;
  std::optional<std::int64_t> number;
};
using LevelShape = Loose<Field<"p", &LevelMessage::price>, Field<"s", &LevelMessage::size>,
                         Field<"c", &LevelMessage::symbol>, Field<"id", &LevelMessage::number>>;

using TickerShape =
    Loose<SymbolField<&Facts::symbol>, Field<"last", &Ticker::last_price>,
          Field<"lowest_ask", &Ticker::ask_price>, Field<"highest_bid", &Ticker::bid_price>,
          Field<"high_24h", &Ticker::high_price>, Field<"low_24h", &Ticker::low_price>,
          OneOf<Field<"base_volume", &Ticker::volume>, Field<"volume_24h", &Ticker::volume>>,
          OneOf<Field<"quote_volume", &Ticker::quote_volume>,
                Field<"volume_24h_quote", &Ticker::quote_volume>>,
          Field<"mark_price", &ContractFacts::mark_price>,
          Field<"index_price", &ContractFacts::index_price>,
          Field<"funding_rate", &ContractFacts::funding_rate>,
          Field<"funding_rate_indicative", &ContractFacts::predicted_rate>,
          Field<"total_size", &ContractFacts::open_interest>>;

struct CandleMessage : Message<Candle> {  // its symbol with the interval before it
  std::optional<Quantity> counted, base_volume;
};
using CandleShape =
    Loose<Field<"t", &Candle::open_time, kSeconds>, Field<"v", &CandleMessage::counted>,
          Field<"c", &Candle::close>, Field<"h", &Candle::high>, Field<"l", &Candle::low>,
          Field<"o", &Candle::open>, Field<"n", &Facts::symbol>,
          Field<"a", &CandleMessage::base_volume>, Field<"w", &Candle::is_closed>>;

struct LiquidationMessage : Message<Liquidation> {
  std::optional<Timestamp> time_ms;
};
using LiquidationShape =
    Loose<Field<"price", &Liquidation::price>, Field<"size", &Liquidation::quantity>,
          Field<"time", &Facts::time>, Field<"time_ms", &LiquidationMessage::time_ms>,
          Field<"contract", &Facts::symbol>>;

using RatioShape = Loose<Field<"time", &Facts::time, kSeconds>, Field<"contract", &Facts::symbol>,
                         Field<"lsr_account", &LongShortRatio::ratio>>;

// By REST, with a word for a code.
using AnswerShape =
    Loose<Field<"label", &Refusal::code, kRequired>, Field<"message", &Refusal::message>>;

class Gate : public JsonDecoder<Gate> {
 public:
  explicit Gate(const Traits& traits)
      : JsonDecoder(traits), family_(&traits == &kFutures ? "futures." : "spot.") {}

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<EnvelopeShape>(frame, envelope_)) return Verdict::malformed;
    reading.reconnect_soon = envelope_.type == "upgrade";
    if (reading.reconnect_soon) return Verdict::control;
    if (!envelope_.channel || !envelope_.channel->starts_with(family_))
      return envelope_.error ? read_notice(in, frame, reading) : Verdict::unknown;
    const auto word = envelope_.channel->substr(family_.size());
    const auto event = envelope_.event.value_or("");
    if (envelope_.error || event == "subscribe" || event == "unsubscribe")
      return read_notice(in, frame, reading);
    if (word == "pong") return Verdict::control;
    if (!envelope_.result) return Verdict::unknown;
    const auto& exact = envelope_.milliseconds;  // 0 where it is not known
    time_ = exact && *exact > Timestamp{} ? exact : envelope_.seconds;
    return read_data(in, word, envelope_.result->json, out);
  }

  static Verdict read_rest(const Traits& traits, auto& in, const RestCall& call,
                           std::string_view body, Output& out, RestReading&, std::string& problem) {
    Refusal refusal;
    const bool spot = &traits == &kSpot;
    if (call.kind == RestKind::snapshot) {
      BookMessage book;
      const bool read = spot ? in.template read<SnapshotShape<kMilliseconds>>(body, book)
                             : in.template read<SnapshotShape<kSeconds, kObjects>>(body, book);
      book.symbol = call.symbol;
      book.is_snapshot = true;
      if (read) return send(book, out), Verdict::data;
    }
    if (body.starts_with('{') && in.template read<AnswerShape>(body, refusal))
      return problem = refusal.message.value_or(*refusal.code), Verdict::rejected;
    if (call.kind == RestKind::snapshot) return Verdict::malformed;
    if (!spot) return read_contracts(in, call, body, out);
    RowList<PairMessage> pairs;
    return read_all<PairShape>(in, body, pairs, out);
  }

 private:
  static Verdict read_contracts(auto& in, const RestCall& call, std::string_view body,
                                Output& out) {
    RowList<ContractMessage> contracts;
    if (!in.template read_rows<ContractShape>(body, contracts)) return Verdict::malformed;
    const std::string_view settle = call.target.find("/btc/") != std::string::npos ? "BTC" : "USDT";
    for (const auto& contract : contracts) send(contract, settle, out);
    return Verdict::data;
  }

  // Frames with the number of the request name no stream; others have the payload at most.
  Verdict read_notice(auto& in, std::string_view frame, Reading& reading) {
    const auto& error = envelope_.error;
    refusal_ = {};
    if (error && error->json.starts_with('"')) {
      refusal_.message = error->json.substr(1, error->json.size() - 2);
    } else if (error && !in.template read<RefusalShape>(error->json, refusal_)) {
      return Verdict::malformed;
    }
    reading.answers = request_number(envelope_.request);
    if (!reading.answers && envelope_.event == "subscribe" && envelope_.payload &&
        in.template read<PayloadShape>(frame, payload_))
      answer_payload(error ? Condition::rejected : Condition::subscribed);
    if (!error) return Verdict::control;
    return refuse(reading, refusal_);
  }

  void answer_payload(Condition condition) {
    for (const auto text : payload_.texts) {
      if (text.find('_') == std::string_view::npos) continue;  // an interval, a depth
      answer_routes(condition, symbol_of(text),
                    [&](const Route& route) { return route.group == envelope_.channel; });
    }
  }

  Verdict read_data(auto& in, std::string_view word, std::string_view text, Output& out) {
    if (equals<"trades", "trades_v2">(word)) return read_trades(in, text, out);
    if (equals<"book_ticker">(word)) return read_one<QuoteShape>(in, text, quote_, out);
    if (equals<"order_book_update">(word)) {
      return futures() ? read_update<UpdateShape<kObjects>>(in, text, out)
                       : read_update<UpdateShape<>>(in, text, out);
    }
    if (equals<"obu">(word)) return read_update<UpdateShape<>>(in, text, out);
    if (equals<"order_book">(word) && futures() && text.starts_with('['))
      return read_levels(in, text, out);
    if (equals<"order_book">(word) && text.starts_with('{')) {
      return futures() ? read_whole<WholeBookShape<kObjects>>(in, text, out)
                       : read_whole<WholeBookShape<>>(in, text, out);
    }
    if (equals<"tickers">(word)) return read_tickers(in, text, out);
    if (equals<"candlesticks">(word)) return read_candles(in, text, out);
    if (equals<"public_liquidates">(word)) return read_liquidations(in, text, out);
    if (equals<"contract_stats">(word)) return read_ratios(in, text, out);
    return Verdict::unknown;
  }

  Verdict read_trades(auto& in, std::string_view text, Output& out) {
    if (!read_some<TradeShape>(in, text, trades_)) return Verdict::malformed;
    return send_all(trades_, out, [this](TradeMessage& trade) {
      if (futures()) trade.side = side_of_sign(trade.quantity);
      if (!trade.time) trade.time = trade.seconds;
    });
  }

  template <class S>
  Verdict read_update(auto& in, std::string_view text, Output& out) {
    if (!in.template read<S>(text, book_)) return Verdict::malformed;
    book_.symbol = symbol_of(book_.symbol);
    book_.is_snapshot = book_.full.value_or(false);
    book_.depth.reset();
    send(book_, out);
    return Verdict::data;
  }

  // Whole books of a few levels, beside the one that is kept. Where a message does not say how many
  // there were asked for, it is one for all: the most that there may be.
  static constexpr std::int64_t kLevelsMax = 100;
  template <class S>
  Verdict read_whole(auto& in, std::string_view text, Output& out) {
    if (!in.template read<S>(text, book_)) return Verdict::malformed;
    book_.is_snapshot = true;
    book_.first_sequence.reset();
    book_.depth = book_.levels.value_or(kLevelsMax);
    if (book_.levels) depths_.of(book_.symbol) = *book_.levels;
    if (!book_.time) book_.time = time_;
    send(book_, out);
    return Verdict::data;
  }

  // What changed in such a book since.
  Verdict read_levels(auto& in, std::string_view text, Output& out) {
    if (!in.template read_rows<LevelShape>(text, levels_)) return Verdict::malformed;
    book_.is_snapshot = false;
    book_.first_sequence.reset();
    book_.time = time_;
    for (auto row = levels_.begin(); row != levels_.end();) {
      book_.clear_levels();
      book_.symbol = row->symbol;
      const auto told = depths_.of(row->symbol);
      book_.depth = told != 0 ? told : kLevelsMax;
      for (; row != levels_.end() && row->symbol == book_.symbol; ++row) {
        book_.last_sequence = row->number;
        const bool gone = row->size.is_zero();
        const Side side = side_of_sign(row->size);
        if (gone || side == Side::buy) book_.bid_levels.emplace_back(row->price, row->size);
        if (gone || side == Side::sell) book_.ask_levels.emplace_back(row->price, row->size);
      }
      send(book_, out);
    }
    return Verdict::data;
  }

  Verdict read_tickers(auto& in, std::string_view text, Output& out) {
    if (!read_some<TickerShape>(in, text, tickers_)) return Verdict::malformed;
    return send_all(tickers_, out, [this](ContractTicker& ticker) {
      ticker.time = time_;
      if (parts_of(ticker.symbol, '_').count == 3) ticker.funding_rate.reset();  // dated: none
    });
  }

  // "v" counts contracts, of spot the quote currency; spot had no "a" until 2022: then it is the
  // only volume that the venue tells. Candles of the mark price and of an index have none.
  Verdict read_candles(auto& in, std::string_view text, Output& out) {
    if (!read_some<CandleShape>(in, text, candles_)) return Verdict::malformed;
    for (CandleMessage& candle : candles_) {
      const bool both = !futures() && candle.base_volume;
      const auto& volume = both ? candle.base_volume : candle.counted;
      if (!volume) continue;
      candle.volume = *volume;
      candle.quote_volume = both ? candle.counted : std::nullopt;
      const auto interval = candle.symbol.substr(0, candle.symbol.find('_'));
      candle.interval = our_interval(traits(), interval);
      candle.time = time_;
      candle.symbol.remove_prefix(std::min(candle.symbol.size(), interval.size() + 1));
      send<Candle>(candle, out);
    }
    return Verdict::data;
  }

  // Whether the sign of the size is the order's or the position's is disputed: no side.
  Verdict read_liquidations(auto& in, std::string_view text, Output& out) {
    if (!read_some<LiquidationShape>(in, text, liquidations_)) return Verdict::malformed;
    return send_all(liquidations_, out, [](LiquidationMessage& liquidation) {
      (void)side_of_sign(liquidation.quantity);
      if (liquidation.time_ms) liquidation.time = liquidation.time_ms;
    });
  }

  Verdict read_ratios(auto& in, std::string_view text, Output& out) {
    if (!read_some<RatioShape>(in, text, ratios_)) return Verdict::malformed;
    for (auto& ratio : ratios_) {
      ratio.kind = "accounts";
      if (ratio.ratio) send(ratio, out);
    }
    return Verdict::data;
  }

  // "BTC_USDT", of a stream "ob.BTC_USDT.400" too.
  static std::string_view symbol_of(std::string_view stream) {
    const auto first = stream.find('.');
    if (first == std::string_view::npos) return stream;
    return stream.substr(first + 1, stream.rfind('.') - first - 1);
  }

  [[nodiscard]] bool futures() const { return family_ != "spot."; }

  std::string_view family_;
  Latest<std::int64_t> depths_;    // of whole books that tell it
  std::optional<Timestamp> time_;  // of the frame
  Envelope envelope_;              // scratch, as what follows
  Payload payload_;
  Refusal refusal_;
  RowList<TradeMessage> trades_;
  QuoteOfZeros quote_;
  BookMessage book_;
  RowList<LevelMessage> levels_;
  RowList<ContractTicker> tickers_;
  RowList<CandleMessage> candles_;
  RowList<LiquidationMessage> liquidations_;
  RowList<Message<LongShortRatio>> ratios_;
};

class Spot final : public Gate {
 public:
  using Gate::Gate;
  static std::optional<InstrumentInfo> derive(std::string_view symbol) {
    return spelled_out(symbol, InstrumentKind::spot);
  }
};

class Futures final : public Gate {
 public:
  using Gate::Gate;
  static std::optional<InstrumentInfo> derive(std::string_view symbol) {
    return spelled_out(symbol, InstrumentKind::perpetual);
  }
  // Each settlement has an endpoint of its own, and dated contracts have another.
  static bool fill(std::string_view hole, const Subscription& wanted, std::string& out) {
    const auto part = parts_of(wanted.symbol, '_');
    const bool dated = part.count == 3;
    const std::string_view settle = part.count == 2 && part[1] == "USD" ? "btc" : "usdt";
    if (hole == "market") return out.append(dated ? "delivery" : "futures"), true;
    if (hole == "settle") return out.append(settle), true;
    if (hole == "way") return out.append(dated ? "delivery/" : "").append(settle), true;
    return false;
  }
};

}  // namespace

std::unique_ptr<Adapter> make_gate() {
  return std::make_unique<JsonVenue<Spot>>(kSpot);
}
std::unique_ptr<Adapter> make_gate_futures() {
  return std::make_unique<JsonVenue<Futures>>(kFutures);
}

}  // namespace mp::venue
