// HTX (Huobi) spot. Source: https://www.htx.com/en-us/opend/newApiPages/
#include "venue/htx.hpp"

#include "venue/ticker_quote.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes
using namespace htx;

constexpr std::array kRoutes = {
    Route{Channel::trade, R"("market.{symbol}.trade.detail")", "recorded 2021-04-17"},
    Route{Channel::quote, R"("market.{symbol}.bbo")", "pair tardis"},
    Route{Channel::book, R"("market.{symbol}.mbp.400")", "pair tardis", {}, "/feed"},
    Route{Channel::ticker, R"("market.{symbol}.detail")", "pair htx.net"},
    Route{Channel::candle, R"("market.{symbol}.kline.{interval}")", "documented"},
};
constexpr std::array kEndpoints = {
    Endpoint{.target = "/v1/common/symbols", .evidence = "recorded 2021-04-17"},
};
constexpr Traits kTraits = {
    .name = "htx",
    .docs_url = "https://www.htx.com/en-us/opend/newApiPages/",
    .ws_url = "wss://api.huobi.pro",
    .path = "/ws",
    .rest_url = "https://api.huobi.pro",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    .requests = {.subscribe = R"({"sub":{topics},"id":"{id}"})",
                 .unsubscribe = R"({"unsub":{topics},"id":"{id}"})",
                 .snapshot = R"({"req":"market.{symbol}.mbp.400","id":"{id}"})",
                 .source = "Spot, Websocket Market Data, Data Format"},
    .ping = {},  // the venue pings, every 5 s
    .limits = {.topics_per_session = 100,
               .topics_per_request = 1,
               .requests = {10, 1s},
               .rest_calls = {10, 1s},
               .source = "Spot, Websocket Market Data; Rate Limiting Rule"},
    .book = {.start = BookStart::socket_snapshot, .link = BookLink::previous, .depth_max = 400},
    .book_source = "Spot, Market By Price (incremental update)",
    .stale_after = 20s,
};

// Changes, and whole books of a few levels. A side that did not change is left out, or null.
using PricesShape = Loose<Field<"ts", &BookMessage::sent, kRequired>,
                          Inside<"tick", Field<"seqNum", &Book::last_sequence, kRequired>,
                                 Field<"prevSeqNum", &Book::previous_sequence>,
                                 Field<"bids", &BookMessage::bid_levels, kOptional>,
                                 Field<"asks", &BookMessage::ask_levels, kOptional>>>;
// The answer to our {"req":...}.
using SnapshotShape = Loose<Field<"ts", &BookMessage::sent>,
                            Inside<"data", Field<"seqNum", &Book::last_sequence, kRequired>,
                                   Field<"bids", &BookMessage::bid_levels, kOptional>,
                                   Field<"asks", &BookMessage::ask_levels, kOptional>>>;

using QuoteShape = Loose<
    Inside<"tick", Field<"seqId", &Quote::sequence>, Field<"bid", &Quote::bid_price>,
           Field<"bidSize", &Quote::bid_quantity>, Field<"ask", &Quote::ask_price>,
           Field<"askSize", &Quote::ask_quantity>, Field<"quoteTime", &Facts::time, kRequired>>>;

// "detail" has no best prices, "ticker" has.
using TickerShape =
    Loose<Field<"ts", &Facts::time, kRequired>,
          Inside<"tick", Field<"close", &Ticker::last_price, kRequired>,
                 Field<"open", &Ticker::open_price>, Field<"high", &Ticker::high_price>,
                 Field<"low", &Ticker::low_price>, Field<"amount", &Ticker::volume>,
                 Field<"vol", &Ticker::quote_volume>, Field<"bid", &Ticker::bid_price>,
                 Field<"ask", &Ticker::ask_price>>>;

// All symbols in one message, also those that were never traded.
struct TickersRow : Message<Ticker> {};
using TickersMessage = Batch<TickersRow>;
using TickersShape =
    Loose<Field<"ts", &TickersMessage::time, kRequired>,
          Rows<"data", &TickersMessage::rows,
               Loose<Field<"symbol", &Facts::symbol>, Field<"close", &Ticker::last_price>,
                     Field<"open", &Ticker::open_price>, Field<"high", &Ticker::high_price>,
                     Field<"low", &Ticker::low_price>, Field<"amount", &Ticker::volume>,
                     Field<"vol", &Ticker::quote_volume>, Field<"bid", &Ticker::bid_price>,
                     Field<"ask", &Ticker::ask_price>>>>;
void send(const TickersRow& ticker, Output& out) {
  if (ticker.last_price) send<Ticker>(ticker, out);
}

using CandleShape =
    Loose<Field<"ts", &Facts::time, kRequired>,
          Inside<"tick", Field<"id", &Candle::open_time, kSeconds>, Field<"open", &Candle::open>,
                 Field<"high", &Candle::high>, Field<"low", &Candle::low>,
                 Field<"close", &Candle::close>, Field<"amount", &Candle::volume, kRequired>,
                 Field<"vol", &Candle::quote_volume>, Field<"count", &Candle::trades>>>;

struct InstrumentMessage : Message<InstrumentInfo> {};
using Listing = Batch<InstrumentMessage>;
using InstrumentShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"base-currency", &InstrumentInfo::base>,
          Field<"quote-currency", &InstrumentInfo::quote>, Field<"state", &InstrumentInfo::status>,
          Field<"price-precision", &InstrumentInfo::tick_size, kStepOfPlaces>,
          Field<"amount-precision", &InstrumentInfo::lot_size, kStepOfPlaces>>;
using ListingShape =
    Loose<Field<"status", &Listing::code, kRequired>, Field<"err-msg", &Listing::words>,
          Rows<"data", &Listing::rows, InstrumentShape, kOptional>>;

void send(const InstrumentMessage& message, Output& out) {
  InstrumentInfo info = message;
  const std::string base = upper_case(info.base);
  const std::string quote = upper_case(info.quote);
  info.base = base;
  info.quote = quote;
  if (info.status == "online") info.status = "trading";
  if (info.status == "suspend") info.status = "halted";
  out(message.symbol, std::nullopt, info);
}

class Htx final : public HtxDecoder<Htx> {
 public:
  using HtxDecoder::HtxDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<FirstShape>(frame, first_)) return Verdict::malformed;
    if (first_.channel == "market.tickers") return read_tickers(in, frame, out);
    if (first_.channel) return read_channel(in, channel_name(*first_.channel), frame, out);
    if (!in.template read<HeadShape>(frame, head_)) return Verdict::malformed;
    if (!head_.reply || head_.status == "error") return read_notice(head_, reading);
    if (!channel_name(*head_.reply).kind.starts_with("mbp.")) return Verdict::unknown;
    if (!head_.data) return Verdict::control;  // null: the venue has no book yet
    if (!in.template read<SnapshotShape>(frame, book_)) return Verdict::malformed;
    reading.answers = request_number(head_.request);
    book_.symbol = channel_name(*head_.reply).symbol;
    book_.time.reset();
    book_.previous_sequence.reset();
    book_.depth.reset();
    book_.is_snapshot = true;
    send(book_, out);
    return Verdict::data;
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    Listing listing;
    if (!in.template read<ListingShape>(body, listing)) return Verdict::malformed;
    if (is_refusal(listing, "ok", problem)) return Verdict::rejected;
    return send_all(listing.rows, out);
  }

 private:
  Verdict read_channel(auto& in, const ChannelName& name, std::string_view frame, Output& out) {
    const auto kind = name.kind;
    if (kind.starts_with("mbp.")) return read_prices(in, name, frame, out);
    if (equals<"trade.detail">(kind)) return read_trades(in, frame, name.symbol, out);
    quote_.symbol = ticker_.symbol = candle_.symbol = name.symbol;
    if (equals<"bbo">(kind)) return read_one<QuoteShape>(in, frame, quote_, out);
    if (equals<"detail", "ticker">(kind)) return read_one<TickerShape>(in, frame, ticker_, out);
    if (const auto step = number_after(kind, "depth.step"))
      return read_depth(in, frame, name.symbol, *step == 0 ? 150 : 20, out);
    if (!kind.starts_with("kline.")) return Verdict::unknown;
    candle_.interval = our_interval(traits(), kind.substr(6));
    return read_one<CandleShape>(in, frame, candle_, out);
  }

  // "mbp.400", formerly "mbp.150": changes of the main book. "mbp.5" to "mbp.20": changes of
  // smaller ones. "mbp.refresh.20": whole books.
  Verdict read_prices(auto& in, const ChannelName& name, std::string_view frame, Output& out) {
    const auto refreshed = number_after(name.kind, "mbp.refresh.");
    const auto levels = refreshed ? refreshed : number_after(name.kind, "mbp.");
    book_.symbol = name.symbol;
    book_.time.reset();
    book_.is_snapshot = refreshed.has_value();
    book_.depth = levels;
    if (!refreshed && (levels == 400 || levels == 150)) book_.depth.reset();
    return read_one<PricesShape>(in, frame, book_, out);
  }

  Verdict read_tickers(auto& in, std::string_view frame, Output& out) {
    if (!in.template read<TickersShape>(frame, tickers_)) return Verdict::malformed;
    return send_all(tickers_.rows, out, [this](auto& each) { each.time = tickers_.time; });
  }

  First first_;  // scratch, as all that follows
  Head head_;
  BookMessage book_;
  QuoteOfZeros quote_;
  Message<Ticker> ticker_;
  TickersMessage tickers_;
  Message<Candle> candle_;
};

}  // namespace

std::unique_ptr<Adapter> make_htx() {
  return std::make_unique<JsonVenue<Htx>>(kTraits);
}

}  // namespace mp::venue
