// Bybit v5: spot, linear, inverse and options, one endpoint each. Source:
// https://bybit-exchange.github.io/docs/v5/ws/connect
#include <tuple>

#include "venue/bybit_rest.hpp"
#include "venue/bybit_ticker.hpp"
#include "venue/bybit_traits.hpp"
#include "venue/support.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes
using namespace bybit;

// The topic comes first mostly.
struct Head {
  std::optional<std::string_view> topic;
};
using HeadShape = Shape<Field<"topic", &Head::topic>, Rest>;

// Candles of spot and what options send have it later; a message without one is a reply.
struct Reply {
  std::optional<bool> success;
  std::optional<std::string_view> topic, words, request, operation, type;
  std::optional<Raw> data;
};
using ReplyShape =
    Loose<Field<"topic", &Reply::topic>, Field<"success", &Reply::success>,
          Field<"ret_msg", &Reply::words>, Id<"req_id", &Reply::request>,
          Field<"op", &Reply::operation>, Field<"type", &Reply::type>, Field<"data", &Reply::data>>;
// What a reply of the options' endpoint says in addition.
struct Outcome {
  std::vector<std::string_view> failed, succeeded;
};
using OutcomeShape = Loose<Field<"failTopics", &Outcome::failed, kOptional>,
                           Field<"successTopics", &Outcome::succeeded, kOptional>>;

using Trades = Batch<Message<Trade>>;
using TradeShape = Loose<Field<"T", &Facts::time, kRequired>, Field<"s", &Facts::symbol>,
                         Field<"S", &Trade::side>, Field<"v", &Trade::quantity>,
                         Field<"p", &Trade::price>, Id<"i", &Trade::trade_id, kRequired>>;
using TradesShape = Loose<Rows<"data", &Trades::rows, TradeShape>>;

struct BookMessage : Message<Book> {
  std::string_view type;
};
using BookShape = Loose<
    Skip<"topic">, Field<"type", &BookMessage::type>, Field<"ts", &Facts::time, kRequired>,
    Inside<"data", Field<"s", &Facts::symbol>, Field<"b", &BookMessage::bid_levels, kOptional>,
           Field<"a", &BookMessage::ask_levels, kOptional>,
           Field<"u", &Book::last_sequence, kRequired>>>;

using Candles = Batch<Candle>;
using CandleShape =
    Loose<Field<"start", &Candle::open_time>, Field<"end", &Candle::close_time>,
          Field<"interval", &Candle::interval>, Field<"open", &Candle::open>,
          Field<"close", &Candle::close>, Field<"high", &Candle::high>, Field<"low", &Candle::low>,
          Field<"volume", &Candle::volume, kRequired>, Field<"turnover", &Candle::quote_volume>,
          Field<"confirm", &Candle::is_closed>>;
using CandlesShape =
    Loose<Field<"ts", &Candles::time, kRequired>, Rows<"data", &Candles::rows, CandleShape>>;

using Liquidations = Batch<Message<Liquidation>>;
using LiquidationShape =
    Loose<Field<"T", &Facts::time, kRequired>, Field<"s", &Facts::symbol>,
          Field<"S", &Liquidation::side, kMakersSide>,  // of the position: the order has the other
          Field<"v", &Liquidation::quantity>, Field<"p", &Liquidation::price>>;
using LiquidationsShape = Loose<Rows<"data", &Liquidations::rows, LiquidationShape>>;
// Of the topic that there was until 2025: one of them.
using OldLiquidationShape =
    Loose<Inside<"data", Field<"updatedTime", &Facts::time, kRequired>,
                 Field<"symbol", &Facts::symbol>, Field<"side", &Liquidation::side, kMakersSide>,
                 Field<"size", &Liquidation::quantity>, Field<"price", &Liquidation::price>>>;

// What a change of the best level does to a side: 0 removes the one that is held, and the first of
// another quantity is the new one.
void change_best(const std::vector<Level>& levels, std::optional<Price>& price,
                 std::optional<Quantity>& quantity) {
  for (const Level& level : levels) {
    if (level.quantity_mantissa != 0) {
      price = level.price();
      quantity = level.quantity();
      return;
    }
    if (price != level.price()) continue;
    price.reset();
    quantity.reset();
  }
}

// "orderbook" of "orderbook.200.BTCUSDT", and "BTCUSDT".
std::string_view word_of(std::string_view topic) {
  return topic.substr(0, topic.find('.'));
}
std::string_view symbol_of(std::string_view topic) {
  return topic.substr(topic.rfind('.') + 1);
}
constexpr std::string_view kDepth = "orderbook.";
constexpr std::int64_t kFullDepth = 1'000'000;  // of "orderbook.full.BTCUSDT", beside the others

class Bybit final : public JsonDecoder<Bybit> {
 public:
  explicit Bybit(const Traits& traits)
      : JsonDecoder(traits),
        option_(&traits == &kOption),
        inverse_(&traits == &kInverse),
        main_depth_(number_after(route_of(traits, Channel::book)->topic, kDepth)) {}

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<HeadShape>(frame, head_)) return Verdict::malformed;
    if (head_.topic) return read_topic(in, *head_.topic, frame, out);
    if (!in.template read<ReplyShape>(frame, reply_)) return Verdict::malformed;
    if (reply_.topic) return read_topic(in, *reply_.topic, frame, out);
    return read_reply(in, reading);
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall& call, std::string_view body,
                           Output& out, RestReading& answer, std::string& problem) {
    if (call.kind == RestKind::poll) return read_ratios(in, body, out, problem);
    return read_listing(in, body, out, answer, problem);
  }

  static bool fill(std::string_view hole, const Subscription& wanted, std::string& out) {
    if (hole != "base") return false;
    out.append(wanted.symbol, 0, wanted.symbol.find('-'));
    return true;
  }

  static std::optional<InstrumentInfo> derive(std::string_view symbol) {
    return option_spelled(symbol);
  }

 private:
  Verdict read_topic(auto& in, std::string_view topic, std::string_view frame, Output& out) {
    const std::string_view word = word_of(topic);
    if (equals<"orderbook">(word)) return read_book(in, topic, frame, out);
    if (equals<"publicTrade">(word)) return read_rows<TradesShape>(in, frame, trades_, out);
    if (equals<"tickers">(word)) return read_ticker(in, frame, out);
    if (equals<"kline">(word)) return read_candles(in, symbol_of(topic), frame, out);
    if (equals<"allLiquidation">(word))
      return read_rows<LiquidationsShape>(in, frame, liquidations_, out);
    if (equals<"liquidation">(word))
      return read_one<OldLiquidationShape>(in, frame, old_liquidation_, out);
    return equals<"system">(word) ? Verdict::control : Verdict::unknown;
  }

  template <class S, class M>
  static Verdict read_rows(auto& in, std::string_view frame, M& message, Output& out) {
    if (!in.template read<S>(frame, message)) return Verdict::malformed;
    return send_all(message.rows, out);
  }

  // Replies to requests have one shape, pings included; those of options another.
  Verdict read_reply(auto& in, Reading& reading) {
    if (!reply_.success && !reply_.operation) return Verdict::unknown;
    if (reply_.type == "COMMAND_RESP" && reply_.data) return read_outcome(in, reading);
    reading.answers = request_number(reply_.request);
    if (reply_.success.value_or(true)) return Verdict::control;
    return refuse(reading, "", reply_.words.value_or(""));
  }

  Verdict read_outcome(auto& in, Reading& reading) {
    if (!in.template read<OutcomeShape>(reply_.data->json, outcome_)) return Verdict::malformed;
    for (const auto topic : outcome_.succeeded) answer_topic(Condition::subscribed, topic);
    for (const auto topic : outcome_.failed) answer_topic(Condition::rejected, topic);
    if (outcome_.failed.empty() && reply_.success.value_or(true)) return Verdict::control;
    return refuse(reading, outcome_.failed.empty() ? "" : outcome_.failed.front(),
                  reply_.words.value_or(""));
  }

  // The topic of a coin's trades names no symbol.
  void answer_topic(Condition condition, std::string_view topic) {
    auto symbol = symbol_of(topic);
    if (option_ && symbol.find('-') == std::string_view::npos) symbol = {};
    answer_routes(condition, symbol, [&](const Route& route) {
      return word_of(route.topic).substr(1) == word_of(topic);
    });
  }

  Verdict read_book(auto& in, std::string_view topic, std::string_view frame, Output& out) {
    auto depth = number_after(topic, kDepth);
    if (!depth && topic.starts_with("orderbook.full.")) depth = kFullDepth;
    if (!depth) return Verdict::unknown;
    if (!in.template read<BookShape>(frame, book_)) return Verdict::malformed;
    // The number 1 tells of a restart of the venue's service: a snapshot whatever its type.
    book_.is_snapshot = book_.type == "snapshot" || book_.last_sequence == 1;
    if (depth == 1) return read_quote(out);
    book_.depth = depth == main_depth_ ? std::nullopt : depth;
    send(book_, out);
    return Verdict::data;
  }

  // The best level is sent again every three seconds when nothing happens. A change keeps a side
  // that it does not name.
  Verdict read_quote(Output& out) {
    Quote& last = quotes_.of(book_.symbol);
    if (!book_.is_snapshot && !last.sequence) return Verdict::data;  // of what, is not known
    Quote quote = book_.is_snapshot ? Quote{} : last;
    quote.sequence = book_.last_sequence;
    change_best(book_.bid_levels, quote.bid_price, quote.bid_quantity);
    change_best(book_.ask_levels, quote.ask_price, quote.ask_quantity);
    const auto facts = [](const Quote& of) {
      return std::tie(of.sequence, of.bid_price, of.bid_quantity, of.ask_price, of.ask_quantity);
    };
    if (facts(quote) == facts(last)) return Verdict::data;
    last = quote;
    out(book_.symbol, book_.time, quote);
    return Verdict::data;
  }

  Verdict read_ticker(auto& in, std::string_view frame, Output& out) {
    if (!in.template read<TickShape>(frame, change_)) return Verdict::malformed;
    const TickMessage& change = change_;
    if (inverse_) change_.quote_volume.reset();  // it counts the base currency
    Tick& state = ticks_.of(change.symbol);
    if (change.type == "delta" && !has_left_out(in)) {
      merge(state, change);
    } else {
      state = change;
    }
    Tick now = state;
    drop_zeros(now);
    if (now.funding_rate && is_dated(change.symbol)) now.funding_rate.reset();
    const Ticker& ticker = now;
    out(change.symbol, change.time, ticker);
    send_facts(change, news_of(change, now), out);
    if (!option_) return Verdict::data;
    complete_option(now);
    out(change.symbol, change.time,
        Quote{ticker.bid_price, now.bid_quantity, ticker.ask_price, now.ask_quantity, {}});
    out(change.symbol, change.time, static_cast<const OptionSummary&>(now));
    return Verdict::data;
  }

  // Of what has changed, all that is known.
  static ContractFacts news_of(const ContractFacts& change, const ContractFacts& now) {
    ContractFacts news = now;
    if (!change.funding_rate && !change.next_funding && !change.funding_hours)
      news.funding_rate.reset();
    if (!change.open_interest && !change.open_interest_value) news.open_interest.reset();
    news.mark_price = change.mark_price;
    news.index_price = change.index_price;
    return news;
  }

  Verdict read_candles(auto& in, std::string_view symbol, std::string_view frame, Output& out) {
    if (!in.template read<CandlesShape>(frame, candles_)) return Verdict::malformed;
    for (Candle& candle : candles_.rows) {
      candle.interval = our_interval(traits(), candle.interval);
      if (inverse_) candle.quote_volume.reset();  // it counts the base currency
      out(symbol, candles_.time, candle);
    }
    return Verdict::data;
  }

  bool option_, inverse_;
  std::optional<std::int64_t> main_depth_;
  Latest<Quote> quotes_;
  Latest<Tick> ticks_;
  Head head_;  // scratch, as what follows
  Reply reply_;
  Outcome outcome_;
  Trades trades_;
  BookMessage book_;
  TickMessage change_;
  Candles candles_;
  Liquidations liquidations_;
  Message<Liquidation> old_liquidation_;
};

}  // namespace

std::unique_ptr<Adapter> make_bybit() {
  return std::make_unique<JsonVenue<Bybit>>(kSpot);
}
std::unique_ptr<Adapter> make_bybit_inverse() {
  return std::make_unique<JsonVenue<Bybit>>(kInverse);
}
std::unique_ptr<Adapter> make_bybit_linear() {
  return std::make_unique<JsonVenue<Bybit>>(kLinear);
}
std::unique_ptr<Adapter> make_bybit_option() {
  return std::make_unique<JsonVenue<Bybit>>(kOption);
}

}  // namespace mp::venue
