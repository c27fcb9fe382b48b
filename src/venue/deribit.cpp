// Deribit, JSON-RPC over WebSocket. Source: https://docs.deribit.com/
#include <array>

#include "venue/contract_facts.hpp"
#include "venue/deribit_listing.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes
using namespace deribit;

// What is free for all comes every 100 ms; ".raw" needs a login.
constexpr std::string_view kTrades = R"("trades.{symbol}.100ms")";
constexpr std::string_view kTicker = R"("ticker.{symbol}.100ms")";
constexpr std::array kRoutes = {
    Route{Channel::trade, kTrades, "pair crypto_msg_parser"},
    Route{Channel::quote, R"("quote.{symbol}")", "pair crypto_msg_parser"},
    Route{Channel::book, R"("book.{symbol}.100ms")", "recorded 2021-04-05"},
    Route{Channel::ticker, kTicker, "recorded 2021-04-05"},
    Route{Channel::candle, R"("chart.trades.{symbol}.{interval}")", "pair fixtures"},
    Route{Channel::funding, kTicker, "pair crypto_msg_parser"},
    Route{Channel::open_interest, kTicker, "recorded 2021-04-05"},
    Route{Channel::liquidation, kTrades, "documented"},
    Route{Channel::mark_price, kTicker, "recorded 2021-04-05"},
    Route{Channel::index_price, kTicker, "recorded 2021-04-05"},
    Route{Channel::volatility_index, R"("deribit_volatility_index.{index}")", "pair fixtures"},
    Route{Channel::option_summary, kTicker, "recorded 2021-04-05"},
};
constexpr Endpoint listing(std::string_view target, std::string_view evidence) {
  return {.target = target, .evidence = evidence, .source = "docs.deribit.com, get_instruments"};
}
constexpr std::array kEndpoints = {
    listing("/api/v2/public/get_instruments?currency=any&kind=spot", "documented"),
    listing("/api/v2/public/get_instruments?currency=any&kind=future", "pair fixtures"),
    listing("/api/v2/public/get_instruments?currency=any&kind=option", "pair fixtures"),
};
constexpr std::array kIntervals = {
    Interval{"1m", "1"},   Interval{"3m", "3"},   Interval{"5m", "5"},    Interval{"10m", "10"},
    Interval{"15m", "15"}, Interval{"30m", "30"}, Interval{"1h", "60"},   Interval{"2h", "120"},
    Interval{"3h", "180"}, Interval{"6h", "360"}, Interval{"12h", "720"}, Interval{"1d", "1D"},
};
// Answers to number 0 tell nothing: an unsubscribe names its channels just as a subscribe does.
constexpr std::string_view kHello[] = {
    R"({"jsonrpc":"2.0","id":0,"method":"public/set_heartbeat","params":{"interval":30}})"};
constexpr std::string_view kTest = R"({"jsonrpc":"2.0","id":0,"method":"public/test","params":{}})";
constexpr Traits kTraits = {
    .name = "deribit",
    .docs_url = "https://docs.deribit.com/",
    .ws_url = "wss://www.deribit.com",
    .path = "/ws/api/v2",
    .rest_url = "https://www.deribit.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    .requests = {.hello = kHello,
                 .subscribe = R"({"jsonrpc":"2.0","id":{id},"method":"public/subscribe",)"
                              R"("params":{"channels":[{topics}]}})",
                 .unsubscribe = R"({"jsonrpc":"2.0","id":0,"method":"public/unsubscribe",)"
                                R"("params":{"channels":[{topics}]}})",
                 .source = "docs.deribit.com, public/subscribe; public/set_heartbeat"},
    .limits = {.topics_per_session = 200,  // 500 in a request are allowed
               .topics_per_request = 50,
               .requests = {1, 350ms},  // about 3.3 subscribes a second
               .connects = {1, 1s},     // 32 at a time from one address
               .rest_calls = {1, 1s},   // of get_instruments
               .source = "docs.deribit.com, Rate Limits; Connection Management"},
    .book = {.start = BookStart::stream_snapshot, .link = BookLink::previous},
    .book_source = "docs.deribit.com, book.{instrument_name}.{interval}",
};

struct Envelope {
  std::optional<std::string_view> request, method;
  std::optional<Refusal> error;
  std::optional<Raw> result, params;
};
using EnvelopeShape =
    Shape<Skip<"jsonrpc">, Id<"id", &Envelope::request>,
          Object<"error", &Envelope::error, RefusalShape>, Field<"result", &Envelope::result>,
          Field<"method", &Envelope::method>, Tail<"params", &Envelope::params>>;

struct Params {
  std::optional<std::string_view> channel, type;
  std::optional<Raw> data;
};
using ParamsShape = Shape<Field<"type", &Params::type>, Field<"channel", &Params::channel>,
                          Tail<"data", &Params::data>>;
struct Accepted {
  std::vector<std::string_view> channels;
};
using AcceptedShape = Loose<Field<"result", &Accepted::channels>>;

struct TradeMessage : Message<Trade> {
  std::optional<std::string_view> liquidated;  // "M", "T", "MT": whose order a liquidation was
};
using TradeShape =
    Loose<Field<"timestamp", &Facts::time, kRequired>, Field<"price", &Trade::price>,
          Field<"direction", &Trade::side>, Field<"instrument_name", &Facts::symbol>,
          Field<"amount", &Trade::quantity>, Id<"trade_id", &Trade::trade_id, kRequired>,
          Field<"liquidation", &TradeMessage::liquidated>>;
void send(const TradeMessage& trade, Output& out) {
  send<Trade>(trade, out);
  if (!trade.liquidated) return;
  Liquidation order{.order_id = {}, .price = trade.price, .quantity = trade.quantity, .side = {}};
  if (trade.liquidated == "T") order.side = trade.side;
  if (trade.liquidated == "M" && trade.side)
    order.side = trade.side == Side::buy ? Side::sell : Side::buy;
  out(trade.symbol, trade.time, order);  // of "MT", both orders, on either side
}

using BookMessage = Message<Book>;
// [action, price, amount]; the amount of "delete" is 0.
struct ChangeMessage : BookMessage {
  std::optional<std::string_view> type;
};
using ChangeShape =
    Shape<Field<"type", &ChangeMessage::type>, Field<"timestamp", &Facts::time, kRequired>,
          Field<"prev_change_id", &Book::previous_sequence>,
          Field<"instrument_name", &Facts::symbol>,
          Field<"change_id", &Book::last_sequence, kRequired>,
          Field<"bids", &BookMessage::bid_levels, kLevelsAt<1, 2>>,
          Field<"asks", &BookMessage::ask_levels, kLevelsAt<1, 2>>>;
using GroupedShape =
    Loose<Field<"timestamp", &Facts::time, kRequired>, Field<"instrument_name", &Facts::symbol>,
          Field<"change_id", &Book::last_sequence>, Field<"bids", &BookMessage::bid_levels>,
          Field<"asks", &BookMessage::ask_levels>>;

// A side without orders is sent as zeros, or as no price and 0.
void drop_empty(std::optional<Price>& price, std::optional<Quantity>& amount) {
  if ((price && !price->is_zero()) || (amount && !amount->is_zero())) return;
  price.reset();
  amount.reset();
}

struct QuoteMessage : Message<Quote> {};
using QuoteShape = Loose<
    Field<"timestamp", &Facts::time, kRequired>, Field<"instrument_name", &Facts::symbol>,
    Field<"best_bid_price", &Quote::bid_price>, Field<"best_bid_amount", &Quote::bid_quantity>,
    Field<"best_ask_price", &Quote::ask_price>, Field<"best_ask_amount", &Quote::ask_quantity>>;
void send(QuoteMessage& quote, Output& out) {
  drop_empty(quote.bid_price, quote.bid_quantity);
  drop_empty(quote.ask_price, quote.ask_quantity);
  send<Quote>(quote, out);
}

// "current_funding" is the rate now, as one for 8 hours; it is paid all the time. "funding_8h" is
// what the last 8 hours came to.
struct TickerMessage : Message<Ticker>, ContractFacts, OptionSummary {
  std::optional<Quantity> bid_amount, ask_amount, usd_volume;
};
using TickerShape =
    Loose<Field<"timestamp", &Facts::time, kRequired>, Field<"instrument_name", &Facts::symbol>,
          Inside<"stats", Field<"high", &Ticker::high_price>, Field<"low", &Ticker::low_price>,
                 Field<"volume", &Ticker::volume>, Field<"volume_usd", &TickerMessage::usd_volume>,
                 Field<"volume_notional", &Ticker::quote_volume>>,
          Inside<"greeks", Field<"delta", &OptionSummary::delta>,
                 Field<"gamma", &OptionSummary::gamma>, Field<"vega", &OptionSummary::vega>,
                 Field<"theta", &OptionSummary::theta>, Field<"rho", &OptionSummary::rho>>,
          Field<"last_price", &Ticker::last_price>, Field<"best_bid_price", &Ticker::bid_price>,
          Field<"best_ask_price", &Ticker::ask_price>,
          Field<"best_bid_amount", &TickerMessage::bid_amount>,
          Field<"best_ask_amount", &TickerMessage::ask_amount>,
          Field<"mark_price", &ContractFacts::mark_price>,
          Field<"index_price", &ContractFacts::index_price>,
          Field<"open_interest", &ContractFacts::open_interest>,
          Field<"current_funding", &ContractFacts::funding_rate>,
          Field<"mark_iv", &OptionSummary::mark_iv>, Field<"bid_iv", &OptionSummary::bid_iv>,
          Field<"ask_iv", &OptionSummary::ask_iv>,
          Field<"underlying_price", &OptionSummary::underlying_price>>;

void send(TickerMessage& in, Output& out) {
  Ticker& ticker = in;
  drop_empty(ticker.bid_price, in.bid_amount);
  drop_empty(ticker.ask_price, in.ask_amount);
  if (!ticker.quote_volume && in.symbol.find('_') == std::string_view::npos)
    ticker.quote_volume = in.usd_volume;
  send<Ticker>(in, out);
  send_facts(in, in, out);
  OptionSummary& option = in;
  if (!option.mark_iv && !option.delta) return;
  complete_option(in);
  if (!option.bid_price && option.bid_iv && option.bid_iv->is_zero()) option.bid_iv.reset();
  if (!option.ask_price && option.ask_iv && option.ask_iv->is_zero()) option.ask_iv.reset();
  out(in.symbol, in.time, option);
}

using VolatilityShape =
    Loose<Field<"timestamp", &Facts::time, kRequired>, Field<"index_name", &Facts::symbol>,
          Field<"volatility", &VolatilityIndex::value>>;
using CandleShape =
    Loose<Field<"tick", &Candle::open_time>, Field<"open", &Candle::open>,
          Field<"high", &Candle::high>, Field<"low", &Candle::low>, Field<"close", &Candle::close>,
          Field<"volume", &Candle::volume, kRequired>, Field<"cost", &Candle::quote_volume>>;

class Deribit final : public JsonDecoder<Deribit> {
 public:
  using JsonDecoder::JsonDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<EnvelopeShape>(frame, envelope_)) return Verdict::malformed;
    if (!envelope_.method) return read_answer(in, frame, reading);
    if (!envelope_.params) return Verdict::unknown;
    if (!in.template read<ParamsShape>(envelope_.params->json, params_)) return Verdict::malformed;
    if (equals<"heartbeat">(*envelope_.method)) {
      if (params_.type == "test_request") reading.reply = reply_buffer().append(kTest);
      return Verdict::control;
    }
    if (!equals<"subscription">(*envelope_.method) || !params_.channel || !params_.data)
      return Verdict::unknown;
    return read_data(in, *params_.channel, params_.data->json, out);
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    Envelope envelope;
    if (!in.template read<EnvelopeShape>(body, envelope)) return Verdict::malformed;
    if (envelope.error)
      return problem = envelope.error->message.value_or("an error"), Verdict::rejected;
    Listing listing;
    return read_one<ListingShape>(in, body, listing, out);
  }

  static std::optional<InstrumentInfo> derive(std::string_view symbol) {
    return spelled_out(symbol);
  }

  // A volatility index is of a currency: "btc_usd" for all of its instruments.
  static bool fill(std::string_view hole, const Subscription& wanted, std::string& out) {
    if (hole != "index") return false;
    const auto info = spelled_out(wanted.symbol);
    out.append(info ? lower_case(info->base).append("_usd") : wanted.symbol);
    return true;
  }

 private:
  Verdict read_answer(auto& in, std::string_view frame, Reading& reading) {
    if (!envelope_.request && !envelope_.error) return Verdict::unknown;
    const auto request = request_number(envelope_.request);
    if (envelope_.error) {
      reading.answers = request;
      return refuse(reading, *envelope_.error);
    }
    const bool names_channels = envelope_.result && envelope_.result->json.starts_with('[');
    if (!names_channels || envelope_.request == "0") return Verdict::control;
    if (!in.template read<AcceptedShape>(frame, accepted_)) return Verdict::malformed;
    for (const auto channel : accepted_.channels) answer_for(channel);
    if (!accepted_.channels.empty()) return Verdict::control;
    reading.answers = request;
    return refuse(reading, "", "no such channel");
  }

  // What was asked for and is not named does not exist.
  void answer_for(std::string_view channel) {
    const auto part = parts_of(channel, '.');
    const auto symbol = part.count > 2 && part[0] == "chart" ? part[2] : part[1];
    answer_routes(Condition::subscribed, symbol, [&](const Route& route) {
      return route.topic.substr(1, route.topic.find('.') - 1) == part[0];
    });
  }

  Verdict read_data(auto& in, std::string_view channel, std::string_view data, Output& out) {
    const auto kind = channel.substr(0, channel.find('.'));
    if (equals<"trades">(kind)) return read_all<TradeShape>(in, data, trades_, out);
    if (equals<"book">(kind)) return read_book(in, channel, data, out);
    if (equals<"ticker">(kind)) return read_one<TickerShape>(in, data, ticker_, out);
    if (equals<"quote">(kind)) return read_one<QuoteShape>(in, data, quote_, out);
    if (equals<"deribit_volatility_index">(kind))
      return read_one<VolatilityShape>(in, data, volatility_, out);
    if (equals<"chart">(kind)) return read_candle(in, channel, data, out);
    return Verdict::unknown;
  }

  // "book.X.100ms" brings changes, "book.X.none.20.100ms" (X, group, depth) whole books.
  Verdict read_book(auto& in, std::string_view channel, std::string_view data, Output& out) {
    const auto part = parts_of(channel, '.');
    if (part.count == 5) {
      grouped_.is_snapshot = true;
      grouped_.depth = number_after(part[3], "");
      return read_one<GroupedShape>(in, data, grouped_, out);
    }
    if (!in.template read<ChangeShape>(data, change_)) return Verdict::malformed;
    // Until 2019 a change alone named the one before, and there was no type.
    change_.is_snapshot = change_.type ? *change_.type == "snapshot" : !change_.previous_sequence;
    send(static_cast<const BookMessage&>(change_), out);
    return Verdict::data;
  }

  Verdict read_candle(auto& in, std::string_view channel, std::string_view data, Output& out) {
    const auto part = parts_of(channel, '.');  // "chart.trades.X.1"
    if (part.count != 4) return Verdict::unknown;
    candle_.symbol = part[2];
    candle_.interval = our_interval(traits(), part[3]);
    return read_one<CandleShape>(in, data, candle_, out);
  }

  Envelope envelope_;  // scratch, as all that follows
  Params params_;
  Accepted accepted_;
  RowList<TradeMessage> trades_;
  ChangeMessage change_;
  BookMessage grouped_;
  QuoteMessage quote_;
  TickerMessage ticker_;
  Message<VolatilityIndex> volatility_;
  Message<Candle> candle_;
};

}  // namespace

std::unique_ptr<Adapter> make_deribit() {
  return std::make_unique<JsonVenue<Deribit>>(kTraits);
}

}  // namespace mp::venue
