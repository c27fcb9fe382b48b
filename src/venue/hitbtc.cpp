// HitBTC, API v3: spot and perpetuals. Source: https://api.hitbtc.com/
#include <set>

#include "venue/members.hpp"
#include "venue/support.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

constexpr std::string_view kSymbol = R"("{symbol}")";
constexpr std::array kRoutes = {
    Route{Channel::trade, kSymbol, "documented", "trades"},
    Route{Channel::quote, kSymbol, "documented", "orderbook/top/100ms"},
    Route{Channel::book, kSymbol, "documented", "orderbook/full"},
    Route{Channel::ticker, kSymbol, "documented", "ticker/1s"},
    Route{Channel::candle, kSymbol, "documented", "candles/{interval}"},
};
constexpr std::array kEndpoints = {
    Endpoint{.target = "/api/3/public/symbol",
             .evidence = "documented",
             .source = "api.hitbtc.com, Market Data, Symbols"},
};
constexpr std::array kIntervals = {
    Interval{"1m", "M1"},   Interval{"3m", "M3"}, Interval{"5m", "M5"}, Interval{"15m", "M15"},
    Interval{"30m", "M30"}, Interval{"1h", "H1"}, Interval{"4h", "H4"}, Interval{"1d", "D1"},
    Interval{"1w", "D7"},   Interval{"1M", "1M"},
};
constexpr Traits kTraits = {
    .name = "hitbtc",
    .docs_url = "https://api.hitbtc.com/",
    .ws_url = "wss://api.hitbtc.com",
    .path = "/api/3/ws/public",
    .rest_url = "https://api.hitbtc.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    .requests = {.subscribe = R"({"method":"subscribe","ch":"{group}",)"
                              R"("params":{"symbols":[{topics}]},"id":{id}})",
                 .unsubscribe = R"({"method":"unsubscribe","ch":"{group}",)"
                                R"("params":{"symbols":[{topics}]},"id":{id}})",
                 .source = "api.hitbtc.com, WebSocket Market Data, Request Object"},
    .ping = {},  // the venue does, every 30 s
    .limits = {.topics_per_session = 400,
               .topics_per_request = 50,
               .requests = {10, 1s},
               .connects = {1, 1s},
               .rest_calls = {10, 1s},  // 30
               .source = "api.hitbtc.com, Rate Limits, which names none for the socket"},
    .book = {.start = BookStart::stream_snapshot, .link = BookLink::first},
    .book_source = "api.hitbtc.com, WebSocket Market Data, Subscribe to Full Order Book",
};

struct Subscribed {
  std::optional<std::string_view> channel;
  std::vector<std::string_view> symbols;
};
// Data are objects by symbol: whole, changes, or neither.
struct Envelope {
  std::optional<std::string_view> channel;
  std::optional<Raw> snapshot, update, data;
  std::optional<Subscribed> result;
  std::optional<Refusal> error;
  std::optional<std::string_view> request;
};
using SubscribedShape = Loose<Field<"ch", &Subscribed::channel>,
                              Field<"subscriptions", &Subscribed::symbols, kOptional>>;
using EnvelopeShape =
    Loose<Field<"ch", &Envelope::channel>, Field<"snapshot", &Envelope::snapshot>,
          Field<"update", &Envelope::update>, Field<"data", &Envelope::data>,
          Object<"result", &Envelope::result, SubscribedShape>,
          Object<"error", &Envelope::error, RefusalShape>, Id<"id", &Envelope::request>>;

using BookMessage = Message<Book>;
using BookShape = Loose<Field<"t", &Facts::time>, Field<"s", &Book::last_sequence, kRequired>,
                        Field<"a", &BookMessage::ask_levels>, Field<"b", &BookMessage::bid_levels>>;
using TradeShape =
    Loose<Field<"t", &Facts::time>, Id<"i", &Trade::trade_id, kRequired>, Field<"p", &Trade::price>,
          Field<"q", &Trade::quantity>, Field<"s", &Trade::side>>;
using CandleShape =
    Loose<Field<"t", &Candle::open_time>, Field<"o", &Candle::open>, Field<"c", &Candle::close>,
          Field<"h", &Candle::high>, Field<"l", &Candle::low>,
          Field<"v", &Candle::volume, kRequired>, Field<"q", &Candle::quote_volume>>;
using TickerShape =
    Loose<Field<"t", &Facts::time>, Field<"a", &Ticker::ask_price>, Field<"b", &Ticker::bid_price>,
          Field<"c", &Ticker::last_price>, Field<"o", &Ticker::open_price>,
          Field<"h", &Ticker::high_price>, Field<"l", &Ticker::low_price>,
          Field<"v", &Ticker::volume>, Field<"q", &Ticker::quote_volume>>;
using QuoteShape =
    Loose<Field<"t", &Facts::time>, Field<"a", &Quote::ask_price>, Field<"A", &Quote::ask_quantity>,
          Field<"b", &Quote::bid_price>, Field<"B", &Quote::bid_quantity>>;

struct InstrumentMessage : Message<InstrumentInfo> {
  std::optional<std::string_view> type, contract, base_currency, underlying;
};
using InstrumentShape =
    Loose<Field<"type", &InstrumentMessage::type>,
          Field<"contract_type", &InstrumentMessage::contract>,
          Field<"expiry", &InstrumentInfo::expiry, kRfc3339>,
          Field<"underlying", &InstrumentMessage::underlying>,
          Field<"base_currency", &InstrumentMessage::base_currency>,
          Field<"quote_currency", &InstrumentInfo::quote>, Field<"status", &InstrumentInfo::status>,
          Field<"quantity_increment", &InstrumentInfo::lot_size>,
          Field<"tick_size", &InstrumentInfo::tick_size>>;
using ProblemShape = Loose<Inside<"error", Field<"message", &Refusal::message>>>;  // by REST
void send(InstrumentMessage& info, Output& out) {
  const auto type = info.type.value_or("spot");
  if (type == "futures") {
    info.kind = info.expiry ? InstrumentKind::future : InstrumentKind::perpetual;
    info.settle = info.quote;
  } else if (type != "spot") {
    return;  // of a kind that we do not know
  }
  const auto base = info.base_currency ? info.base_currency : info.underlying;
  if (!base) return;
  info.base = *base;
  info.status = info.status == "working" ? "trading" : info.status;
  send<InstrumentInfo>(info, out);
}

std::optional<Channel> channel_of(std::string_view name) {
  if (name == "trades") return Channel::trade;
  if (name == "orderbook/full") return Channel::book;
  if (name.starts_with("orderbook/top/")) return Channel::quote;
  if (name.starts_with("candles/")) return Channel::candle;
  return name.starts_with("ticker/") ? std::optional{Channel::ticker} : std::nullopt;
}

class Hitbtc final : public JsonDecoder<Hitbtc> {
 public:
  using JsonDecoder::JsonDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<EnvelopeShape>(frame, envelope_)) return Verdict::malformed;
    if (!envelope_.channel) return read_answer(reading);
    const auto channel = channel_of(*envelope_.channel);
    const bool whole = envelope_.snapshot.has_value();
    const auto& data = whole              ? envelope_.snapshot
                       : envelope_.update ? envelope_.update
                                          : envelope_.data;
    if (!channel || !data) return Verdict::unknown;
    if (!members_of(data->json, members_)) {
      reading.problem = "the data are no object by symbol";
      return Verdict::malformed;
    }
    // A key that is no symbol of the session says something that we do not know.
    std::erase_if(members_, [&](const JsonMember& member) {
      return !subscribed_.empty() && !subscribed_.contains(member.key);
    });
    switch (*channel) {
      case Channel::book:
        return read_messages<BookShape>(in, books_, out, [&](BookMessage& book) {
          book.is_snapshot = whole;
          book.first_sequence = whole ? std::nullopt : book.last_sequence;
        });
      case Channel::trade:
        return read_lists<TradeShape>(in, trades_, whole, out);  // whole: from before, not new
      case Channel::candle:
        return read_lists<CandleShape>(in, candles_, false, out);
      case Channel::quote:
        return read_messages<QuoteShape>(in, quotes_, out, [](auto&) {});
      default:
        return read_messages<TickerShape>(in, tickers_, out, [](auto&) {});
    }
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    if (read_problem<ProblemShape>(in, body, problem) == Verdict::rejected)
      return Verdict::rejected;
    std::vector<JsonMember> members;
    if (!members_of(body, members) || members.empty()) return Verdict::malformed;
    RowList<InstrumentMessage> symbols;
    if (!read_members<InstrumentShape>(in, members, symbols)) return Verdict::malformed;
    return send_all(symbols, out);
  }

 private:
  Verdict read_answer(Reading& reading) {
    if (envelope_.error) {
      reading.answers = request_number(envelope_.request);
      return refuse(reading, *envelope_.error);
    }
    if (!envelope_.result) return Verdict::unknown;
    const auto channel = channel_of(envelope_.result->channel.value_or(""));
    for (const auto symbol : envelope_.result->symbols) {
      answer(Condition::subscribed, symbol, channel);
      if (subscribed_.size() < kSymbolsMax) subscribed_.emplace(symbol);
    }
    return Verdict::control;
  }

  // A message for each symbol.
  template <class S, class M, class Amend>
  Verdict read_messages(auto& in, RowList<M>& rows, Output& out, Amend&& amend) {
    if (!read_members<S>(in, members_, rows)) return Verdict::malformed;
    return send_all(rows, out, amend);
  }

  // A list of messages for each symbol.
  template <class S, class M>
  Verdict read_lists(auto& in, RowList<RowList<M>>& lists, bool old, Output& out) {
    lists.clear();
    for (const auto& member : members_)
      if (!in.template read_rows<S>(member.json, lists.next())) return Verdict::malformed;
    if (old) return Verdict::data;
    const auto word = envelope_.channel->substr(envelope_.channel->find('/') + 1);
    for (std::size_t i = 0; auto& list : lists) {
      for (M& message : list) {
        message.symbol = members_[i].key;
        if constexpr (requires { message.interval; })
          message.interval = our_interval(traits(), word);
        send(message, out);
      }
      ++i;
    }
    return Verdict::data;
  }

  static constexpr std::size_t kSymbolsMax = 65'536;
  std::set<std::string, std::less<>> subscribed_;  // what the session was told
  Envelope envelope_;                              // scratch, as what follows
  std::vector<JsonMember> members_;
  RowList<BookMessage> books_;
  RowList<Message<Ticker>> tickers_;
  RowList<Message<Quote>> quotes_;
  RowList<RowList<Message<Trade>>> trades_;
  RowList<RowList<Message<Candle>>> candles_;
};

}  // namespace

std::unique_ptr<Adapter> make_hitbtc() {
  return std::make_unique<JsonVenue<Hitbtc>>(kTraits);
}

}  // namespace mp::venue
