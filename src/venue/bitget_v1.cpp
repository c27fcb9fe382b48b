// Bitget v1, spot: the protocol before v2 and v3. Contracts ("mc") are read, not asked for.
// Source: https://bitgetlimited.github.io/apidoc/en/spot/
#include <array>

#include "venue/bitget.hpp"

namespace mp::venue {
namespace {

using namespace bitget;

constexpr std::string_view kRecorded = "recorded 2022-04-03";
constexpr std::array kRoutes = {
    Route{Channel::trade, R"({"instType":"SP","channel":"trade","instId":"{symbol}"})", kRecorded},
    Route{Channel::book, R"({"instType":"SP","channel":"books","instId":"{symbol}"})", kRecorded},
    Route{Channel::ticker, R"({"instType":"SP","channel":"ticker","instId":"{symbol}"})",
          kRecorded},
    Route{Channel::candle, R"({"instType":"SP","channel":"candle{interval}","instId":"{symbol}"})",
          kRecorded},
};
constexpr std::array kEndpoints = {
    Endpoint{.target = "/api/spot/v1/public/products",
             .evidence = kRecorded,
             .source = "spot, Get Symbols"},
};
constexpr std::array kIntervals = {
    Interval{"1m", "1m"},   Interval{"5m", "5m"}, Interval{"15m", "15m"},
    Interval{"30m", "30m"}, Interval{"1h", "1H"}, Interval{"4h", "4H"},
    Interval{"12h", "12H"}, Interval{"1d", "1D"}, Interval{"1w", "1W"},
};
constexpr Traits kTraits = {
    .name = "bitget-v1",
    .docs_url = "https://bitgetlimited.github.io/apidoc/en/spot/",
    .ws_url = "wss://ws.bitget.com",
    .path = "/spot/v1/stream",
    .rest_url = "https://api.bitget.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .intervals = kIntervals,
    .requests = {.subscribe = R"({"op":"subscribe","args":[{topics}]})",
                 .unsubscribe = R"({"op":"unsubscribe","args":[{topics}]})",
                 .source = "spot, WebSocket, Subscribe"},
    .ping = {.text = "ping",
             .every = 25s,
             .pace = PingPace::regular,
             .source = "spot, WebSocket, Connect"},
    .limits = {.topics_per_session = 49,
               .topics_per_request = 20,
               .requests = {4, 1s},
               .connects = {1, 1s},
               .rest_calls = {10, 1s},
               .source = "spot, WebSocket, Connect"},
    .book = {.start = BookStart::stream_snapshot, .checksum = BookChecksum::crc32_25},
    .book_source = "spot, Depth Channel: Checksum",
};

using TradeMessage = Message<Trade>;
using TradeRow = Row<cell<&Facts::time, kRequired>, &Trade::price, &Trade::quantity, &Trade::side>;

using TickerShape =
    Loose<Field<"instId", &Facts::symbol>, Field<"last", &Ticker::last_price>,
          Field<"open24h", &Ticker::open_price>, Field<"high24h", &Ticker::high_price>,
          Field<"low24h", &Ticker::low_price>, Field<"baseVolume", &Ticker::volume>,
          Field<"quoteVolume", &Ticker::quote_volume>, Field<"bestBid", &Ticker::bid_price>,
          Field<"bestAsk", &Ticker::ask_price>, Field<"capitalRate", &ContractFacts::funding_rate>,
          OneOf<Field<"nextSettleTime", &ContractFacts::next_funding>,
                Field<"nextFundingTime", &ContractFacts::next_funding>>,
          Field<"holding", &ContractFacts::open_interest>,
          Field<"markPrice", &ContractFacts::mark_price>,
          Field<"indexPrice", &ContractFacts::index_price>,
          OneOf<Field<"ts", &Facts::time>, Field<"systemTime", &Facts::time>>>;

using InstrumentMessage = Message<InstrumentInfo>;
using InstrumentShape =
    Loose<Field<"symbolName", &Facts::symbol>, Field<"baseCoin", &InstrumentInfo::base>,
          Field<"quoteCoin", &InstrumentInfo::quote>, Field<"status", &InstrumentInfo::status>,
          Field<"priceScale", &InstrumentInfo::tick_size, kStepOfPlaces>,
          Field<"quantityScale", &InstrumentInfo::lot_size, kStepOfPlaces>>;

class BitgetV1 final : public bitget::Decoder<BitgetV1> {
 public:
  using Decoder::Decoder;

  Verdict read_topic(auto& in, std::string_view topic, std::string_view frame, Output& out) {
    if (equals<"trade">(topic)) {
      return read_batch<TradeRow>(in, frame, trades_, [&](TradeMessage& trade) {
        trade.symbol = symbol();
        send(trade, out);
      });
    }
    if (!equals<"ticker">(topic)) return Verdict::unknown;
    return read_batch<TickerShape>(in, frame, tickers_,
                                   [&](TickerMessage& ticker) { send(ticker, out); });
  }

  static Verdict read_rest(const Traits&, auto& in, const RestCall&, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    Batch<InstrumentMessage> answer;
    const auto verdict = read_rest_answer<InstrumentShape>(in, body, answer, problem);
    if (verdict != Verdict::data) return verdict;
    for (InstrumentMessage& instrument : answer.rows) {
      if (instrument.status == "online") instrument.status = "trading";
      send(instrument, out);
    }
    return Verdict::data;
  }

 private:
  Batch<TradeMessage> trades_;  // scratch, as what follows
  Batch<TickerMessage> tickers_;
};

}  // namespace

std::unique_ptr<Adapter> make_bitget_v1() {
  return std::make_unique<JsonVenue<BitgetV1>>(kTraits);
}

}  // namespace mp::venue
