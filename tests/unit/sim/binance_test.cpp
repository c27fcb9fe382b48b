#include <gmock/gmock.h>

#include "unit/sim/decode.hpp"

namespace mp::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr Timestamp kStart = from_nanoseconds(1'795'000'000'000'000'000);

struct Venue {
  explicit Venue(std::uint64_t seed = 7, VenueOptions options = {})
      : exchange(make_exchange("binance", seed, kStart, options)) {}

  std::vector<Frame> ask(std::string_view text) {
    std::vector<Frame> out;
    exchange->receive(1, text, now, out);
    return out;
  }
  // One step of 5 ms with `wanted` messages.
  std::vector<Frame> step(std::size_t wanted) {
    now += 5ms;
    std::vector<Frame> out;
    exchange->advance(now, wanted, out);
    return out;
  }
  Entry snapshot(std::string_view limit = "5000") {
    const HttpAnswer answer =
        exchange->http("/api/v3/depth?symbol=BTCUSDT&limit=" + std::string(limit), now);
    EXPECT_EQ(answer.status, 200U);
    const Document document(answer.body);
    Entry seen;
    seen.is_snapshot = true;
    seen.channel = Channel::book;
    seen.last_sequence = integer_at(document.root(), "lastUpdateId");
    seen.bids = levels_in(document.root()["bids"].value());
    seen.asks = levels_in(document.root()["asks"].value());
    EXPECT_TRUE(answer.entry.has_value());
    if (answer.entry) expect_same(*answer.entry, seen);
    return seen;
  }

  std::unique_ptr<Exchange> exchange;
  Timestamp now = kStart;
};

TEST(SimBinance, acknowledges_as_the_venue_does) {
  Venue venue;
  ASSERT_TRUE(venue.exchange->connect(1, "/ws"));
  EXPECT_EQ(venue.ask(R"({"method":"SUBSCRIBE","params":["btcusdt@trade","nosuch@trade"],"id":1})")
                .at(0)
                .text,
            R"({"result":null,"id":1})");
  EXPECT_EQ(venue.ask(R"({"method":"LIST_SUBSCRIPTIONS","id":3})").at(0).text,
            R"({"result":["btcusdt@trade","nosuch@trade"],"id":3})");
  EXPECT_EQ(venue.ask(R"({"method":"UNSUBSCRIBE","params":["btcusdt@trade"],"id":312})").at(0).text,
            R"({"result":null,"id":312})");
  EXPECT_EQ(venue.ask(R"({"method":"LIST_SUBSCRIPTIONS","id":4})").at(0).text,
            R"({"result":["nosuch@trade"],"id":4})");
}

TEST(SimBinance, refuses_what_it_cannot_read) {
  Venue venue;
  ASSERT_TRUE(venue.exchange->connect(1, "/stream"));
  EXPECT_THAT(venue.ask("{nonsense").at(0).text, HasSubstr(R"({"error":{"code":3,)"));
  const std::string unknown = venue.ask(R"({"method":"FOO","params":[],"id":9})").at(0).text;
  EXPECT_THAT(unknown,
              HasSubstr(R"({"error":{"code":2,"msg":"Invalid request: unknown variant `FOO`)"));
  EXPECT_THAT(unknown, HasSubstr(R"(},"id":9})"));
  EXPECT_THAT(venue.ask(R"({"method":"SUBSCRIBE","id":10})").at(0).text, HasSubstr("`params`"));
  EXPECT_THAT(venue.ask(R"({"method":"SUBSCRIBE","params":[],"id":"x"})").at(0).text,
              HasSubstr("unsigned integer"));
}

TEST(SimBinance, has_three_kinds_of_paths) {
  Venue venue;
  EXPECT_TRUE(venue.exchange->connect(1, "/stream?streams=btcusdt@trade/ethusdt@bookTicker"));
  EXPECT_TRUE(venue.exchange->connect(2, "/ws/btcusdt@trade"));
  EXPECT_TRUE(venue.exchange->connect(3, "/ws"));
  EXPECT_FALSE(venue.exchange->connect(4, "/nothing"));
  bool combined = false;
  bool raw = false;
  for (int i = 0; i < 20; ++i) {
    for (const Frame& frame : venue.step(20)) {
      EXPECT_NE(frame.connection, 3U);
      const bool has_envelope = frame.text.starts_with(R"({"stream":")");
      EXPECT_EQ(has_envelope, frame.connection == 1);
      combined = combined || has_envelope;
      raw = raw || frame.text.starts_with(R"({"e":"trade","E":)");
    }
  }
  EXPECT_TRUE(combined);
  EXPECT_TRUE(raw);
}

TEST(SimBinance, every_frame_says_what_its_entry_says) {
  Venue venue;
  ASSERT_TRUE(venue.exchange->connect(1, "/stream"));
  venue.ask(
      R"({"method":"SUBSCRIBE","params":["btcusdt@trade","btcusdt@bookTicker","btcusdt@depth",)"
      R"("btcusdt@depth@100ms","btcusdt@ticker","btcusdt@kline_1m","xrpusdt@trade",)"
      R"("xrpusdt@bookTicker","xrpusdt@depth@100ms","xrpusdt@ticker"],"id":1})");
  std::map<Channel, int> seen;
  for (int i = 0; i < 13'000; ++i) {  // 65 s: a minute ends
    for (const Frame& frame : venue.step(1)) {
      const auto received = decode_binance(frame.text);
      ASSERT_EQ(received.size(), 1U);
      ASSERT_EQ(frame.entries.size(), 1U);
      expect_same(frame.entries[0], received[0]);
      ++seen[received[0].channel];
      if (received[0].channel == Channel::quote) {
        EXPECT_LT(received[0].values[0], received[0].values[2]);
      }
    }
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(seen[Channel::trade], 1000);
  EXPECT_GT(seen[Channel::quote], 1000);
  EXPECT_GT(seen[Channel::book], 600);
  EXPECT_GE(seen[Channel::ticker], 65 * 2);
  EXPECT_GE(seen[Channel::candle], 33);  // every 2 s, and the end of the minute
}

TEST(SimBinance, numbers_have_eight_decimals_and_keys_the_venues_order) {
  Venue venue;
  ASSERT_TRUE(venue.exchange->connect(1, "/ws/btcusdt@bookTicker/btcusdt@trade"));
  std::string quote;
  std::string trade;
  for (int i = 0; i < 50; ++i) {
    for (const Frame& frame : venue.step(10)) (frame.text[2] == 'u' ? quote : trade) = frame.text;
  }
  EXPECT_THAT(quote,
              testing::MatchesRegex(
                  "\\{\"u\":[0-9]+,\"s\":\"BTCUSDT\",\"b\":\"[0-9]+[.][0-9]{8}\",\"B\":\"[0-9]+[.]["
                  "0-9]{8}\",\"a\":\"[0-9]+[.][0-9]{8}\",\"A\":\"[0-9]+[.][0-9]{8}\"\\}"));
  EXPECT_THAT(
      trade,
      testing::MatchesRegex(
          "\\{\"e\":\"trade\",\"E\":[0-9]{13},\"s\":\"BTCUSDT\",\"t\":[0-9]+,\"p\":\"[0-9]+[.][0-9]"
          "{8}\",\"q\":\"[0-9]+[.][0-9]{8}\",\"T\":[0-9]{13},\"m\":(true|false),\"M\":true\\}"));
}

// The documented procedure, followed to the letter by a naive client.
TEST(SimBinance, snapshot_and_updates_rebuild_the_book) {
  Venue venue;
  ASSERT_TRUE(venue.exchange->connect(1, "/ws/btcusdt@depth@100ms"));
  std::vector<Entry> events;
  const auto collect = [&](const std::vector<Frame>& frames) {
    for (const Frame& frame : frames) {
      for (const Entry& entry : decode_binance(frame.text)) events.push_back(entry);
    }
  };
  for (int i = 0; i < 210; ++i) collect(venue.step(5));
  const Entry start = venue.snapshot();  // between two events
  for (int i = 0; i < 2000; ++i) collect(venue.step(5));
  while (venue.now.time_since_epoch() % 100ms != 0ms) collect(venue.step(0));
  const Entry end = venue.snapshot();

  ReferenceBook book;
  book.apply(start);
  std::int64_t last = *start.last_sequence;
  bool snapshot_lay_inside = false;
  ASSERT_GT(events.size(), 100U);
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i > 0) {
      ASSERT_EQ(*events[i].first_sequence, *events[i - 1].last_sequence + 1);
    }
    if (*events[i].last_sequence <= last) continue;
    ASSERT_LE(*events[i].first_sequence, last + 1);
    snapshot_lay_inside |= *events[i].first_sequence <= last;
    book.apply(events[i]);
    last = *events[i].last_sequence;
  }
  EXPECT_TRUE(snapshot_lay_inside);
  ASSERT_EQ(last, *end.last_sequence);
  ReferenceBook truth;
  truth.apply(end);
  EXPECT_EQ(book.bids, truth.bids);
  EXPECT_EQ(book.asks, truth.asks);
  EXPECT_GT(truth.bids.size(), 900U);
  EXPECT_GT(truth.asks.size(), 900U);
  EXPECT_LT(truth.bids.rbegin()->first, truth.asks.begin()->first);
}

TEST(SimBinance, is_deterministic) {
  const auto run = [](std::uint64_t seed) {
    Venue venue(seed);
    EXPECT_TRUE(venue.exchange->connect(
        1, "/stream?streams=btcusdt@trade/ethusdt@depth@100ms/solusdt@bookTicker/xrpusdt@ticker"));
    std::string all;
    for (int i = 0; i < 500; ++i) {
      for (const Frame& frame : venue.step(10)) all += frame.text + '\n';
    }
    return all;
  };
  const std::string first = run(42);
  EXPECT_GT(first.size(), 100'000U);
  EXPECT_EQ(first, run(42));
  EXPECT_NE(first, run(43));
}

TEST(SimBinance, rest_honours_limits_and_names) {
  Venue venue;
  EXPECT_EQ(venue.snapshot("5").bids.size(), 5U);
  EXPECT_EQ(venue.snapshot("1000").asks.size(), 1000U);
  const auto status = [&](std::string_view target) {
    return venue.exchange->http(target, venue.now).status;
  };
  EXPECT_EQ(status("/api/v3/depth?symbol=NOPE"), 400U);
  EXPECT_EQ(status("/api/v3/depth"), 400U);
  EXPECT_EQ(status("/api/v3/nope"), 404U);
  const auto listed = [&](std::string_view target) {
    const Document document(venue.exchange->http(target, venue.now).body);
    return document.root()["symbols"].get_array().value().size();
  };
  EXPECT_EQ(listed("/api/v3/exchangeInfo"), 4U);
  EXPECT_EQ(listed("/api/v3/exchangeInfo?symbol=ETHUSDT"), 1U);
  EXPECT_EQ(listed("/api/v3/exchangeInfo?symbols=%5B%22BTCUSDT%22,%22XRPUSDT%22%5D"), 2U);
}

TEST(SimBinance, too_much_weight_is_429_until_the_next_minute) {
  Venue venue(1, {.rest_weight_per_minute = 60});
  const std::string target = "/api/v3/depth?symbol=BTCUSDT&limit=1000";  // weight 50
  EXPECT_EQ(venue.exchange->http(target, kStart).status, 200U);
  const HttpAnswer refused = venue.exchange->http(target, kStart);
  EXPECT_EQ(refused.status, 429U);
  EXPECT_FALSE(refused.entry.has_value());
  ASSERT_EQ(refused.headers.size(), 2U);
  EXPECT_EQ(refused.headers[0].second, "100");
  const int wait = std::stoi(refused.headers[1].second);
  EXPECT_EQ(venue.exchange->http(target, kStart + std::chrono::seconds{wait}).status, 200U);
}

}  // namespace
}  // namespace mp::sim
