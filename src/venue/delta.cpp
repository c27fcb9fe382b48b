// Delta Exchange: perpetuals, futures, options, spot. Source: https://docs-global.delta.exchange/
// Since April 2026 the venue has compact messages at an address of their own
// (wss://public-socket.delta.exchange). They are read beside these (delta_compact.hpp) and not
// asked for: the address above was served in September 2026.
#include "venue/delta_compact.hpp"
#include "venue/session_memory.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes
using namespace delta;

constexpr std::string_view kSymbol = R"("{symbol}")";
constexpr std::string_view kTicker = "v2/ticker";
constexpr std::array kRoutes = {
    Route{Channel::trade, kSymbol, "documented", "all_trades"},
    Route{Channel::quote, kSymbol, "pair tardis", "l1_orderbook"},
    Route{Channel::book, kSymbol, "pair tardis", "l2_updates"},
    Route{Channel::ticker, kSymbol, "documented", kTicker},
    Route{Channel::candle, kSymbol, "documented", "candlestick_{interval}"},
    Route{Channel::funding, kSymbol, "documented", "funding_rate"},
    Route{Channel::open_interest, kSymbol, "documented", kTicker},
    Route{Channel::mark_price, kSymbol, "documented", kTicker},
    Route{Channel::index_price, kSymbol, "documented", kTicker},
    Route{Channel::option_summary, kSymbol, "documented", kTicker},
};
constexpr std::array kEndpoints = {
    Endpoint{.target = "/v2/products",
             .cursor = "after",
             .weight = 3,
             .evidence = "recorded 2021-11-29",
             .source = "docs-global.delta.exchange, Get List of Products; Pagination"},
};
constexpr std::array kIntervals = {
    Interval{"1m", "1m"},   Interval{"3m", "3m"},   Interval{"5m", "5m"}, Interval{"15m", "15m"},
    Interval{"30m", "30m"}, Interval{"1h", "1h"},   Interval{"2h", "2h"}, Interval{"4h", "4h"},
    Interval{"6h", "6h"},   Interval{"12h", "12h"}, Interval{"1d", "1d"}, Interval{"1w", "1w"},
    Interval{"2w", "2w"},   Interval{"1M", "30d"},
};
constexpr std::array<std::string_view, 1> kHello = {R"({"type":"enable_heartbeat"})"};
constexpr Traits kTraits = {
    .name = "delta",
    .docs_url = "https://docs-global.delta.exchange/",
    .ws_url = "wss://socket.delta.exchange",
    .rest_url = "https://api.delta.exchange",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    .requests = {.hello = kHello,
                 .subscribe = R"({"type":"subscribe","payload":{"channels":[)"
                              R"({"name":"{group}","symbols":[{topics}]}]}})",
                 .unsubscribe = R"({"type":"unsubscribe","payload":{"channels":[)"
                                R"({"name":"{group}","symbols":[{topics}]}]}})",
                 .source = "docs-global.delta.exchange, Subscribing to Channels; Heartbeat: served "
                           "in September 2026; compact messages are read, not asked for"},
    .ping = {},  // heartbeats, every 30 s
    .limits =
        {.topics_per_session = 100,  // books
         .topics_per_request = 50,
         .requests = {4, 1s},
         .connects = {1, 2s},  // 150 in 5 minutes, by address
         .rest_calls = {3, 1s},
         .rest_weight = {10'000, 5min},
         .source =
             "docs-global.delta.exchange, Rate Limits; Detecting Connection Drops; L2 updates"},
    .book = {.start = BookStart::stream_snapshot,
             .link = BookLink::first,
             .checksum = BookChecksum::crc32_sides_10},
    .book_source = "docs-global.delta.exchange, Public Channels, L2 updates: Checksum",
    .stale_after = 65s,
};

struct Head {
  std::optional<std::string_view> type;
};
using HeadShape = Loose<Field<"type", &Head::type>>;

struct Channels {
  std::string_view name;
  std::optional<std::string_view> error;
  std::vector<std::string_view> symbols;
};
struct Subscriptions {
  RowList<Channels> channels;
};
using ChannelsShape = Loose<Field<"name", &Channels::name>, Field<"error", &Channels::error>,
                            Field<"symbols", &Channels::symbols, kOptional>>;
using SubscriptionsShape = Loose<Rows<"channels", &Subscriptions::channels, ChannelsShape>>;

using TradeShape = Loose<
    Field<"symbol", &Facts::symbol>, Field<"price", &Trade::price>, Field<"size", &Trade::quantity>,
    Field<"buyer_role", &Trade::side, kSides<"taker", "maker">>, Field<"timestamp", &Facts::time>>;

using BookShape =
    Loose<Field<"action", &BookMessage::action>, Field<"asks", &BookMessage::ask_levels, kOptional>,
          Field<"bids", &BookMessage::bid_levels, kOptional>, Field<"cs", &Book::checksum>,
          Field<"sequence_no", &Book::last_sequence>, Field<"symbol", &Facts::symbol>,
          Field<"timestamp", &Facts::time>, Field<"msg", &BookMessage::message>>;
// A whole book, every second: not asked for, but recordings have it.
using WholeShape = Loose<Field<"buy", &BookMessage::bid_levels, kLevelKeys<"limit_price", "size">>,
                         Field<"last_sequence_no", &Book::last_sequence>,
                         Field<"sell", &BookMessage::ask_levels, kLevelKeys<"limit_price", "size">>,
                         Field<"symbol", &Facts::symbol>, Field<"timestamp", &Facts::time>>;

using QuoteShape =
    Loose<Field<"ask_qty", &Quote::ask_quantity>, Field<"best_ask", &Quote::ask_price>,
          Field<"best_bid", &Quote::bid_price>, Field<"bid_qty", &Quote::bid_quantity>,
          Field<"last_sequence_no", &Quote::sequence>, Field<"symbol", &Facts::symbol>,
          Field<"timestamp", &Facts::time>>;

// "volume" is of the base currency, "turnover" of the settling one. Options have greeks.
struct TickerMessage : ContractTicker, OptionSummary {
  std::optional<Quantity> contracts;
};
using TickerShape = Loose<
    Field<"close", &Ticker::last_price>, Field<"open", &Ticker::open_price>,
    Field<"high", &Ticker::high_price>, Field<"low", &Ticker::low_price>,
    Field<"volume", &Ticker::volume>, Field<"mark_price", &ContractFacts::mark_price>,
    Field<"spot_price", &ContractFacts::index_price>, Field<"oi", &ContractFacts::open_interest>,
    Field<"oi_contracts", &TickerMessage::contracts>,
    Inside<"quotes", Field<"best_bid", &Ticker::bid_price>, Field<"best_ask", &Ticker::ask_price>,
           Field<"ask_iv", &OptionSummary::ask_iv>, Field<"bid_iv", &OptionSummary::bid_iv>,
           Field<"mark_iv", &OptionSummary::mark_iv>>,
    Inside<"greeks", Field<"delta", &OptionSummary::delta>, Field<"gamma", &OptionSummary::gamma>,
           Field<"rho", &OptionSummary::rho>, Field<"theta", &OptionSummary::theta>,
           Field<"vega", &OptionSummary::vega>, Field<"spot", &OptionSummary::underlying_price>>,
    Field<"symbol", &Facts::symbol>, Field<"timestamp", &Facts::time>>;
void send(TickerMessage& ticker, Output& out) {
  ContractTicker& contract = ticker;
  if (ticker.contracts) contract.open_interest = ticker.contracts;
  send(contract, out);
  if (!ticker.delta) return;
  complete_option(ticker);
  out(ticker.symbol, ticker.time, static_cast<const OptionSummary&>(ticker));
}

// Without prices until the first trade; of a mark price without a volume. Compact ones, which have
// "sy", do not say when they began: they are no events.
struct CandleMessage : Message<Candle> {
  std::optional<Timestamp> start;
  std::optional<Price> first, highest, lowest, last;
  std::optional<Quantity> traded;
};
using CandleShape =
    Loose<Field<"candle_start_time", &CandleMessage::start>, Field<"close", &CandleMessage::last>,
          Field<"high", &CandleMessage::highest>, Field<"low", &CandleMessage::lowest>,
          Field<"open", &CandleMessage::first>,
          OneOf<Field<"symbol", &Facts::symbol>, Field<"sy", &Facts::symbol>>,
          Field<"timestamp", &Facts::time>, Field<"volume", &CandleMessage::traded>>;
void send(CandleMessage& candle, Output& out) {
  if (!candle.first || !candle.highest || !candle.lowest || !candle.last) return;
  if (!candle.start || !candle.traded || candle.symbol.starts_with(kMark)) return;
  candle.open_time = *candle.start;
  candle.volume = *candle.traded;
  candle.open = *candle.first;
  candle.high = *candle.highest;
  candle.low = *candle.lowest;
  candle.close = *candle.last;
  send<Candle>(candle, out);
}

// Rates are percentages.
using FundingShape =
    Loose<Field<"symbol", &Facts::symbol>,
          Field<"funding_rate", &ContractFacts::funding_rate, kScaled<-2>>,
          Field<"next_funding_realization", &ContractFacts::next_funding>,
          Field<"predicted_funding_rate", &ContractFacts::predicted_rate, kScaled<-2>>,
          Field<"funding_interval", &FundingMessage::interval>, Field<"timestamp", &Facts::time>>;

struct InstrumentMessage : Message<InstrumentInfo> {
  std::string_view type;
  std::optional<std::string_view> underlying, quoting, state, trading;
};
using InstrumentShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"contract_type", &InstrumentMessage::type>,
          Inside<"underlying_asset", Field<"symbol", &InstrumentMessage::underlying>>,
          Inside<"quoting_asset", Field<"symbol", &InstrumentMessage::quoting>>,
          Inside<"settling_asset", Field<"symbol", &InstrumentInfo::settle>>,
          Field<"tick_size", &InstrumentInfo::tick_size>,
          Field<"contract_value", &InstrumentInfo::contract_size>,
          Field<"settlement_time", &InstrumentInfo::expiry, kRfc3339>,
          Field<"strike_price", &InstrumentInfo::strike>, Field<"state", &InstrumentMessage::state>,
          Field<"trading_status", &InstrumentMessage::trading>>;
void send(InstrumentMessage& product, Output& out) {
  InstrumentInfo& info = product;
  const auto type = product.type;
  const bool option = type == "call_options" || type == "put_options";
  const bool spot = type == "spot";
  if (type == "perpetual_futures") info.kind = InstrumentKind::perpetual;
  if (type == "futures") info.kind = InstrumentKind::future;
  if (option) info.kind = InstrumentKind::option;
  // Of a kind that we do not know: spreads, swaps of interest rates, options of movement.
  if (!spot && info.kind == InstrumentKind::spot) return;
  if (!product.underlying || !product.quoting) return;
  info.base = *product.underlying;
  info.quote = *product.quoting;
  if (option) info.option_type = type == "put_options" ? "put" : "call";
  if (spot) {
    info.contract_size.reset();
  } else {
    info.lot_size = Quantity{{.mantissa = 1}};  // contracts
  }
  const auto trading = product.trading.value_or("operational");
  const auto state = product.state.value_or("live");
  info.status = state != "live" ? state : trading == "operational" ? "trading" : trading;
  send<InstrumentInfo>(product, out);
}
struct Listing : Batch<InstrumentMessage> {
  std::optional<bool> success;
};
using ListingShape = Loose<Field<"success", &Listing::success, kRequired>,
                           Inside<"error", Field<"code", &Listing::words>>,
                           Inside<"meta", Field<"after", &Listing::next_page>>,
                           Rows<"result", &Listing::rows, InstrumentShape, kOptional>>;

std::optional<Channel> channel_of(std::string_view name) {
  if (equals<"all_trades", "trades">(name)) return Channel::trade;
  if (equals<"l1_orderbook", "ob_l1">(name)) return Channel::quote;
  if (equals<"l2_updates", "l2_orderbook", "ob_updates">(name)) return Channel::book;
  if (name == kTicker || name == "ticker") return Channel::ticker;
  if (name == "funding_rate") return Channel::funding;
  return name.starts_with("candlestick_") ? std::optional{Channel::candle} : std::nullopt;
}

class Delta final : public JsonDecoder<Delta> {
 public:
  using JsonDecoder::JsonDecoder;

  Reading read(std::string_view frame, Timestamp ts_recv, EventHandler& handler) override {
    const Reading reading = JsonDecoder::read(frame, ts_recv, handler);
    announced_.end(reading);
    return reading;
  }

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<HeadShape>(frame, head_)) return Verdict::malformed;
    const auto type = head_.type.value_or("");
    if (equals<"l2_updates">(type)) return read_book<BookShape>(in, frame, out, reading);
    if (equals<"l2_orderbook">(type)) return read_whole<WholeShape>(in, frame, std::nullopt, out);
    if (equals<"l1_orderbook">(type)) return read_one<QuoteShape>(in, frame, quote_, out);
    if (equals<"all_trades", "recent_trade">(type))
      return read_one<TradeShape>(in, frame, trade_, out);
    if (equals<"v2/ticker">(type)) return read_one<TickerShape>(in, frame, ticker_, out);
    if (equals<"funding_rate">(type)) return read_funding(in, frame, out);
    if (equals<"mark_price">(type)) return read_price(in, frame, mark_, out);
    if (equals<"spot_price", "v2/spot_price">(type)) return read_price(in, frame, index_, out);
    if (equals<"subscriptions">(type)) return read_subscriptions(in, frame, reading);
    // The trades before the subscription: not new.
    if (equals<"all_trades_snapshot">(type)) return Verdict::data;
    if (equals<"heartbeat", "pong", "unsubscribed">(type)) return Verdict::control;
    if (equals<"error">(type)) return read_refusal(in, frame, reading);
    constexpr std::string_view kCandle = "candlestick_";
    if (!type.starts_with(kCandle)) return read_compact(in, type, frame, out, reading);
    const auto word = type.substr(kCandle.size());
    candle_.interval = our_interval(traits(), word);
    return read_one<CandleShape>(in, frame, candle_, out);
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body,
                           Output& out, RestReading& answer, std::string& problem) {
    Listing listing;
    if (!in.template read<ListingShape>(body, listing)) return Verdict::malformed;
    if (listing.success != true)
      return problem = listing.words.value_or("refused"), Verdict::rejected;
    answer.next_page = listing.next_page.value_or("");
    return send_all(listing.rows, out);
  }

 private:
  Verdict read_compact(auto& in, std::string_view type, std::string_view frame, Output& out,
                       Reading& reading) {
    if (equals<"ob_updates">(type)) return read_book<CompactBookShape>(in, frame, out, reading);
    if (equals<"ob_l2">(type)) return read_whole<CompactWholeShape>(in, frame, kCompactLevels, out);
    if (equals<"ob_l1">(type)) return read_one<CompactQuoteShape>(in, frame, quote_, out);
    if (equals<"trades">(type)) return read_one<CompactTradeShape>(in, frame, trade_, out);
    if (equals<"ticker">(type)) return read_one<CompactTickersShape>(in, frame, tickers_, out);
    return Verdict::unknown;
  }

  template <class S>
  Verdict read_whole(auto& in, std::string_view frame, std::optional<std::int64_t> depth,
                     Output& out) {
    book_.is_snapshot = true;
    book_.depth = depth;
    book_.first_sequence.reset();
    book_.checksum.reset();
    return read_one<S>(in, frame, book_, out);
  }

  Verdict read_funding(auto& in, std::string_view frame, Output& out) {
    funding_.predicted_rate.reset();  // compact ones have none
    const bool read = in.template read<FundingShape>(frame, funding_) ||
                      in.template read<CompactFundingShape>(frame, funding_);
    if (!read) return Verdict::malformed;
    funding_.funding_hours = hours_of(funding_.interval, 3600);
    send(funding_, out);
    return Verdict::data;
  }

  template <class Body>
  static Verdict read_price(auto& in, std::string_view frame, Message<Body>& price, Output& out) {
    if (!in.template read<PriceShape<Body>>(frame, price)) return Verdict::malformed;
    if (price.symbol.starts_with(kMark)) price.symbol.remove_prefix(kMark.size());
    send(price, out);
    return Verdict::data;
  }

  Verdict read_refusal(auto& in, std::string_view frame, Reading& reading) {
    Refusal refusal;
    if (!in.template read<RefusalShape>(frame, refusal)) return Verdict::malformed;
    return refuse(reading, refusal);
  }

  template <class S>
  Verdict read_book(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<S>(frame, book_)) return Verdict::malformed;
    if (book_.message) {
      answer(Condition::rejected, book_.symbol, Channel::book);
      return refuse(reading, "", *book_.message);
    }
    if (!book_.last_sequence) {
      reading.problem = "\"sequence_no\" is missing";
      return Verdict::malformed;
    }
    book_.depth.reset();
    book_.is_snapshot = equals<"snapshot">(book_.action);
    book_.first_sequence = book_.is_snapshot ? std::nullopt : book_.last_sequence;
    send(book_, out);
    return Verdict::data;
  }

  Verdict read_subscriptions(auto& in, std::string_view frame, Reading& reading) {
    if (!in.template read<SubscriptionsShape>(frame, subscriptions_)) return Verdict::malformed;
    for (const Channels& each : subscriptions_.channels) {
      if (!each.error) continue;
      answer(Condition::rejected, "", channel_of(each.name));
      return refuse(reading, each.name, *each.error);
    }
    for (const Channels& each : subscriptions_.channels) {
      const auto channel = channel_of(each.name);
      if (!channel) continue;
      for (const auto symbol : each.symbols)
        if (announced_.is_new(symbol, *channel)) answer(Condition::subscribed, symbol, channel);
    }
    return Verdict::control;
  }

  Announced announced_;
  Head head_;  // scratch, as what follows
  Subscriptions subscriptions_;
  Message<Trade> trade_;
  Message<Quote> quote_;
  BookMessage book_;
  TickerMessage ticker_;
  CompactTickers tickers_;
  CandleMessage candle_;
  FundingMessage funding_;
  Message<MarkPrice> mark_;
  Message<IndexPrice> index_;
};

}  // namespace

std::unique_ptr<Adapter> make_delta() {
  return std::make_unique<JsonVenue<Delta>>(kTraits);
}

}  // namespace mp::venue
