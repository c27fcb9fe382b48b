// bitFlyer, Lightning Realtime API (JSON-RPC 2.0) and HTTP API. Source:
// https://lightning.bitflyer.com/docs
#include <algorithm>
#include <functional>

#include "venue/ticker_quote.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

constexpr std::string_view kTickers = R"("lightning_ticker_{symbol}")";
// A book has two channels, of snapshots and of changes, and a route has one topic: a request for
// snapshots has the changes in front of it, so that none is missed between both. They are not ended
// when the snapshots are: until the next snapshot they are passed over.
constexpr std::string_view kChanges =
    R"({"jsonrpc":"2.0","method":"subscribe","params":{"channel":"lightning_board_{symbol}"}},)";
constexpr std::array kRoutes = {
    Route{Channel::trade, R"("lightning_executions_{symbol}")", "recorded 2021-04-17"},
    Route{Channel::quote, kTickers, "recorded 2021-04-17"},
    Route{Channel::book, R"("lightning_board_snapshot_{symbol}")", "recorded 2021-04-17", kChanges},
    Route{Channel::ticker, kTickers, "recorded 2021-04-17"},
};
constexpr std::array kEndpoints = {
    Endpoint{.target = "/v1/getmarkets", .evidence = "recorded 2021-04-17"},
    Endpoint{.target = "/v1/getmarkets/usa", .evidence = "recorded 2021-04-17"},
    Endpoint{.target = "/v1/getmarkets/eu", .evidence = "recorded 2021-04-17"},
};
constexpr Traits kTraits = {
    .name = "bitflyer",
    .docs_url = "https://lightning.bitflyer.com/docs",
    .ws_url = "wss://ws.lightstream.bitflyer.com",
    .path = "/json-rpc",
    .rest_url = "https://api.bitflyer.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .requests = {.subscribe = R"([{group}{"jsonrpc":"2.0","method":"subscribe",)"
                              R"("params":{"channel":{topics}},"id":{id}}])",
                 .unsubscribe = R"([{"jsonrpc":"2.0","method":"unsubscribe",)"
                                R"("params":{"channel":{topics}},"id":{id}}])",
                 .source = "Realtime API, JSON-RPC 2.0 over WebSocket: subscribe, batches"},
    .limits = {.topics_per_request = 1,  // a channel each
               .rest_calls = {1, 1s},    // 500 in 5 minutes
               .source = "HTTP API, API Limits; Realtime API names none"},
    .book = {.start = BookStart::stream_snapshot, .link = BookLink::none},
    .book_source = "Realtime API, Orderbook snapshot; Orderbook updates",
};
constexpr std::size_t kSnapshotLevels = 300;  // a side, as recorded: there it is cut off

struct Answer {
  std::optional<Raw> result;
  std::optional<std::string_view> request;
  std::optional<Refusal> error;
};
struct Envelope : Answer {
  std::optional<std::string_view> method;
  std::optional<Raw> params;
};
struct Params {
  std::string_view channel;
  Raw message;
};
using AnswerShape = Loose<Id<"id", &Answer::request>, Field<"result", &Answer::result>,
                          Object<"error", &Answer::error, RefusalShape>>;
using EnvelopeShape =
    Shape<Skip<"jsonrpc">, Id<"id", &Answer::request>,
          Object<"error", &Answer::error, RefusalShape>, Field<"result", &Answer::result>,
          Field<"method", &Envelope::method>, Tail<"params", &Envelope::params>>;
using ParamsShape = Shape<Field<"channel", &Params::channel>, Tail<"message", &Params::message>>;

using TradeShape = Loose<Id<"id", &Trade::trade_id, kRequired>, Field<"side", &Trade::side>,
                         Field<"price", &Trade::price>, Field<"size", &Trade::quantity>,
                         Field<"exec_date", &Facts::time, kRfc3339>>;

using BookMessage = Message<Book>;
using BookShape =
    Shape<Skip<"mid_price">, Field<"bids", &BookMessage::bid_levels, kLevelKeys<"price", "size">>,
          Field<"asks", &BookMessage::ask_levels, kLevelKeys<"price", "size">>>;

using TickerMessage = TickerWithQuote;
using TickerShape =
    Loose<Field<"timestamp", &Facts::time, kRfc3339>, Field<"tick_id", &TickerMessage::sequence>,
          Field<"best_bid", &Ticker::bid_price>, Field<"best_ask", &Ticker::ask_price>,
          Field<"best_bid_size", &TickerMessage::bid_quantity>,
          Field<"best_ask_size", &TickerMessage::ask_quantity>, Field<"ltp", &Ticker::last_price>,
          Field<"volume_by_product", &Ticker::volume>>;

struct Market {
  std::string_view symbol;
};
using MarketShape = Loose<Field<"product_code", &Market::symbol>>;
using ProblemShape =
    Loose<Id<"status", &Refusal::code>, Field<"error_message", &Refusal::message, kRequired>>;

// What follows `word` in the name of a channel.
std::optional<std::string_view> behind(std::string_view word, std::string_view channel) {
  if (!channel.starts_with(word) || channel.size() == word.size()) return std::nullopt;
  return channel.substr(word.size());
}

// The price at which a side of a snapshot was cut off; in no order.
std::optional<Price> worst_of(const std::vector<Level>& side, auto is_worse) {
  if (side.size() < kSnapshotLevels) return std::nullopt;
  return std::ranges::min_element(side, is_worse, &Level::price)->price();
}

class Bitflyer final : public JsonDecoder<Bitflyer> {
 public:
  using JsonDecoder::JsonDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (frame.starts_with('[')) {
      if (!in.template read_rows<AnswerShape>(frame, answers_)) return Verdict::malformed;
      return answers_.size() == 1 ? read_answer(answers_[0], reading) : Verdict::unknown;
    }
    if (!in.template read<EnvelopeShape>(frame, envelope_)) return Verdict::malformed;
    if (!envelope_.method) return read_answer(envelope_, reading);
    if (!equals<"channelMessage">(*envelope_.method) || !envelope_.params) return Verdict::unknown;
    if (!in.template read<ParamsShape>(envelope_.params->json, params_)) return Verdict::malformed;
    return read_data(in, params_.channel, params_.message.json, out);
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    if (body.starts_with('{')) return read_problem<ProblemShape>(in, body, problem);
    RowList<Market> markets;
    if (!in.template read_rows<MarketShape>(body, markets)) return Verdict::malformed;
    for (const Market& market : markets) {
      auto info = derive(market.symbol);
      if (!info) continue;  // of a kind that we do not know
      info->status = "trading";
      out(market.symbol, std::nullopt, *info);
    }
    return Verdict::data;
  }

  // "BTC_JPY", "FX_BTC_JPY", "BTCJPY25JUN2021".
  static std::optional<InstrumentInfo> derive(std::string_view symbol) {
    constexpr std::size_t kPair = 6, kDay = 5, kCentury = 2, kYear = 2;
    if (const auto pair = pair_spelled(symbol, '_')) return pair;
    const auto part = parts_of(symbol, '_');
    InstrumentInfo info;
    if (part.count == 3 && part[0] == "FX") {
      info.kind = InstrumentKind::perpetual;
      info.base = part[1];
      info.quote = part[2];
    } else if (symbol.size() == kPair + kDay + kCentury + kYear) {
      std::string day{symbol.substr(kPair, kDay)};
      info.kind = InstrumentKind::future;
      info.base = symbol.substr(0, kPair / 2);
      info.quote = symbol.substr(kPair / 2, kPair / 2);
      info.expiry = expiry_spelled(day.append(symbol.substr(kPair + kDay + kCentury)));
      if (!info.expiry) return std::nullopt;
      *info.expiry -= 6h;  // at 11:00 in Japan
    } else {
      return std::nullopt;
    }
    info.settle = info.quote;
    return info;
  }

 private:
  Verdict read_answer(const Answer& answer, Reading& reading) {
    if (!answer.request && !answer.error) return Verdict::unknown;
    reading.answers = request_number(answer.request);
    if (answer.error) return refuse(reading, *answer.error);
    if (answer.result && answer.result->json == "false")
      return refuse(reading, "", "the result is false");
    return Verdict::control;
  }

  Verdict read_data(auto& in, std::string_view channel, std::string_view data, Output& out) {
    if (const auto symbol = behind("lightning_board_snapshot_", channel))
      return read_book(in, *symbol, true, data, out);
    if (const auto symbol = behind("lightning_board_", channel))
      return read_book(in, *symbol, false, data, out);
    if (const auto symbol = behind("lightning_executions_", channel)) {
      return read_all<TradeShape>(in, data, trades_, out,
                                  [&](Message<Trade>& trade) { trade.symbol = *symbol; });
    }
    if (const auto symbol = behind("lightning_ticker_", channel)) {
      ticker_.symbol = *symbol;
      return read_one<TickerShape>(in, data, ticker_, out);
    }
    return Verdict::unknown;
  }

  Verdict read_book(auto& in, std::string_view symbol, bool whole, std::string_view data,
                    Output& out) {
    if (!in.template read<BookShape>(data, book_)) return Verdict::malformed;
    // Market orders of an auction have the price zero.
    book_.drop_levels([](const Level& level) { return level.price_mantissa == 0; });
    book_.symbol = symbol;
    book_.is_snapshot = whole;
    book_.known_bid = whole ? worst_of(book_.bid_levels, std::less{}) : std::nullopt;
    book_.known_ask = whole ? worst_of(book_.ask_levels, std::greater{}) : std::nullopt;
    send(book_, out);
    return Verdict::data;
  }

  Envelope envelope_;  // scratch, as what follows
  Params params_;
  RowList<Answer> answers_;
  RowList<Message<Trade>> trades_;
  BookMessage book_;
  TickerMessage ticker_;
};

}  // namespace

std::unique_ptr<Adapter> make_bitflyer() {
  return std::make_unique<JsonVenue<Bitflyer>>(kTraits);
}

}  // namespace mp::venue
