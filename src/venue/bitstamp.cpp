// Bitstamp, spot and perpetual futures. Source: https://www.bitstamp.net/websocket/v2/,
// https://www.bitstamp.net/api/
#include "venue/contract_facts.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

constexpr std::string_view kFunding = R"("funding_rate_{symbol}")";  // of perpetuals
constexpr std::array kRoutes = {
    Route{Channel::trade, R"("live_trades_{symbol}")", "recorded 2021-04-05"},
    Route{Channel::book, R"("diff_order_book_{symbol}")", "recorded 2021-04-05"},
    Route{Channel::funding, kFunding, "documented"},
    Route{Channel::mark_price, kFunding, "documented"},
    Route{Channel::index_price, kFunding, "documented"},
};
constexpr std::array kEndpoints = {
    Endpoint{.target = "/api/v2/trading-pairs-info/", .evidence = "pair gocryptotrader"},
    Endpoint{.kind = RestKind::snapshot,
             .target = "/api/v2/order_book/{symbol}/?group=1",
             .also = "/api/v2/order_book/{symbol}",
             .evidence = "recorded 2021-04-05"},
    Endpoint{.kind = RestKind::poll,
             .target = "/api/v2/ticker/{symbol}/",
             .channel = Channel::ticker,
             .every = 10s,
             .evidence = "documented"},
};
constexpr Traits kTraits = {
    .name = "bitstamp",
    .docs_url = "https://www.bitstamp.net/websocket/v2/",
    .ws_url = "wss://ws.bitstamp.net",
    .rest_url = "https://www.bitstamp.net",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .requests = {.subscribe = R"({"event":"bts:subscribe","data":{"channel":{topics}}})",
                 .unsubscribe = R"({"event":"bts:unsubscribe","data":{"channel":{topics}}})",
                 .source = "websocket/v2, Public channels, Subscriptions"},
    .ping = {.text = R"({"event":"bts:heartbeat"})",
             .every = 30s,
             .source = "websocket/v2, Heartbeat"},
    .limits = {.topics_per_session = 100,
               .topics_per_request = 1,
               .requests = {10, 1s},
               .rest_calls = {10, 1s},  // 400 in a second, 10,000 in ten minutes
               .session_lifetime = 2160h,
               .source = "websocket/v2, Maximum connection age; api, Request limits"},
    // Changes have no numbers: their microseconds tell which the snapshot holds already.
    .book = {.start = BookStart::rest_snapshot, .link = BookLink::none},
    .book_source = "websocket/v2, Live full order book",
};

struct Envelope {
  std::optional<std::string_view> event, channel;
  std::optional<Raw> data;
};
using EnvelopeShape = Loose<Field<"event", &Envelope::event>, Field<"channel", &Envelope::channel>,
                            Field<"data", &Envelope::data>>;

// Numbers come as texts too, which have all digits. In former times there was no side's number
// under that name, and no text.
struct TradeMessage : Message<Trade> {
  std::optional<Price> price_number;
  std::optional<Quantity> amount_number;
  std::optional<Price> price_text;
  std::optional<Quantity> amount_text;
};
using TradeShape = Loose<
    OneOf<Id<"id", &Trade::trade_id, kRequired>, Id<"id_str", &Trade::trade_id, kRequired>>,
    Field<"microtimestamp", &Facts::time, kRequired>, Field<"amount", &TradeMessage::amount_number>,
    Field<"amount_str", &TradeMessage::amount_text>, Field<"price", &TradeMessage::price_number>,
    Field<"price_str", &TradeMessage::price_text>,
    OneOf<Field<"type", &Trade::side, kSides<"0", "1">>,
          Field<"order_type", &Trade::side, kSides<"0", "1">>>>;

using BookMessage = Message<Book>;
using BookShape = Loose<Field<"microtimestamp", &Facts::time, kMicroseconds, kRequired>,
                        Field<"bids", &BookMessage::bid_levels, kOptional>,
                        Field<"asks", &BookMessage::ask_levels, kOptional>>;

using FundingShape = Loose<Field<"mark_price", &ContractFacts::mark_price>,
                           Field<"index_price", &ContractFacts::index_price>,
                           Field<"funding_rate", &ContractFacts::funding_rate>,
                           Field<"timestamp", &Facts::time, kSeconds>,
                           Field<"next_funding_time", &ContractFacts::next_funding, kSeconds>>;

using TickerShape = Loose<Field<"timestamp", &Facts::time, kSeconds, kRequired>,
                          Field<"last", &Ticker::last_price, kRequired>,
                          Field<"open_24", &Ticker::open_price>, Field<"high", &Ticker::high_price>,
                          Field<"low", &Ticker::low_price>, Field<"volume", &Ticker::volume>,
                          Field<"bid", &Ticker::bid_price>, Field<"ask", &Ticker::ask_price>>;

struct InstrumentMessage : Message<InstrumentInfo> {
  std::string_view name;
};
using InstrumentShape =
    Loose<Field<"url_symbol", &Facts::symbol>, Field<"name", &InstrumentMessage::name>,
          Field<"trading", &InstrumentInfo::status>,
          Field<"base_decimals", &InstrumentInfo::lot_size, kStepOfPlaces>,
          Field<"counter_decimals", &InstrumentInfo::tick_size, kStepOfPlaces>>;
void send(InstrumentMessage& message, Output& out) {
  const auto pair = pair_spelled(message.name, '/');
  if (!pair) return;
  message.base = pair->base;
  message.quote = pair->quote;
  if (constexpr std::string_view kMark = "-PERP"; message.quote.ends_with(kMark)) {
    message.quote.remove_suffix(kMark.size());
    message.kind = InstrumentKind::perpetual;
  }
  message.status = message.status == "Enabled" ? "trading" : "halted";
  send<InstrumentInfo>(message, out);
}

// "diff_order_book_btcusd"
struct ChannelName {
  std::string_view kind, symbol;
};
ChannelName channel_name(std::string_view channel) {
  for (const std::string_view kind :
       {"live_trades_", "diff_order_book_", "order_book_", "funding_rate_"}) {
    if (channel.starts_with(kind)) return {kind, channel.substr(kind.size())};
  }
  return {};
}

class Bitstamp final : public JsonDecoder<Bitstamp> {
 public:
  using JsonDecoder::JsonDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<EnvelopeShape>(frame, envelope_)) return Verdict::malformed;
    if (!envelope_.event) return Verdict::unknown;
    const auto event = *envelope_.event;
    const auto name = channel_name(envelope_.channel.value_or(""));
    const auto data = envelope_.data ? envelope_.data->json : std::string_view{"null"};
    if (equals<"data">(event)) return read_book(in, name, data, out);
    if (equals<"trade">(event) && equals<"live_trades_">(name.kind))
      return read_trade(in, name.symbol, data, out, reading);
    if (equals<"funding_rate_saved">(event) && equals<"funding_rate_">(name.kind)) {
      facts_.symbol = name.symbol;
      return read_one<FundingShape>(in, data, facts_, out);
    }
    if (!event.starts_with("bts:")) return Verdict::unknown;
    reading.reconnect_soon = event == "bts:request_reconnect";
    if (event == "bts:subscription_succeeded") {
      std::optional<Channel> channel;
      if (name.kind == "live_trades_") channel = Channel::trade;
      if (name.kind.ends_with("order_book_")) channel = Channel::book;
      if (name.kind == "funding_rate_") channel = Channel::funding;
      answer_shared(Condition::subscribed, name.symbol, channel);
    }
    if (event != "bts:error") return Verdict::control;
    if (!in.template read<RefusalShape>(data, refusal_)) return Verdict::malformed;
    return refuse(reading, refusal_.code.value_or(""), refusal_.message.value_or("an error"));
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall& call, std::string_view body,
                           Output& out, RestReading&, std::string&) {
    if (call.kind == RestKind::snapshot) {
      BookMessage book;
      if (!in.template read<BookShape>(body, book)) return Verdict::malformed;
      return send_book(book, call.symbol, true, out);
    }
    if (call.kind == RestKind::poll) {
      Message<Ticker> ticker;
      ticker.symbol = call.symbol;
      return read_one<TickerShape>(in, body, ticker, out);
    }
    RowList<InstrumentMessage> instruments;
    return read_all<InstrumentShape>(in, body, instruments, out);
  }

 private:
  Verdict read_trade(auto& in, std::string_view symbol, std::string_view data, Output& out,
                     Reading& reading) {
    if (!in.template read<TradeShape>(data, trade_)) return Verdict::malformed;
    const auto price = trade_.price_text ? trade_.price_text : trade_.price_number;
    const auto amount = trade_.amount_text ? trade_.amount_text : trade_.amount_number;
    if (!price || !amount) {
      reading.problem = R"("price" or "amount" is missing)";
      return Verdict::malformed;
    }
    trade_.symbol = symbol;
    trade_.price = *price;
    trade_.quantity = *amount;
    send<Trade>(trade_, out);
    return Verdict::data;
  }

  // Changes of the whole book, or whole books of 100 levels.
  Verdict read_book(auto& in, const ChannelName& name, std::string_view data, Output& out) {
    const bool whole = equals<"order_book_">(name.kind);
    if (!whole && !equals<"diff_order_book_">(name.kind)) return Verdict::unknown;
    BookMessage& book = whole ? whole_ : changes_;
    if (!in.template read<BookShape>(data, book)) return Verdict::malformed;
    if (whole) book.depth = 100;
    return send_book(book, name.symbol, whole, out);
  }

  static Verdict send_book(BookMessage& book, std::string_view symbol, bool whole, Output& out) {
    book.symbol = symbol;
    book.last_sequence = to_nanoseconds(*book.time) / 1000;
    book.is_snapshot = whole;
    send(book, out);
    return Verdict::data;
  }

  Envelope envelope_;  // scratch, as all that follows
  TradeMessage trade_;
  BookMessage changes_, whole_;
  Message<ContractFacts> facts_;
  Refusal refusal_;
};

}  // namespace

std::unique_ptr<Adapter> make_bitstamp() {
  return std::make_unique<JsonVenue<Bitstamp>>(kTraits);
}

}  // namespace mp::venue
