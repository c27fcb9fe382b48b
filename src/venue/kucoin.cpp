// KuCoin spot. Source: https://www.kucoin.com/docs-new/
#include "venue/kucoin.hpp"

#include "venue/ticker_quote.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes
using namespace kucoin;

constexpr std::array kRoutes = {
    Route{Channel::trade, "{symbol}", "recorded 2021-04-23", "/market/match:"},
    Route{Channel::quote, "{symbol}", "recorded 2021-04-23", "/market/ticker:"},
    Route{Channel::book, "{symbol}", "recorded 2021-04-25", "/market/level2:"},
    Route{Channel::ticker, "{symbol}", "pair kucoin.net", "/market/snapshot:"},
    Route{Channel::candle, "{symbol}_{interval}", "recorded 2021-04-25", "/market/candles:"},
};
// Without a key there is a snapshot of 100 levels only: beyond them the book is not known. Changes
// of every price as they happen are worth more than whole books of 50 levels ten times a second.
constexpr std::array kEndpoints = {
    Endpoint{.target = "/api/v2/symbols",
             .weight = 4,
             .also = "/api/v1/symbols",
             .evidence = "recorded 2021-04-25"},
    Endpoint{.kind = RestKind::snapshot,
             .target = "/api/v1/market/orderbook/level2_100?symbol={symbol}",
             .weight = 4,
             .also = "/api/v3/market/orderbook/level2",
             .evidence = "recorded 2021-04-25"},
    kToken,
};
constexpr std::array kIntervals = {
    Interval{"1m", "1min"},   Interval{"3m", "3min"},    Interval{"5m", "5min"},
    Interval{"15m", "15min"}, Interval{"30m", "30min"},  Interval{"1h", "1hour"},
    Interval{"2h", "2hour"},  Interval{"4h", "4hour"},   Interval{"6h", "6hour"},
    Interval{"8h", "8hour"},  Interval{"12h", "12hour"}, Interval{"1d", "1day"},
    Interval{"1w", "1week"},  Interval{"1M", "1month"},
};
constexpr Traits kTraits = {
    .name = "kucoin",
    .docs_url = "https://www.kucoin.com/docs-new/",
    .ws_url = "wss://ws-api-spot.kucoin.com",
    .rest_url = "https://api.kucoin.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    .requests = kRequests,
    .ping = kPing,
    .limits = kLimits,
    .book = {.start = BookStart::rest_snapshot, .link = BookLink::first, .snapshot_levels = 100},
    .book_source = "Spot, Public channels, Orderbook - Increment",
};

using TradeShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"side", &Trade::side>,
          Field<"size", &Trade::quantity>, Field<"price", &Trade::price>,
          Field<"time", &Facts::time, kRequired>, Id<"tradeId", &Trade::trade_id, kRequired>>;

using BookMessage = Message<Book>;
// Each level has a number of its own behind the quantity. A price of 0 changes nothing.
using ChangesShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"sequenceStart", &Book::first_sequence, kRequired>,
          Field<"sequenceEnd", &Book::last_sequence, kRequired>, Field<"time", &Facts::time>,
          Inside<"changes", Field<"asks", &BookMessage::ask_levels, kOptional>,
                 Field<"bids", &BookMessage::bid_levels, kOptional>>>;
using DepthShape = Loose<Field<"asks", &BookMessage::ask_levels, kOptional>,
                         Field<"bids", &BookMessage::bid_levels, kOptional>,
                         Field<"timestamp", &Facts::time, kRequired>>;
using SnapshotShape =
    Loose<Field<"time", &Facts::time>, Field<"sequence", &Book::last_sequence, kRequired>,
          Field<"bids", &BookMessage::bid_levels>, Field<"asks", &BookMessage::ask_levels>>;

using QuoteShape =
    Loose<Field<"sequence", &Quote::sequence, kRequired>, Field<"bestAsk", &Quote::ask_price>,
          Field<"bestAskSize", &Quote::ask_quantity>, Field<"bestBid", &Quote::bid_price>,
          Field<"bestBidSize", &Quote::bid_quantity>, Field<"time", &Facts::time>>;
struct BestMessage {
  std::optional<Timestamp> time;
  std::optional<Best> bid, ask;
};
using BestShape = Row<&Best::price, &Best::quantity>;
using BestsShape = Loose<Object<"asks", &BestMessage::ask, BestShape>,
                         Object<"bids", &BestMessage::bid, BestShape>,
                         Field<"timestamp", &BestMessage::time, kRequired>>;

using TickerShape =
    Loose<Inside<"data", Field<"symbol", &Facts::symbol>, Field<"datetime", &Facts::time>,
                 Field<"lastTradedPrice", &Ticker::last_price>, Field<"open", &Ticker::open_price>,
                 Field<"high", &Ticker::high_price>, Field<"low", &Ticker::low_price>,
                 Field<"vol", &Ticker::volume>, Field<"volValue", &Ticker::quote_volume>,
                 Field<"buy", &Ticker::bid_price>, Field<"sell", &Ticker::ask_price>>>;

// Close stands before high.
using CandleShape = Loose<
    Field<"symbol", &Facts::symbol>, Field<"time", &Facts::time>,
    Object<"candles", &CandleMessage::candle,
           Row<cell<&Candle::open_time, kSeconds>, &Candle::open, &Candle::close, &Candle::high,
               &Candle::low, cell<&Candle::volume, kRequired>, &Candle::quote_volume>>>;

template <class Body>
using IndicatorShape = Loose<Field<"symbol", &Facts::symbol>, Field<"value", &Body::price>,
                             Field<"timestamp", &Facts::time, kRequired>>;

struct InstrumentMessage : Message<InstrumentInfo> {
  bool trading = false;
};
using InstrumentShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"baseCurrency", &InstrumentInfo::base>,
          Field<"quoteCurrency", &InstrumentInfo::quote>,
          Field<"priceIncrement", &InstrumentInfo::tick_size>,
          Field<"baseIncrement", &InstrumentInfo::lot_size>,
          Field<"enableTrading", &InstrumentMessage::trading>>;

class Kucoin final : public KucoinDecoder<Kucoin> {
 public:
  using KucoinDecoder::KucoinDecoder;

  Verdict read_message(auto& in, const Envelope& envelope, const TopicName& name,
                       std::string_view data, Output& out) {
    const auto kind = name.kind;
    if (equals<"/market/level2">(kind)) return read_changes(in, data, out);
    if (equals<"/market/match">(kind)) return read_one<TradeShape>(in, data, trade_, out);
    if (equals<"/market/ticker">(kind)) {
      // Of all symbols: the subject tells which.
      quote_.symbol = name.symbol == "all" ? envelope.subject.value_or("") : name.symbol;
      return read_one<QuoteShape>(in, data, quote_, out);
    }
    if (equals<"/spotMarket/level1">(kind)) return read_best(in, name.symbol, data, out);
    if (const auto depth = number_after(kind, "/spotMarket/level2Depth")) {
      depth_.symbol = name.symbol;
      depth_.is_snapshot = true;
      depth_.depth = depth;
      return read_one<DepthShape>(in, data, depth_, out);
    }
    if (equals<"/market/snapshot">(kind)) return read_one<TickerShape>(in, data, ticker_, out);
    if (equals<"/market/candles">(kind)) return read_candle<CandleShape>(in, name, data, out);
    if (equals<"/indicator/index">(kind))
      return read_one<IndicatorShape<IndexPrice>>(in, data, index_, out);
    if (equals<"/indicator/markPrice">(kind))
      return read_one<IndicatorShape<MarkPrice>>(in, data, mark_, out);
    return Verdict::unknown;
  }

  static Verdict read_rest_answer(auto& in, const RestCall& call, std::string_view data,
                                  Output& out) {
    if (call.kind == RestKind::snapshot) {
      BookMessage book;
      book.symbol = call.symbol;
      book.is_snapshot = true;
      return read_one<SnapshotShape>(in, data, book, out);
    }
    RowList<InstrumentMessage> instruments;
    return read_all<InstrumentShape>(in, data, instruments, out, [](InstrumentMessage& each) {
      each.status = each.trading ? "trading" : "halted";
    });
  }

  // BTC-USDT.
  static std::optional<InstrumentInfo> derive(std::string_view symbol) {
    return pair_spelled(symbol, '-');
  }

 private:
  Verdict read_changes(auto& in, std::string_view data, Output& out) {
    if (!in.template read<ChangesShape>(data, changes_)) return Verdict::malformed;
    changes_.drop_levels([](const Level& level) { return level.price_mantissa == 0; });
    send(changes_, out);
    return Verdict::data;
  }

  Verdict read_best(auto& in, std::string_view symbol, std::string_view data, Output& out) {
    if (!in.template read<BestsShape>(data, best_)) return Verdict::malformed;
    auto bid = best_.bid.value_or(Best{});
    auto ask = best_.ask.value_or(Best{});
    drop_zeros(bid.price, bid.quantity);
    drop_zeros(ask.price, ask.quantity);
    out(symbol, best_.time,
        Quote{.bid_price = bid.price,
              .bid_quantity = bid.quantity,
              .ask_price = ask.price,
              .ask_quantity = ask.quantity,
              .sequence = {}});
    return Verdict::data;
  }

  Message<Trade> trade_;  // scratch, as all that follows
  BookMessage changes_, depth_;
  QuoteOfZeros quote_;
  BestMessage best_;
  Message<Ticker> ticker_;
  Message<IndexPrice> index_;
  Message<MarkPrice> mark_;
};

}  // namespace

std::unique_ptr<Adapter> make_kucoin() {
  return std::make_unique<JsonVenue<Kucoin>>(kTraits);
}

}  // namespace mp::venue
