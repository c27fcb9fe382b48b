// KuCoin futures, in coins and in USDT or USDC. Source: https://www.kucoin.com/docs-new/
#include "venue/contract_facts.hpp"
#include "venue/kucoin.hpp"
#include "venue/ticker_quote.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes
using namespace kucoin;

constexpr std::array kRoutes = {
    Route{Channel::trade, "{symbol}", "pair crypto-msg-parser", "/contractMarket/execution:"},
    Route{Channel::quote, "{symbol}", "pair kucoin.net", "/contractMarket/tickerV2:"},
    Route{Channel::book, "{symbol}", "pair crypto-msg-parser", "/contractMarket/level2:"},
    Route{Channel::ticker, "{symbol}", "pair fixtures", "/contractMarket/snapshot:"},
    Route{Channel::candle, "{symbol}_{interval}", "documented", "/contractMarket/limitCandle:"},
    Route{Channel::funding, "{symbol}", "pair fixtures", "/contract/instrument:"},
    Route{Channel::mark_price, "{symbol}", "pair kucoin.net", "/contract/instrument:"},
    Route{Channel::index_price, "{symbol}", "pair kucoin.net", "/contract/instrument:"},
};
constexpr std::array kEndpoints = {
    Endpoint{.target = "/api/v1/contracts/active", .weight = 3, .evidence = "pair kucoin.net"},
    Endpoint{.kind = RestKind::snapshot,
             .target = "/api/v1/level2/snapshot?symbol={symbol}",
             .weight = 3,
             .evidence = "pair crypto-msg-parser"},
    Endpoint{.kind = RestKind::poll,
             .target = "/api/v1/contracts/{symbol}",
             .channel = Channel::open_interest,
             .every = 60s,
             .weight = 3,
             .evidence = "documented"},
    kToken,
};
constexpr std::array kIntervals = {
    Interval{"1m", "1min"},   Interval{"5m", "5min"},  Interval{"15m", "15min"},
    Interval{"30m", "30min"}, Interval{"1h", "1hour"}, Interval{"2h", "2hour"},
    Interval{"4h", "4hour"},  Interval{"8h", "8hour"}, Interval{"12h", "12hour"},
    Interval{"1d", "1day"},   Interval{"1w", "1week"},
};
constexpr Traits kTraits = {
    .name = "kucoin-futures",
    .docs_url = "https://www.kucoin.com/docs-new/",
    .ws_url = "wss://ws-api-futures.kucoin.com",
    .rest_url = "https://api-futures.kucoin.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    .requests = kRequests,
    .ping = kPing,
    .limits = kLimits,
    .book = {.start = BookStart::rest_snapshot, .link = BookLink::first},
    .book_source = "Futures, Public channels, Orderbook - Increment",
};

using TradeShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"side", &Trade::side>,
          Field<"size", &Trade::quantity>, Field<"price", &Trade::price>,
          Id<"tradeId", &Trade::trade_id, kRequired>, Field<"ts", &Facts::time, kRequired>>;

using BookMessage = Message<Book>;
struct Change {
  Side side = Side::buy;
  Price price;
  Quantity quantity;
};
struct ChangeMessage : BookMessage {
  Change change;
};
struct ChangeText {  // "price,side,size"
  static bool convert(const Scalar& scalar, Change& out) {
    const auto part = parts_of(scalar.text, ',');
    if (scalar.kind != ScalarKind::string || part.count != 3) return false;
    const auto price = parse_decimal(part[0]);
    const auto quantity = parse_decimal(part[2]);
    if (!price || !quantity || (part[1] != "buy" && part[1] != "sell")) return false;
    out = {part[1] == "buy" ? Side::buy : Side::sell, Price{*price}, Quantity{*quantity}};
    return true;
  }
};
inline constexpr ChangeText kChangeText{};
using ChangeShape = Loose<Field<"sequence", &Book::last_sequence, kRequired>,
                          Field<"change", &ChangeMessage::change, kChangeText>,
                          Field<"timestamp", &Facts::time, kRequired>>;
// Whole books, by REST too. Their times are nanoseconds or milliseconds, under either name.
struct WholeBook : BookMessage {
  std::optional<Timestamp> sent;
};
using WholeShape = Loose<Field<"sequence", &Book::last_sequence>,
                         Field<"asks", &BookMessage::ask_levels, kOptional>,
                         Field<"bids", &BookMessage::bid_levels, kOptional>,
                         Field<"ts", &Facts::time>, Field<"timestamp", &WholeBook::sent>>;

using QuoteShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"sequence", &Quote::sequence>,
          Field<"bestBidPrice", &Quote::bid_price>, Field<"bestBidSize", &Quote::bid_quantity>,
          Field<"bestAskPrice", &Quote::ask_price>, Field<"bestAskSize", &Quote::ask_quantity>,
          Field<"ts", &Facts::time, kRequired>>;
using TickerShape =
    Loose<Field<"lastPrice", &Ticker::last_price>, Field<"price24HoursBefore", &Ticker::open_price>,
          Field<"highPrice", &Ticker::high_price>, Field<"lowPrice", &Ticker::low_price>,
          Field<"volume", &Ticker::volume>, Field<"turnover", &Ticker::quote_volume>,
          Field<"ts", &Facts::time, kRequired>>;

// Close stands before high. The sixth is wrong, says the venue; the seventh counts contracts.
using CandleShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"time", &Facts::time>,
          Object<"candles", &CandleMessage::candle,
                 Row<cell<&Candle::open_time, kSeconds>, &Candle::open, &Candle::close,
                     &Candle::high, &Candle::low, kPass, cell<&Candle::volume, kRequired>>>>;

using PricesShape = Loose<Field<"markPrice", &ContractFacts::mark_price>,
                          Field<"indexPrice", &ContractFacts::index_price>,
                          Field<"timestamp", &Facts::time, kRequired>>;
struct FundingMessage : Message<Funding> {
  std::optional<std::int64_t> granularity;  // ms; a minute where the rate is still an estimate
};
using FundingShape =
    Loose<Field<"fundingRate", &Funding::rate>, Field<"granularity", &FundingMessage::granularity>,
          Field<"timestamp", &Facts::time, kRequired>>;
using InterestShape = Loose<Field<"openInterest", &OpenInterest::quantity>>;

struct InstrumentMessage : Message<InstrumentInfo> {
  std::string_view state;
  std::optional<Decimal> multiplier;
};
using InstrumentShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"baseCurrency", &InstrumentInfo::base>,
          Field<"quoteCurrency", &InstrumentInfo::quote>,
          Field<"settleCurrency", &InstrumentInfo::settle>,
          Field<"tickSize", &InstrumentInfo::tick_size>,
          Field<"lotSize", &InstrumentInfo::lot_size>,
          Field<"multiplier", &InstrumentMessage::multiplier>,
          Field<"expireDate", &InstrumentInfo::expiry>, Field<"status", &InstrumentMessage::state>>;
void send(const InstrumentMessage& message, Output& out) {
  InstrumentInfo info = message;
  if (info.base == "XBT") info.base = "BTC";
  if (info.settle == "XBT") info.settle = "BTC";
  if (info.expiry) {
    info.kind = InstrumentKind::future;
  } else {
    info.kind = InstrumentKind::perpetual;
  }
  if (auto size = message.multiplier) {  // -1 of contracts of one dollar
    if (size->mantissa < 0) size->mantissa = -size->mantissa;
    info.contract_size = Quantity{*size};
  }
  const std::string state = lower_case(message.state);
  info.status = state;
  if (state == "open") info.status = "trading";
  if (state == "paused") info.status = "halted";
  out(message.symbol, std::nullopt, info);
}

class KucoinFutures final : public KucoinDecoder<KucoinFutures> {
 public:
  using KucoinDecoder::KucoinDecoder;

  Verdict read_message(auto& in, const Envelope& envelope, const TopicName& name,
                       std::string_view data, Output& out) {
    const auto kind = name.kind;
    if (equals<"/contractMarket/level2">(kind)) return read_change(in, name.symbol, data, out);
    if (equals<"/contractMarket/execution">(kind))
      return read_one<TradeShape>(in, data, trade_, out);
    if (equals<"/contractMarket/tickerV2", "/contractMarket/ticker">(kind))
      return read_one<QuoteShape>(in, data, quote_, out);
    if (const auto depth = number_after(kind, "/contractMarket/level2Depth")) {
      if (!in.template read<WholeShape>(data, whole_)) return Verdict::malformed;
      whole_.depth = depth;
      return send_whole(whole_, name.symbol, out);
    }
    if (equals<"/contract/instrument">(kind))
      return read_instrument(in, envelope.subject.value_or(""), name.symbol, data, out);
    if (equals<"/contractMarket/limitCandle">(kind))
      return read_candle<CandleShape>(in, name, data, out);
    if (equals<"/contractMarket/snapshot">(kind)) {
      if (!in.template read<TickerShape>(data, ticker_)) return Verdict::malformed;
      // Of contracts that are settled in a coin the turnover counts the coin.
      const bool linear = name.symbol.find("USDT") != std::string_view::npos ||
                          name.symbol.find("USDC") != std::string_view::npos;
      if (!linear) ticker_.quote_volume.reset();
      ticker_.symbol = name.symbol;
      send(ticker_, out);
      return Verdict::data;
    }
    return kind == "/contract/announcement" ? Verdict::control : Verdict::unknown;
  }

  static Verdict read_rest_answer(auto& in, const RestCall& call, std::string_view data,
                                  Output& out) {
    if (call.kind == RestKind::snapshot) {
      WholeBook book;
      if (!in.template read<WholeShape>(data, book) || !book.last_sequence)
        return Verdict::malformed;
      return send_whole(book, call.symbol, out);
    }
    if (call.kind == RestKind::poll) {
      Message<OpenInterest> interest;
      interest.symbol = call.symbol;
      return read_one<InterestShape>(in, data, interest, out);
    }
    RowList<InstrumentMessage> instruments;
    return read_all<InstrumentShape>(in, data, instruments, out);
  }

 private:
  static Verdict send_whole(WholeBook& book, std::string_view symbol, Output& out) {
    book.symbol = symbol;
    book.is_snapshot = true;
    if (!book.time) book.time = book.sent;
    send(static_cast<const BookMessage&>(book), out);
    return Verdict::data;
  }

  Verdict read_change(auto& in, std::string_view symbol, std::string_view data, Output& out) {
    if (!in.template read<ChangeShape>(data, change_)) return Verdict::malformed;
    const Change& change = change_.change;
    change_.symbol = symbol;
    change_.clear_levels();
    if (!change.price.decimal.is_zero())
      change_.levels(change.side).emplace_back(change.price, change.quantity);
    send(static_cast<const BookMessage&>(change_), out);
    return Verdict::data;
  }

  Verdict read_instrument(auto& in, std::string_view subject, std::string_view symbol,
                          std::string_view data, Output& out) {
    if (subject == "mark.index.price") {
      prices_.symbol = symbol;
      return read_one<PricesShape>(in, data, prices_, out);
    }
    if (subject != "funding.rate") return Verdict::unknown;
    if (!in.template read<FundingShape>(data, funding_)) return Verdict::malformed;
    funding_.symbol = symbol;
    funding_.interval_hours = hours_of(funding_.granularity, 3'600'000);
    send<Funding>(funding_, out);
    return Verdict::data;
  }

  Message<Trade> trade_;  // scratch, as all that follows
  ChangeMessage change_;
  WholeBook whole_;
  QuoteOfZeros quote_;
  Message<Ticker> ticker_;
  Message<ContractFacts> prices_;
  FundingMessage funding_;
};

}  // namespace

std::unique_ptr<Adapter> make_kucoin_futures() {
  return std::make_unique<JsonVenue<KucoinFutures>>(kTraits);
}

}  // namespace mp::venue
