// ProBit Global, spot. Source: https://docs-en.probit.com/
#include <algorithm>

#include "venue/support.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

// A subscription of a market has filters; whether a second one adds to them is not said. So each
// channel has a session of its own (a path of its own, by a query that the venue does not read).
constexpr std::string_view kSymbol = R"("{symbol}")";
constexpr std::array kRoutes = {
    Route{Channel::trade, kSymbol, "recorded 2021-04-05", "recent_trades",
          "/api/exchange/v1/ws?filter=recent_trades"},
    Route{Channel::book, kSymbol, "recorded 2021-04-05", "order_books",
          "/api/exchange/v1/ws?filter=order_books"},
    Route{Channel::ticker, kSymbol, "documented", "ticker", "/api/exchange/v1/ws?filter=ticker"},
};
constexpr std::array kEndpoints = {
    Endpoint{.target = "/api/exchange/v1/market",
             .evidence = "documented",
             .source = "docs-en.probit.com, Market"},
};
constexpr Traits kTraits = {
    .name = "probit",
    .docs_url = "https://docs-en.probit.com/",
    .ws_url = "wss://api.probit.com",
    .path = "/api/exchange/v1/ws",
    .rest_url = "https://api.probit.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .requests = {.subscribe = R"({"type":"subscribe","channel":"marketdata","market_id":{topics},)"
                              R"("filter":["{group}"],"interval":100})",
                 .unsubscribe = R"({"type":"unsubscribe","channel":"marketdata",)"
                                R"("market_id":{topics}})",
                 .source = "docs-en.probit.com, WebSocket, marketdata"},
    .ping = {},  // nobody does
    .limits = {.topics_per_session = 100,
               .topics_per_request = 1,
               .requests = {5, 1s},
               .connects = {1, 1s},
               .rest_calls = {2, 1s},
               .source = "docs-en.probit.com, Rate Limits, which names none for the socket"},
    .book = {.start = BookStart::stream_snapshot, .link = BookLink::none},
    .book_source = "docs-en.probit.com, WebSocket, marketdata: order_books, reset",
    .stale_after = 300s,  // quiet markets send nothing for minutes
};

using TradeShape = Loose<Id<"id", &Trade::trade_id, kRequired>, Field<"price", &Trade::price>,
                         Field<"quantity", &Trade::quantity>, Field<"time", &Facts::time, kRfc3339>,
                         Field<"side", &Trade::side>>;

struct Change {
  std::optional<Side> side;
  Price price;
  Quantity quantity;
};
using ChangeShape = Loose<Field<"side", &Change::side>, Field<"price", &Change::price>,
                          Field<"quantity", &Change::quantity>>;

struct DayMessage : Ticker {
  std::optional<Timestamp> time;
};
using TickerShape =
    Loose<Field<"last", &Ticker::last_price>, Field<"low", &Ticker::low_price>,
          Field<"high", &Ticker::high_price>, Field<"base_volume", &Ticker::volume>,
          Field<"quote_volume", &Ticker::quote_volume>, Field<"time", &DayMessage::time, kRfc3339>>;

// All that was filtered of a market at a time. "reset": the first message of a subscription, with a
// whole book and with trades from before. Levels stand in no order.
struct MarketMessage : Refusal {
  std::optional<std::string_view> channel, symbol, status;
  std::optional<bool> reset;
  std::optional<Raw> whole;  // a book, where one was asked for
  RowList<Change> changes;
  RowList<Message<Trade>> trades;
  std::optional<DayMessage> day;
};
using MarketShape =
    Loose<Field<"channel", &MarketMessage::channel>, Field<"market_id", &MarketMessage::symbol>,
          Field<"status", &MarketMessage::status>, Id<"errorCode", &Refusal::code>,
          Field<"message", &Refusal::message>, Field<"order_books", &MarketMessage::whole>,
          Rows<"recent_trades", &MarketMessage::trades, TradeShape, kOptional>,
          Object<"ticker", &MarketMessage::day, TickerShape>,
          Field<"reset", &MarketMessage::reset>>;

struct InstrumentMessage : Message<InstrumentInfo> {
  std::optional<bool> closed;
};
using InstrumentShape =
    Loose<Field<"id", &Facts::symbol>, Field<"base_currency_id", &InstrumentInfo::base>,
          Field<"quote_currency_id", &InstrumentInfo::quote>,
          Field<"price_increment", &InstrumentInfo::tick_size>,
          Field<"quantity_precision", &InstrumentInfo::lot_size, kStepOfPlaces>,
          Field<"closed", &InstrumentMessage::closed>>;
using Listing = Batch<InstrumentMessage>;
using ListingShape = Loose<Rows<"data", &Listing::rows, InstrumentShape>>;
void send(InstrumentMessage& market, Output& out) {
  market.status = market.closed.value_or(false) ? "closed" : "trading";
  send<InstrumentInfo>(market, out);
}

class Probit final : public JsonDecoder<Probit> {
 public:
  using JsonDecoder::JsonDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<MarketShape>(frame, market_)) return Verdict::malformed;
    if (market_.code) {
      if (market_.symbol) answer(Condition::rejected, *market_.symbol, std::nullopt);
      return refuse(reading, market_);
    }
    if (market_.channel != "marketdata" || !market_.symbol) return Verdict::unknown;
    if (market_.whole && !in.template read_rows<ChangeShape>(market_.whole->json, market_.changes))
      return Verdict::malformed;
    if (!market_.whole) market_.changes.clear();
    if (!std::ranges::all_of(market_.changes,
                             [](const Change& each) { return each.side.has_value(); })) {
      reading.problem = "\"order_books\": a side that is neither buy nor sell";
      return Verdict::malformed;
    }
    if (market_.status.value_or("ok") != "ok") return Verdict::control;  // later
    hand_over(market_.reset.value_or(false), out);
    return Verdict::data;
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    MarketMessage refusal;
    if (in.template read<MarketShape>(body, refusal) && refusal.code)
      return problem = *refusal.code, Verdict::rejected;
    Listing listing;
    return read_one<ListingShape>(in, body, listing, out);
  }

  // "BTC-USDT".
  static std::optional<InstrumentInfo> derive(std::string_view symbol) {
    return pair_spelled(symbol, '-');
  }

 private:
  void hand_over(bool reset, Output& out) {
    const auto symbol = *market_.symbol;
    if (market_.whole && (reset || !market_.changes.empty())) {
      book_.symbol = symbol;
      book_.is_snapshot = reset;
      book_.clear_levels();
      for (const Change& change : market_.changes)
        book_.levels(*change.side).emplace_back(change.price, change.quantity);
      send(book_, out);
    }
    for (auto& trade : market_.trades) {
      trade.symbol = symbol;
      if (!reset) send(trade, out);  // else from before: not new
    }
    if (market_.day) out(symbol, market_.day->time, static_cast<const Ticker&>(*market_.day));
  }

  MarketMessage market_;  // scratch, as what follows
  Message<Book> book_;
};

}  // namespace

std::unique_ptr<Adapter> make_probit() {
  return std::make_unique<JsonVenue<Probit>>(kTraits);
}

}  // namespace mp::venue
