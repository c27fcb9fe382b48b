// BitMEX: tables that are sent whole (partial) and then as changes (insert, update, delete).
// Source: https://www.bitmex.com/app/wsAPI
#include <algorithm>
#include <array>
#include <utility>

#include "venue/bitmex_listing.hpp"
#include "venue/contract_facts.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

constexpr std::string_view kInstrument = R"("instrument:{symbol}")";
constexpr std::array kRoutes = {
    Route{Channel::trade, R"("trade:{symbol}")", "recorded 2021-04-05"},
    Route{Channel::quote, R"("quote:{symbol}")", "recorded 2021-04-05"},
    Route{Channel::book, R"("orderBookL2:{symbol}")", "recorded 2021-04-05"},
    Route{Channel::ticker, kInstrument, "documented"},
    Route{Channel::candle, R"("tradeBin{interval}:{symbol}")", "pair crypto_msg_parser"},
    Route{Channel::funding, kInstrument, "documented"},
    Route{Channel::open_interest, kInstrument, "documented"},
    Route{Channel::liquidation, R"("liquidation:{symbol}")", "documented"},
    Route{Channel::mark_price, kInstrument, "documented"},
    Route{Channel::index_price, kInstrument, "documented"},
};
constexpr std::array kEndpoints = {
    Endpoint{.target = "/api/v1/instrument/active",
             .evidence = "pair fixtures",
             .source = "bitmex.com/api/explorer, GET /instrument/active"},
};
constexpr auto kIntervals = same_words({"1m", "5m", "1h", "1d"});
constexpr std::array<std::chrono::minutes, 4> kLengths = {1min, 5min, 1h, 24h};
constexpr Traits kTraits = {
    .name = "bitmex",
    .docs_url = "https://www.bitmex.com/app/wsAPI",
    .ws_url = "wss://ws.bitmex.com",
    .path = "/realtime",
    .rest_url = "https://www.bitmex.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    .requests = {.subscribe = R"({"op":"subscribe","args":[{topics}]})",
                 .unsubscribe = R"({"op":"unsubscribe","args":[{topics}]})",
                 .source = "wsAPI, Subscribing"},
    .ping = {.text = "ping", .every = 20s, .source = "wsAPI, Heartbeats"},
    .limits = {.topics_per_session = 200,
               .topics_per_request = 20,
               .requests = {1, 1s},
               .connects = {1, 3s},
               .rest_calls = {30, 1min},  // without a login
               .rest_calls_at_once = 1,
               .source = "wsAPI, Rate Limits; bitmex.com/app/restAPI, Limits"},
    .book = {.start = BookStart::stream_snapshot, .link = BookLink::none},
    .book_source = "wsAPI, Response Format; Order Book",
};

struct Envelope {
  std::optional<std::string_view> table, action, subscribe, info, status, error;
  std::optional<bool> success;
  std::optional<std::string_view> of;    // of an empty partial: the symbol
  std::vector<std::string_view> topics;  // of the request that is answered
  std::optional<Raw> data;
};
using EnvelopeShape = Shape<
    Field<"table", &Envelope::table>, Field<"action", &Envelope::action>,
    Inside<"filter", Field<"symbol", &Envelope::of>>, Field<"success", &Envelope::success>,
    Field<"subscribe", &Envelope::subscribe>, Skip<"unsubscribe">, Field<"info", &Envelope::info>,
    Id<"status", &Envelope::status>, Field<"error", &Envelope::error>,
    Inside<"request", Field<"args", &Envelope::topics, kOptional>>, Tail<"data", &Envelope::data>>;

using PassedShape = Loose<Field<"symbol", &Facts::symbol>>;
using TradeShape =
    Loose<Field<"timestamp", &Facts::time, kRfc3339, kRequired>, Field<"symbol", &Facts::symbol>,
          Field<"side", &Trade::side>, Field<"size", &Trade::quantity>,
          Field<"price", &Trade::price>, Id<"trdMatchID", &Trade::trade_id>>;
using QuoteShape =
    Loose<Field<"timestamp", &Facts::time, kRfc3339, kRequired>, Field<"symbol", &Facts::symbol>,
          Field<"bidSize", &Quote::bid_quantity>, Field<"bidPrice", &Quote::bid_price>,
          Field<"askPrice", &Quote::ask_price>, Field<"askSize", &Quote::ask_quantity>>;

// A level has an id; only partials and inserts say its price.
struct LevelMessage : Facts {
  std::int64_t id = 0;
  std::optional<Side> side;
  std::optional<Quantity> size;
  std::optional<Price> price;
};
using LevelShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"id", &LevelMessage::id>,
          Field<"side", &LevelMessage::side>, Field<"size", &LevelMessage::size>,
          Field<"price", &LevelMessage::price>, Field<"timestamp", &Facts::time, kRfc3339>>;

using TopShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"timestamp", &Facts::time, kRfc3339>,
          Field<"bids", &Message<Book>::bid_levels>, Field<"asks", &Message<Book>::ask_levels>>;

// The time is the end of the interval.
using CandleShape =
    Loose<Field<"timestamp", &Candle::close_time, kRfc3339, kRequired>,
          Field<"symbol", &Facts::symbol>, Field<"open", &Candle::open>,
          Field<"high", &Candle::high>, Field<"low", &Candle::low>, Field<"close", &Candle::close>,
          Field<"volume", &Candle::volume>, Field<"trades", &Candle::trades>,
          Field<"foreignNotional", &Candle::quote_volume>>;

using LiquidationShape =
    Loose<Id<"orderID", &Liquidation::order_id>, Field<"symbol", &Facts::symbol>,
          Field<"side", &Liquidation::side>, Field<"price", &Liquidation::price>,
          Field<"leavesQty", &Liquidation::quantity>>;

// "2000-01-01T08:00:00.000Z" stands for 8 hours.
struct Hours {
  [[nodiscard]] static bool convert(const Scalar& scalar, Decimal& out) {
    Timestamp time;
    if (!Rfc3339::convert(scalar, time)) return false;
    const auto length = time - std::chrono::floor<std::chrono::days>(time);
    out = Decimal{std::chrono::floor<std::chrono::hours>(length).count(), 0};
    return true;
  }
};
constexpr Hours kHours{};

// A rate that was paid.
using FundingShape =
    Loose<Field<"timestamp", &Facts::time, kRfc3339, kRequired>, Field<"symbol", &Facts::symbol>,
          Field<"fundingInterval", &Funding::interval_hours, kHours>,
          Field<"fundingRate", &Funding::rate>>;

// Of an instrument only what has changed is sent.
using StateShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"timestamp", &Facts::time, kRfc3339>,
          Field<"lastPrice", &Ticker::last_price>, Field<"prevPrice24h", &Ticker::open_price>,
          Field<"highPrice", &Ticker::high_price>, Field<"lowPrice", &Ticker::low_price>,
          Field<"volume24h", &Ticker::volume>, Field<"foreignNotional24h", &Ticker::quote_volume>,
          Field<"bidPrice", &Ticker::bid_price>, Field<"askPrice", &Ticker::ask_price>,
          Field<"fundingRate", &ContractFacts::funding_rate>,
          Field<"indicativeFundingRate", &ContractFacts::predicted_rate>,
          Field<"fundingInterval", &ContractFacts::funding_hours, kHours>,
          Field<"fundingTimestamp", &ContractFacts::next_funding, kRfc3339>,
          Field<"openInterest", &ContractFacts::open_interest>,
          Field<"markPrice", &ContractFacts::mark_price>,
          Field<"indicativeSettlePrice", &ContractFacts::index_price>>;

// Takes those members over that the change has; whether there was one.
template <auto... Members, class T>
bool take_over(const T& change, T& state) {
  bool any = false;
  const auto take = [&any](const auto& from, auto& to) {
    if (!from) return;
    to = from;
    any = true;
  };
  (take(change.*Members, state.*Members), ...);
  return any;
}

void send(ContractTicker& change, ContractTicker& state, Output& out) {
  if (take_over<&Ticker::last_price, &Ticker::open_price, &Ticker::high_price, &Ticker::low_price,
                &Ticker::volume, &Ticker::quote_volume, &Ticker::bid_price, &Ticker::ask_price>(
          static_cast<const Ticker&>(change), static_cast<Ticker&>(state)))
    out(change.symbol, change.time, static_cast<const Ticker&>(state));
  // When some of what belongs to the funding has changed, all of it is told.
  const auto take_funding = [](const ContractFacts& from, ContractFacts& to) {
    using F = ContractFacts;
    return take_over<&F::funding_rate, &F::predicted_rate, &F::funding_hours, &F::next_funding>(
        from, to);
  };
  if (take_funding(change, state)) take_funding(state, change);
  send_facts(change, change, out);
}

class Bitmex final : public JsonDecoder<Bitmex> {
 public:
  using JsonDecoder::JsonDecoder;

  Reading read(std::string_view frame, Timestamp ts_recv, EventHandler& handler) override {
    return frame == "pong" ? kControl : JsonDecoder::read(frame, ts_recv, handler);
  }

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<EnvelopeShape>(frame, envelope_)) return Verdict::malformed;
    if (!envelope_.table) return read_notice(reading);
    if (!envelope_.data || !envelope_.action) return Verdict::unknown;
    return read_table(in, *envelope_.table, *envelope_.action, envelope_.data->json, out);
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body,
                           Output& out, RestReading&, std::string&) {
    RowList<bitmex::InstrumentMessage> instruments;
    return read_all<bitmex::InstrumentShape>(in, body, instruments, out);
  }

 private:
  // Of a symbol's book: the prices of its levels, once a partial has come.
  struct Prices {
    bool is_whole = false;
    std::unordered_map<std::int64_t, Price> by_id;
  };
  static constexpr std::size_t kLevelsMax = 200'000;

  // `topic` is "table:symbol".
  void answer_all(Condition condition, std::string_view topic) {
    const auto colon = std::min(topic.find(':'), topic.size());
    const auto table = topic.substr(0, colon);
    const auto symbol = topic.substr(std::min(colon + 1, topic.size()));
    constexpr std::string_view kBins = "tradeBin";
    answer_routes(condition, symbol, [&](const Route& route) {
      const auto theirs = route.topic.substr(1, route.topic.find(':') - 1);
      return theirs == table || (theirs.starts_with(kBins) && table.starts_with(kBins));
    });
  }

  Verdict read_notice(Reading& reading) {
    if (envelope_.error || envelope_.success == false) {
      // Of several topics the words alone tell which is refused; the good ones are acknowledged.
      const auto topic = envelope_.subscribe.value_or("");
      const auto& topics = envelope_.topics;
      if (!topic.empty()) answer_all(Condition::rejected, topic);
      if (topic.empty() && topics.size() == 1) answer_all(Condition::rejected, topics.front());
      return refuse(reading, envelope_.status.value_or(""), envelope_.error.value_or(topic));
    }
    if (envelope_.subscribe) answer_all(Condition::subscribed, *envelope_.subscribe);
    const bool is_known = envelope_.success || envelope_.info || envelope_.subscribe;
    return is_known ? Verdict::control : Verdict::unknown;
  }

  Verdict read_table(auto& in, std::string_view table, std::string_view action,
                     std::string_view data, Output& out) {
    if (equals<"orderBookL2">(table)) return read_book(in, action, data, std::nullopt, out);
    if (equals<"orderBookL2_25">(table)) return read_book(in, action, data, 25, out);
    if (equals<"orderBook10">(table)) return read_tops(in, data, out);
    const bool is_bins = table.starts_with("tradeBin");
    if (!is_bins && !equals<"trade", "liquidation", "quote", "funding", "instrument">(table))
      return Verdict::unknown;
    const bool is_trade = equals<"trade">(table);
    const bool is_liquidation = equals<"liquidation">(table);
    // The partials of these are what was before, their changes are of what was handed over.
    const bool is_new = action == "insert" || (action == "partial" && !is_trade && !is_liquidation);
    if (equals<"instrument">(table) && action == "update") return read_states(in, data, out);
    if (!is_new)
      return in.template read_rows<PassedShape>(data, passed_) ? Verdict::data : Verdict::malformed;
    if (is_trade) return read_all<TradeShape>(in, data, trades_, out);
    if (is_liquidation) return read_all<LiquidationShape>(in, data, liquidations_, out);
    if (equals<"quote">(table)) return read_all<QuoteShape>(in, data, quotes_, out);
    if (equals<"funding">(table)) return read_all<FundingShape>(in, data, fundings_, out);
    return is_bins ? read_candles(in, table, data, out) : read_states(in, data, out);
  }

  Verdict read_tops(auto& in, std::string_view data, Output& out) {
    return read_all<TopShape>(in, data, tops_, out, [](Message<Book>& book) {
      book.is_snapshot = true;
      book.depth = 10;
    });
  }

  Verdict read_candles(auto& in, std::string_view table, std::string_view data, Output& out) {
    const auto word = table.substr(std::string_view{"tradeBin"}.size());
    const auto known = std::ranges::find(kIntervals, word, &Interval::theirs);
    if (known == kIntervals.end()) return Verdict::unknown;
    const auto length = kLengths[static_cast<std::size_t>(known - kIntervals.begin())];
    return read_all<CandleShape>(in, data, candles_, out, [&](Message<Candle>& candle) {
      candle.interval = known->ours;
      candle.open_time = *candle.close_time - length;
      candle.is_closed = true;
    });
  }

  Verdict read_states(auto& in, std::string_view data, Output& out) {
    if (!in.template read_rows<StateShape>(data, changes_)) return Verdict::malformed;
    for (ContractTicker& change : changes_) send(change, states_.of(change.symbol), out);
    return Verdict::data;
  }

  Verdict read_book(auto& in, std::string_view action, std::string_view data,
                    std::optional<std::int64_t> depth, Output& out) {
    if (!in.template read_rows<LevelShape>(data, levels_)) return Verdict::malformed;
    const bool is_whole = equals<"partial">(action);
    book_.depth = depth;
    book_.is_snapshot = is_whole;
    if (is_whole && levels_.empty() && envelope_.of) send_levels(*envelope_.of, action, out);
    // Rows of a symbol follow each other mostly; each symbol is handed over once.
    std::string_view last;
    for (auto row = levels_.begin(); row != levels_.end(); ++row) {
      if (std::exchange(last, row->symbol) == row->symbol) continue;
      const auto is_same = [&](const LevelMessage& other) { return other.symbol == row->symbol; };
      if (std::none_of(levels_.begin(), row, is_same)) send_levels(row->symbol, action, out);
    }
    return Verdict::data;
  }

  void send_levels(std::string_view symbol, std::string_view action, Output& out) {
    Prices& prices = (book_.depth ? prices_25_ : prices_).of(symbol);
    if (book_.is_snapshot) prices = {.is_whole = true, .by_id = {}};
    if (!prices.is_whole) return;  // what comes before the partial is of no use
    const bool is_removal = equals<"delete">(action);
    book_.symbol = symbol;
    book_.time.reset();
    book_.clear_levels();
    for (const LevelMessage& level : levels_) {
      if (level.symbol != symbol) continue;
      if (level.time) book_.time = level.time;
      const auto known = prices.by_id.find(level.id);
      const auto price = level.price || known == prices.by_id.end() ? level.price : known->second;
      if (is_removal && known != prices.by_id.end()) prices.by_id.erase(known);
      if (!price || !level.side || (!level.size && !is_removal)) continue;
      if (!is_removal && prices.by_id.size() < kLevelsMax)
        prices.by_id.insert_or_assign(level.id, *price);
      book_.levels(*level.side).emplace_back(*price, is_removal ? Quantity{} : *level.size);
    }
    if (book_.is_snapshot || !book_.bid_levels.empty() || !book_.ask_levels.empty())
      send(book_, out);
  }

  // Of the session.
  Latest<Prices> prices_, prices_25_;
  Latest<ContractTicker> states_;
  Envelope envelope_;  // scratch, as all that follows
  RowList<Facts> passed_;
  RowList<Message<Trade>> trades_;
  RowList<Message<Quote>> quotes_;
  RowList<LevelMessage> levels_;
  Message<Book> book_;
  RowList<Message<Book>> tops_;
  RowList<Message<Candle>> candles_;
  RowList<Message<Liquidation>> liquidations_;
  RowList<Message<Funding>> fundings_;
  RowList<ContractTicker> changes_;
};

}  // namespace

std::unique_ptr<Adapter> make_bitmex() {
  return std::make_unique<JsonVenue<Bitmex>>(kTraits);
}

}  // namespace mp::venue
