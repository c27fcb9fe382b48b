// BitMEX: tables that are sent whole (partial) and then as changes (insert, update, delete).
// Source: https://www.bitmex.com/app/wsAPI
#include <algorithm>
#include <array>
#include <utility>

#include "venue/bitmex_listing.hpp"
#include "venue/bitmex_messages.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes
using namespace bitmex;

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
  std::optional<std::string_view> table, action, subscribe, info, status;
  std::optional<bool> success;
  std::optional<std::string_view> of;  // of an empty partial: the symbol
  std::optional<Raw> error, request, data;
};
using EnvelopeShape =
    Shape<Field<"table", &Envelope::table>, Field<"action", &Envelope::action>,
          Inside<"filter", Field<"symbol", &Envelope::of>>, Field<"success", &Envelope::success>,
          Field<"subscribe", &Envelope::subscribe>, Skip<"unsubscribe">,
          Field<"info", &Envelope::info>, Id<"status", &Envelope::status>,
          Field<"error", &Envelope::error>, Field<"request", &Envelope::request>,
          Tail<"data", &Envelope::data>>;

// The words of an error, which may be an object, also by REST; and the arguments of the request
// that it is about: topics, one of them, or what else a request may have.
struct Words {
  std::optional<std::string_view> text;
};
using WordsShape = Loose<Field<"error", &Words::text>>;
using InnerWordsShape = Loose<Inside<"error", Field<"message", &Words::text>>>;
struct Request {
  std::vector<std::string_view> topics;
  std::optional<std::string_view> topic;
};
using TopicsShape = Loose<Field<"args", &Request::topics, kOptional>>;
using TopicShape = Loose<Field<"args", &Request::topic>>;

class Bitmex final : public JsonDecoder<Bitmex> {
 public:
  using JsonDecoder::JsonDecoder;

  Reading read(std::string_view frame, Timestamp ts_recv, EventHandler& handler) override {
    return frame == "pong" ? kControl : JsonDecoder::read(frame, ts_recv, handler);
  }

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<EnvelopeShape>(frame, envelope_)) return Verdict::malformed;
    if (!envelope_.table) return read_notice(in, frame, reading);
    if (!envelope_.data || !envelope_.action) return Verdict::unknown;
    return read_table(in, *envelope_.table, *envelope_.action, envelope_.data->json, out);
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    if (body.starts_with('{')) {
      Words words;
      if (!in.template read<InnerWordsShape>(body, words) || !words.text) return Verdict::malformed;
      return problem = *words.text, Verdict::rejected;
    }
    RowList<bitmex::InstrumentMessage> instruments;
    return read_all<bitmex::InstrumentShape>(in, body, instruments, out);
  }

 private:
  // Of a symbol's book: the prices of its levels, by side and id, once a partial has come.
  using PricesById = std::unordered_map<std::int64_t, Price>;
  struct Prices {
    bool is_whole = false;
    std::array<PricesById, 2> by_id;
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

  Verdict read_notice(auto& in, std::string_view frame, Reading& reading) {
    if (envelope_.error || envelope_.success == false) {
      Words words;
      const bool is_inner = envelope_.error && envelope_.error->json.starts_with('{');
      if (is_inner ? !in.template read<InnerWordsShape>(frame, words)
                   : !in.template read<WordsShape>(frame, words))
        return Verdict::malformed;
      const auto topic = envelope_.subscribe ? *envelope_.subscribe : topic_asked_for(in);
      if (!topic.empty()) answer_all(Condition::rejected, topic);
      return refuse(reading, envelope_.status.value_or(""), words.text.value_or(topic));
    }
    if (envelope_.subscribe) answer_all(Condition::subscribed, *envelope_.subscribe);
    const bool is_known = envelope_.success || envelope_.info || envelope_.subscribe;
    return is_known ? Verdict::control : Verdict::unknown;
  }

  // Of several topics the words alone tell which is refused; the good ones are acknowledged.
  std::string_view topic_asked_for(auto& in) {
    Request request;
    if (!envelope_.request) return {};
    if (in.template read<TopicsShape>(envelope_.request->json, request))
      return request.topics.size() == 1 ? request.topics.front() : std::string_view{};
    if (!in.template read<TopicShape>(envelope_.request->json, request)) return {};
    return request.topic.value_or("");
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
    if (is_trade) return read_trades(in, data, out);
    if (is_liquidation) return read_all<LiquidationShape>(in, data, liquidations_, out);
    if (equals<"quote">(table)) return read_all<QuoteShape>(in, data, quotes_, out);
    if (equals<"funding">(table)) return read_all<FundingShape>(in, data, fundings_, out);
    return is_bins ? read_candles(in, table, data, out) : read_states(in, data, out);
  }

  // The second time for rows with null for a number, which cost themselves alone.
  Verdict read_trades(auto& in, std::string_view data, Output& out) {
    if (in.template read_rows<TradeShape>(data, trades_)) return send_all(trades_, out);
    return read_all<TradeWithGapsShape>(in, data, trades_, out, [](TradeMessage& trade) {
      if (trade.price.is_zero()) trade.quantity = {};
    });
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
    return read_all<CandleShape>(in, data, candles_, out, [&](CandleMessage& candle) {
      candle.interval = known->ours;
      candle.open_time = *candle.close_time - length;
      candle.is_closed = true;
    });
  }

  Verdict read_states(auto& in, std::string_view data, Output& out) {
    if (!in.template read_rows<StateShape>(data, changes_)) return Verdict::malformed;
    for (ContractTicker& change : changes_) {
      ContractTicker& state = states_.of(change.symbol);
      if (has_left_out(in)) state = {};
      send(change, state, out);
    }
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
      if (level.symbol != symbol || !level.side) continue;
      book_.time = std::max(book_.time, level.time);
      PricesById& by_id = prices.by_id[level.side == Side::buy ? 0 : 1];
      const auto known = by_id.find(level.id);
      const auto price = level.price || known == by_id.end() ? level.price : known->second;
      if (is_removal && known != by_id.end()) by_id.erase(known);
      if (!price || (!level.size && !is_removal)) continue;
      if (!is_removal && by_id.size() < kLevelsMax) by_id.insert_or_assign(level.id, *price);
      book_.levels(*level.side).emplace_back(*price, is_removal ? Quantity{} : *level.size);
    }
    if (book_.is_snapshot || !book_.bid_levels.empty() || !book_.ask_levels.empty())
      send(book_, out);
  }

  // Of the session.
  Latest<Prices> prices_, prices_25_;
  Latest<ContractTicker> states_;
  Envelope envelope_;  // scratch, as all that follows
  RowList<Passed> passed_;
  RowList<TradeMessage> trades_;
  RowList<Message<Quote>> quotes_;
  RowList<LevelMessage> levels_;
  Message<Book> book_;
  RowList<Message<Book>> tops_;
  RowList<CandleMessage> candles_;
  RowList<LiquidationMessage> liquidations_;
  RowList<Message<Funding>> fundings_;
  RowList<ContractTicker> changes_;
};

}  // namespace

std::unique_ptr<Adapter> make_bitmex() {
  return std::make_unique<JsonVenue<Bitmex>>(kTraits);
}

}  // namespace mp::venue
