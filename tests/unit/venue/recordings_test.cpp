// Whole recorded sessions of real venues: every frame is decoded, and every event is compared with
// one that a second, plain reader (simdjson's DOM) spells from the same frame.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <map>

#include "venue/rest.hpp"
#include "venue_testing.hpp"

namespace mp::venue {
namespace {

namespace dom = simdjson::dom;
using testing::Collector;

std::string text(dom::element value) {
  if (value.is_null()) return "null";
  if (value.is_string()) {
    const std::string_view content = value.get_string();
    return content.empty() ? "null" : "\"" + std::string{content} + "\"";
  }
  return simdjson::minify(value);
}

std::string nanoseconds(dom::element millis) {
  std::string digits = text(millis);
  std::erase(digits, '"');
  return digits + "000000";
}

std::string levels(dom::element side) {
  std::string out = "[";
  for (dom::element level : side.get_array()) {
    if (out.size() > 1) out += ",";
    out += "[" + text(level.at(0)) + "," + text(level.at(1)) + "]";
  }
  return out + "]";
}

std::string head(std::string_view type, std::string_view venue, dom::element symbol,
                 const std::string& ts_event, std::string_view ts_recv) {
  return "{\"type\":\"" + std::string{type} + "\",\"venue\":\"" + std::string{venue} +
         "\",\"symbol\":" + text(symbol) + ",\"instrument\":null,\"ts_event\":" + ts_event +
         ",\"ts_recv\":" + std::string{ts_recv} + ",\"seq\":0";
}

// What the one event of a frame of a Binance market must look like. Futures have a time of the
// matching engine in all of them, and COIN-M's candles count the base currency.
std::string binance_event(dom::element frame, std::string_view venue, std::string_view ts_recv) {
  const dom::element d = frame["data"];
  const auto has = [&](const char* key) { return d[key].error() == simdjson::SUCCESS; };
  const std::string event = has("e") ? text(d["e"]) : "";
  const bool futures = venue == "binance-usdm" || venue == "binance-coinm";
  const auto start = [&](std::string_view type, const std::string& ts) {
    return head(type, venue, d["s"], ts, ts_recv);
  };
  if (event == "\"trade\"" || event == "\"aggTrade\"") {
    const bool maker = d["m"];
    return start("trade", nanoseconds(d["T"])) + ",\"trade_id\":\"" +
           text(has("t") ? d["t"] : d["a"]) + "\",\"price\":" + text(d["p"]) +
           ",\"quantity\":" + text(d["q"]) + ",\"side\":\"" + (maker ? "sell" : "buy") + "\"";
  }
  if (event == "\"depthUpdate\"") {
    return start("book", nanoseconds(futures ? d["T"] : d["E"])) +
           ",\"is_snapshot\":false,\"depth\":null,\"first_sequence\":" + text(d["U"]) +
           ",\"last_sequence\":" + text(d["u"]) +
           ",\"previous_sequence\":" + (futures ? text(d["pu"]) : "null") +
           ",\"checksum\":null,\"known_bid\":null,\"known_ask\":null,\"bids\":" + levels(d["b"]) +
           ",\"asks\":" + levels(d["a"]);
  }
  if (event == "\"kline\"") {
    const dom::element k = d["k"];
    return start("candle", nanoseconds(d["E"])) + ",\"interval\":" + text(k["i"]) +
           ",\"open_time\":" + nanoseconds(k["t"]) + ",\"close_time\":" + nanoseconds(k["T"]) +
           ",\"open\":" + text(k["o"]) + ",\"high\":" + text(k["h"]) + ",\"low\":" + text(k["l"]) +
           ",\"close\":" + text(k["c"]) + ",\"volume\":" + text(k["v"]) +
           ",\"quote_volume\":" + text(k["q"]) + ",\"trades\":" + text(k["n"]) +
           ",\"is_closed\":" + text(k["x"]);
  }
  return start("quote", futures ? nanoseconds(d["T"]) : "null") + ",\"bid_price\":" + text(d["b"]) +
         ",\"bid_quantity\":" + text(d["B"]) + ",\"ask_price\":" + text(d["a"]) +
         ",\"ask_quantity\":" + text(d["A"]) + ",\"sequence\":" + text(d["u"]);
}

// The same for OKX. Every data frame of the recording has one row, and every other one
// acknowledges a subscription.
std::string okx_event(dom::element frame, std::string_view venue, std::string_view ts_recv) {
  const std::string channel = text(frame["arg"]["channel"]);
  if (frame["event"].error() == simdjson::SUCCESS) {
    const bool book = channel == "\"books-l2-tbt\"";  // not the one that is asked for today
    const std::string ours = channel == "\"trades\"" ? "\"trade\"" : "\"ticker\"";
    return head("status", venue, frame["arg"]["instId"], "null", ts_recv) +
           ",\"condition\":\"subscribed\",\"channel\":" + (book ? "null" : ours) +
           ",\"reason\":\"\",\"from_sequence\":null,\"to_sequence\":null,\"missing\":null,"
           "\"since\":null";
  }
  const dom::element d = frame["data"].at(0);
  const auto start = [&](std::string_view type) {
    return head(type, venue, frame["arg"]["instId"], nanoseconds(d["ts"]), ts_recv);
  };
  if (channel == "\"trades\"") {
    return start("trade") + ",\"trade_id\":" + text(d["tradeId"]) + ",\"price\":" + text(d["px"]) +
           ",\"quantity\":" + text(d["sz"]) + ",\"side\":" + text(d["side"]);
  }
  if (channel == "\"tickers\"") {
    const bool spot = text(d["instType"]) == "\"SPOT\"";
    return start("ticker") + ",\"last_price\":" + text(d["last"]) +
           ",\"open_price\":" + text(d["open24h"]) + ",\"high_price\":" + text(d["high24h"]) +
           ",\"low_price\":" + text(d["low24h"]) + ",\"volume\":" + text(d["vol24h"]) +
           ",\"quote_volume\":" + (spot ? text(d["volCcy24h"]) : "null") +
           ",\"bid_price\":" + text(d["bidPx"]) + ",\"ask_price\":" + text(d["askPx"]);
  }
  return start("book") +
         ",\"is_snapshot\":" + (text(frame["action"]) == "\"snapshot\"" ? "true" : "false") +
         ",\"depth\":400" +
         ",\"first_sequence\":null,\"last_sequence\":null,\"previous_sequence\":null" +
         ",\"checksum\":" + text(d["checksum"]) +
         ",\"known_bid\":null,\"known_ask\":null,\"bids\":" + levels(d["bids"]) +
         ",\"asks\":" + levels(d["asks"]);
}

struct Session {
  std::string_view venue;
  std::string_view folder;
  std::string (*expected)(dom::element frame, std::string_view venue, std::string_view ts_recv);
  std::map<Channel, std::size_t> counts;  // over all recordings of the folder, counted by a script
};

void decode_session(const Session& session, const Adapter& adapter, std::string_view recording,
                    std::map<Channel, std::size_t>& counts,
                    std::map<Channel, std::size_t>& unusual) {
  dom::parser parser;
  codec::ExactReader reader;
  const auto decoder = adapter.decoder();
  constexpr auto kReceived = from_nanoseconds(1'700'000'000'123'456'789);
  for (const auto& raw : testing::lines_of(recording)) {
    reader.restart();
    testing::RecordedLine line;
    ASSERT_TRUE(reader.read<testing::RecordedShape>(raw, line)) << reader.problem();
    Collector collector;
    if (line.kind == "http") {
      const auto call = identify(adapter, line.url.value_or(""));
      ASSERT_TRUE(call) << *line.url;
      RestReading answer;
      const auto read = adapter.read_rest(*call, *line.data, kReceived, collector, answer);
      ASSERT_TRUE(read.ok()) << read.error().message;
      EXPECT_FALSE(collector.lines.empty());
    }
    if (line.kind != "recv") continue;
    const Reading reading = decoder->read(*line.data, kReceived, collector);
    const std::string expected =
        session.expected(parser.parse(*line.data), session.venue, "1700000000123456789");
    const bool answer = expected.starts_with(R"({"type":"status")");
    ASSERT_EQ(reading.verdict, answer ? Verdict::control : Verdict::data)
        << *line.data << reading.problem;
    ASSERT_EQ(collector.lines, std::vector{expected}) << *line.data;
    if (answer) continue;
    for (std::size_t channel = 0; channel < kChannelCount; ++channel) {
      if (collector.counts[channel] == 0) continue;
      counts[static_cast<Channel>(channel)] += 1;
      unusual[static_cast<Channel>(channel)] += reading.unusual ? 1 : 0;
    }
  }
}

TEST(Recordings, every_event_is_what_a_plain_reader_spells) {
  const auto data = testing::shared_data();
  if (data.empty()) GTEST_SKIP() << "no recordings: set MP_SHARED_DATA to their folder";
  const std::vector<Session> sessions = {
      {"binance",
       "binance_spot",
       &binance_event,
       {{Channel::trade, 21'172},
        {Channel::quote, 78'994},
        {Channel::book, 11'750},
        {Channel::candle, 17}}},
      {"binance-us",
       "binance_us",
       &binance_event,
       {{Channel::trade, 21}, {Channel::quote, 699}, {Channel::book, 1168}, {Channel::candle, 3}}},
      {"binance-usdm",
       "binance_usdm",
       &binance_event,
       {{Channel::trade, 21'498},
        {Channel::quote, 68'048},
        {Channel::book, 7'567},
        {Channel::candle, 99}}},
      {"binance-coinm",
       "binance_coinm",
       &binance_event,
       {{Channel::trade, 1'863}, {Channel::quote, 22'894}, {Channel::book, 25'338}}},
      {"okx",
       "okx",
       &okx_event,
       {{Channel::trade, 19}, {Channel::book, 3'679}, {Channel::ticker, 19}}},
  };
  for (const auto& session : sessions) {
    SCOPED_TRACE(session.venue);
    const auto adapter = make_adapter(session.venue);
    ASSERT_NE(adapter, nullptr);
    std::map<Channel, std::size_t> counts;
    std::map<Channel, std::size_t> unusual;
    for (const auto& file : std::filesystem::directory_iterator(data / session.folder)) {
      SCOPED_TRACE(file.path());
      decode_session(session, *adapter, testing::read_file(file.path()), counts, unusual);
      if (HasFatalFailure()) return;
    }
    EXPECT_EQ(counts, session.counts);
    for (const auto& [channel, slow] : unusual) {
      EXPECT_LE(slow * 100, counts[channel])
          << name_of(channel) << ": the shape's order is not the venue's";
    }
  }
}

}  // namespace
}  // namespace mp::venue
