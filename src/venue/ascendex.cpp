// AscendEX (BitMax until 2021), spot: Pro API v1. Source:
// https://ascendex.github.io/ascendex-pro-api/
#include "venue/contract_facts.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

// A channel takes symbols behind a colon, between commas.
constexpr std::string_view kSymbol = "{symbol}";
constexpr std::array kRoutes = {
    Route{Channel::trade, kSymbol, "recorded 2021-04-05", "trades"},
    Route{Channel::quote, kSymbol, "documented", "bbo"},
    Route{Channel::book, kSymbol, "recorded 2021-04-05", "depth"},
    Route{Channel::candle, kSymbol, "documented", "bar:{interval}"},
};
constexpr std::array kEndpoints = {
    Endpoint{.target = "/api/pro/v1/cash/products",
             .evidence = "documented",
             .source = "ascendex-pro-api, Get Market Data, List all Products"},
    Endpoint{.kind = RestKind::poll,
             .target = "/api/pro/v1/spot/ticker?symbol={symbol}",
             .channel = Channel::ticker,
             .every = 60s,
             .evidence = "documented",
             .source = "ascendex-pro-api, Get Market Data, Ticker"},
};
constexpr std::array kIntervals = {
    Interval{"1m", "1"},    Interval{"5m", "5"},   Interval{"15m", "15"}, Interval{"30m", "30"},
    Interval{"1h", "60"},   Interval{"2h", "120"}, Interval{"4h", "240"}, Interval{"6h", "360"},
    Interval{"12h", "720"}, Interval{"1d", "1d"},  Interval{"1w", "1w"},  Interval{"1M", "1m"},
};
constexpr Traits kTraits = {
    .name = "ascendex",
    .docs_url = "https://ascendex.github.io/ascendex-pro-api/",
    .ws_url = "wss://ascendex.com",
    .path = "/0/api/pro/v1/stream",
    .rest_url = "https://ascendex.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    .requests = {.subscribe = R"({"op":"sub","id":"{id}","ch":"{group}:{topics}"})",
                 .unsubscribe = R"({"op":"unsub","id":"{id}","ch":"{group}:{topics}"})",
                 .snapshot = R"({"op":"req","id":"{id}","action":"depth-snapshot",)"
                             R"("args":{"symbol":"{symbol}"}})",
                 .source = "ascendex-pro-api, WebSocket, Subscribe to Channels; Data Request"},
    .ping = {},  // the venue asks, every 15 s
    .limits = {.topics_per_session = 400,
               .topics_per_request = 50,
               .requests = {5, 1s},
               .connects = {1, 1s},
               .rest_calls = {5, 1s},
               .source = "ascendex-pro-api, which names none for public data"},
    .book = {.start = BookStart::socket_snapshot, .link = BookLink::first, .snapshot_levels = 500},
    .book_source = "ascendex-pro-api, WebSocket, Level 2 Order Book Updates; Depth Snapshot",
};

struct Head {
  std::optional<std::string_view> kind;
};
using HeadShape = Shape<Field<"m", &Head::kind>, Rest>;

struct Notice {
  std::optional<std::int64_t> code;
  std::optional<std::string_view> request;
  std::optional<std::string_view> channel, reason, info;
};
using NoticeShape =
    Loose<Id<"id", &Notice::request>, Field<"ch", &Notice::channel>, Field<"code", &Notice::code>,
          Field<"reason", &Notice::reason>, Field<"info", &Notice::info>>;

using BookMessage = Message<Book>;
using TimeField = Field<"ts", &Facts::time, kRequired>;
using NumberField = Field<"seqnum", &Book::last_sequence, kRequired>;
using AsksField = Field<"asks", &BookMessage::ask_levels>;
using BidsField = Field<"bids", &BookMessage::bid_levels>;
using BookShape = Loose<Field<"symbol", &Facts::symbol>,
                        Inside<"data", TimeField, NumberField, AsksField, BidsField>>;
using BookDataShape = Loose<TimeField, NumberField, AsksField, BidsField>;

// Books come with a space where the scanner expects none, {"m":"depth","symbol":"BTC/USDT",
// "data":{...}}: what has just this form is taken apart here, for it.
struct Spaced {
  std::string_view symbol, data;
};
std::optional<Spaced> spaced(std::string_view frame) {
  constexpr std::string_view kKind = R"({"m":"depth)";
  constexpr std::string_view kName = R"(","symbol":")";
  constexpr std::string_view kData = R"(", "data":)";
  if (!frame.starts_with(kKind) || !frame.ends_with('}')) return std::nullopt;
  const auto name = frame.find(kName);
  if (name == std::string_view::npos) return std::nullopt;
  const auto data = frame.find(kData, name + kName.size());
  if (data == std::string_view::npos) return std::nullopt;
  const auto kind = frame.substr(kKind.size(), name - kKind.size());
  if (!equals<"", "-snapshot", "-realtime", "-snapshot-realtime">(kind)) return std::nullopt;
  Spaced parts{.symbol = frame.substr(0, data).substr(name + kName.size()),
               .data = frame.substr(data + kData.size())};
  parts.data.remove_suffix(1);
  if (parts.symbol.find_first_of("\"\\") != std::string_view::npos) return std::nullopt;
  return parts;
}

// Trades of one price and side may be one; the number of the last is what they have of an id.
using TradeShape =
    Loose<Field<"p", &Trade::price>, Field<"q", &Trade::quantity>, Field<"ts", &Facts::time>,
          Field<"bm", &Trade::side, kMakerIsBuyer>, Id<"seqnum", &Trade::trade_id, kRequired>>;
using Trades = Batch<Message<Trade>>;
using TradesShape =
    Loose<Field<"symbol", &Trades::symbol>, Rows<"data", &Trades::rows, TradeShape>>;

struct Best {
  std::optional<Price> price;
  std::optional<Quantity> quantity;
};
using BestShape = Row<&Best::price, &Best::quantity>;
struct BestMessage : Facts {
  std::optional<Best> bid, ask;
};
using QuoteShape =
    Loose<Field<"symbol", &Facts::symbol>, Inside<"data", Field<"ts", &Facts::time, kRequired>,
                                                  Object<"bid", &BestMessage::bid, BestShape>,
                                                  Object<"ask", &BestMessage::ask, BestShape>>>;
void send(BestMessage& best, Output& out) {
  drop_epoch(best.time);
  const Best bid = best.bid.value_or(Best{});
  const Best ask = best.ask.value_or(Best{});
  out(best.symbol, best.time, Quote{bid.price, bid.quantity, ask.price, ask.quantity, {}});
}

using CandleShape =
    Loose<OneOf<Field<"s", &Facts::symbol>, Field<"symbol", &Facts::symbol>>,
          Inside<"data", Field<"i", &Candle::interval>, Field<"ts", &Candle::open_time>,
                 Field<"o", &Candle::open>, Field<"c", &Candle::close>, Field<"h", &Candle::high>,
                 Field<"l", &Candle::low>, Field<"v", &Candle::volume, kRequired>>>;

// Facts of contracts, which are not asked for: funding, open interest, mark and index price.
struct ContractMessage : Message<ContractFacts> {
  std::optional<std::int64_t> interval;  // ms
};
using ContractShape =
    Loose<Field<"t", &Facts::time>, Field<"s", &Facts::symbol>,
          Field<"mp", &ContractFacts::mark_price>, Field<"ip", &ContractFacts::index_price>,
          Field<"oi", &ContractFacts::open_interest>, Field<"r", &ContractFacts::funding_rate>,
          Field<"f", &ContractFacts::next_funding>, Field<"fi", &ContractMessage::interval>>;
using Contracts = Batch<ContractMessage>;
using ContractsShape = Loose<Rows<"con", &Contracts::rows, ContractShape>>;

// Answers by REST.
using AnswerShape =
    Loose<Id<"code", &Refusal::code, kRequired>,
          OneOf<Field<"message", &Refusal::message>, Field<"reason", &Refusal::message>>>;
using InstrumentMessage = Message<InstrumentInfo>;
using InstrumentShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"statusCode", &InstrumentInfo::status>,
          Field<"tickSize", &InstrumentInfo::tick_size>,
          Field<"lotSize", &InstrumentInfo::lot_size>>;
using Listing = Batch<InstrumentMessage>;
using ListingShape = Loose<Rows<"data", &Listing::rows, InstrumentShape>>;
using TickerShape =
    Loose<Inside<"data", Field<"open", &Ticker::open_price>,
                 Field<"close", &Ticker::last_price, kRequired>, Field<"high", &Ticker::high_price>,
                 Field<"low", &Ticker::low_price>, Field<"volume", &Ticker::volume>>>;

std::optional<Channel> channel_of(std::string_view name) {
  if (equals<"depth">(name)) return Channel::book;
  if (equals<"trades">(name)) return Channel::trade;
  if (equals<"bbo">(name)) return Channel::quote;
  return equals<"bar">(name) ? std::optional{Channel::candle} : std::nullopt;
}

class Ascendex final : public JsonDecoder<Ascendex> {
 public:
  using JsonDecoder::JsonDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<HeadShape>(frame, head_)) return Verdict::malformed;
    if (!head_.kind) return Verdict::unknown;
    const auto kind = *head_.kind;
    if (equals<"depth", "depth-realtime">(kind)) return read_book(in, false, frame, out);
    if (equals<"trades">(kind)) return read_trades(in, frame, out);
    if (equals<"bbo">(kind)) return read_one<QuoteShape>(in, frame, best_, out);
    if (equals<"depth-snapshot", "depth-snapshot-realtime">(kind))
      return read_book(in, true, frame, out);
    if (equals<"bar">(kind)) {
      if (!in.template read<CandleShape>(frame, candle_)) return Verdict::malformed;
      candle_.interval = our_interval(traits(), candle_.interval);
      send(candle_, out);
      return Verdict::data;
    }
    if (equals<"futures-pricing-data">(kind)) {
      if (!in.template read<ContractsShape>(frame, contracts_)) return Verdict::malformed;
      return send_all(contracts_.rows, out, [](ContractMessage& each) {
        each.funding_hours = hours_of(each.interval, 3'600'000);
      });
    }
    return read_notice(in, kind, frame, reading);
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall& call, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    Refusal answer;
    if (!in.template read<AnswerShape>(body, answer)) return Verdict::malformed;
    if (answer.code != "0") return problem = answer.message.value_or("refused"), Verdict::rejected;
    if (call.kind == RestKind::poll) {
      Message<Ticker> ticker;
      ticker.symbol = call.symbol;
      return read_one<TickerShape>(in, body, ticker, out);
    }
    Listing listing;
    if (!in.template read<ListingShape>(body, listing)) return Verdict::malformed;
    for (const InstrumentMessage& each : listing.rows) {
      auto info = derive(each.symbol);
      if (!info) continue;
      info->tick_size = each.tick_size;
      info->lot_size = each.lot_size;
      info->status = each.status == "Normal" ? "trading" : each.status;
      out(each.symbol, std::nullopt, *info);
    }
    return Verdict::data;
  }

  // "BTC/USDT".
  static std::optional<InstrumentInfo> derive(std::string_view symbol) {
    return pair_spelled(symbol, '/');
  }

 private:
  Verdict read_trades(auto& in, std::string_view frame, Output& out) {
    if (!in.template read<TradesShape>(frame, trades_)) return Verdict::malformed;
    return send_all(trades_.rows, out, [this](Message<Trade>& trade) {
      trade.symbol = trades_.symbol;
      drop_epoch(trade.time);
    });
  }

  Verdict read_book(auto& in, bool whole, std::string_view frame, Output& out) {
    if (const auto parts = spaced(frame);
        parts && in.template read<BookDataShape>(parts->data, book_)) {
      book_.symbol = parts->symbol;
    } else if (!in.template read<BookShape>(frame, book_)) {
      return Verdict::malformed;
    }
    drop_epoch(book_.time);
    book_.is_snapshot = whole;
    book_.first_sequence = whole ? std::nullopt : book_.last_sequence;
    send(book_, out);
    return Verdict::data;
  }

  Verdict read_notice(auto& in, std::string_view kind, std::string_view frame, Reading& reading) {
    if (equals<"ping">(kind)) {
      reading.reply = reply_buffer().append(R"({"op":"pong"})");
      return Verdict::control;
    }
    if (!equals<"connected", "sub", "unsub", "pong", "error", "disconnected">(kind))
      return Verdict::unknown;
    if (!in.template read<NoticeShape>(frame, notice_)) return Verdict::malformed;
    reading.reconnect_soon = equals<"disconnected">(kind);
    if (equals<"error", "disconnected">(kind) || notice_.code.value_or(0) != 0) {
      reading.answers = request_number(notice_.request);
      return refuse(reading, notice_.reason.value_or(kind), notice_.info.value_or(""));
    }
    // "depth:BTC/USDT", "bar:1:BTC/USDT".
    const auto name = notice_.channel.value_or("");
    const auto symbol = name.substr(name.rfind(':') + 1);
    if (equals<"sub">(kind) && symbol.size() < name.size())
      answer(Condition::subscribed, symbol, channel_of(name.substr(0, name.find(':'))));
    return Verdict::control;
  }

  Head head_;  // scratch, as what follows
  Notice notice_;
  BookMessage book_;
  Trades trades_;
  BestMessage best_;
  Message<Candle> candle_;
  Contracts contracts_;
};

}  // namespace

std::unique_ptr<Adapter> make_ascendex() {
  return std::make_unique<JsonVenue<Ascendex>>(kTraits);
}

}  // namespace mp::venue
