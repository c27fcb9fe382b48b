#include <gmock/gmock.h>

#include <deque>

#include "sim/okx_messages.hpp"
#include "unit/sim/decode.hpp"

namespace mp::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::MatchesRegex;

constexpr Timestamp kStart = from_nanoseconds(1'795'000'000'000'000'000);

struct Venue {
  explicit Venue(std::uint64_t seed = 7, VenueOptions options = {})
      : exchange(make_exchange("okx", seed, kStart, options)) {
    EXPECT_TRUE(exchange->connect(1, "/ws/v5/public"));
    EXPECT_TRUE(exchange->connect(2, "/ws/v5/business"));
    EXPECT_FALSE(exchange->connect(3, "/ws/v5/private"));
  }

  std::vector<Frame> ask(std::string_view text, ConnectionId id = 1) {
    std::vector<Frame> out;
    exchange->receive(id, text, now, out);
    return out;
  }
  std::vector<Frame> subscribe(std::string_view channel, std::string_view symbol,
                               ConnectionId id = 1) {
    return ask(R"({"op":"subscribe","args":[{"channel":")" + std::string(channel) +
                   R"(","instId":")" + std::string(symbol) + R"("}]})",
               id);
  }
  std::vector<Frame> step(std::size_t wanted, Nanoseconds by = 5ms) {
    now += by;
    std::vector<Frame> out;
    exchange->advance(now, wanted, out);
    return out;
  }

  std::unique_ptr<Exchange> exchange;
  Timestamp now = kStart;
};

TEST(SimOkx, acknowledges_as_the_venue_does) {
  Venue venue;
  const auto frames =
      venue.ask(R"({"id":"1","op":"subscribe","args":[{"channel":"trades","instId":"BTC-USDT"}]})");
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_THAT(frames[0].text,
              MatchesRegex("\\{\"id\":\"1\",\"event\":\"subscribe\",\"arg\":\\{\"channel\":"
                           "\"trades\",\"instId\":\"BTC-USDT\"\\},\"connId\":\"[0-9a-f]{8}\"\\}"));
  const auto gone =
      venue.ask(R"({"op":"unsubscribe","args":[{"channel":"trades","instId":"BTC-USDT"}]})");
  EXPECT_THAT(gone.at(0).text, HasSubstr(R"({"event":"unsubscribe","arg":{"channel":"trades")"));
  EXPECT_EQ(venue.ask("ping").at(0).text, "pong");
}

TEST(SimOkx, refuses_as_the_venue_does) {
  Venue venue;
  const auto code = [](const std::vector<Frame>& frames) {
    EXPECT_EQ(frames.size(), 1U);
    const Document document(frames.at(0).text);
    EXPECT_EQ(text_at(document.root(), "event"), "error");
    EXPECT_EQ(text_at(document.root(), "connId").size(), 8U);
    return text_at(document.root(), "code");
  };
  EXPECT_EQ(code(venue.ask("{\"broken")), "60012");
  EXPECT_EQ(code(venue.ask(R"({"op":"dance","args":[{"channel":"x"}]})")), "60012");
  EXPECT_EQ(code(venue.ask(R"({"op":"subscribe","args":[]})")), "60012");
  EXPECT_EQ(code(venue.subscribe("books", "NOPE-USDT")), "60018");
  EXPECT_EQ(code(venue.subscribe("nope", "BTC-USDT")), "60018");
  EXPECT_EQ(code(venue.subscribe("candle1m", "BTC-USDT")), "60018");      // business only
  EXPECT_EQ(code(venue.subscribe("trades", "BTC-USDT", 2)), "60018");     // public only
  EXPECT_EQ(code(venue.subscribe("funding-rate", "BTC-USDT")), "60018");  // spot has none
}

TEST(SimOkx, every_frame_says_what_its_entry_says) {
  Venue venue;
  std::vector<Frame> frames;
  const auto keep = [&](std::vector<Frame> more) {
    std::ranges::move(more, std::back_inserter(frames));
  };
  for (const char* const symbol : {"BTC-USDT", "ETH-USDT-SWAP"}) {
    for (const char* const channel : {"trades", "books", "bbo-tbt", "tickers", "mark-price"})
      keep(venue.subscribe(channel, symbol));
    keep(venue.subscribe("candle1m", symbol, 2));
  }
  keep(venue.subscribe("funding-rate", "ETH-USDT-SWAP"));
  keep(venue.subscribe("open-interest", "ETH-USDT-SWAP"));
  keep(venue.ask(R"({"op":"subscribe","args":[{"channel":"instruments","instType":"SWAP"}]})"));
  for (int i = 0; i < 13'000; ++i) keep(venue.step(1));

  std::map<Channel, int> seen;
  for (const Frame& frame : frames) {
    const auto received = decode_okx(frame.text);
    ASSERT_EQ(frame.entries.size(), received.size()) << frame.text;
    for (std::size_t i = 0; i < received.size(); ++i) {
      expect_same(frame.entries[i], received[i]);
      ++seen[received[i].channel];
    }
    ASSERT_FALSE(HasFailure()) << frame.text;
  }
  EXPECT_GT(seen[Channel::trade], 1000);
  EXPECT_GT(seen[Channel::quote], 1000);
  EXPECT_GT(seen[Channel::book], 1000);
  EXPECT_GE(seen[Channel::ticker], 120);
  EXPECT_GE(seen[Channel::candle], 64);
  EXPECT_GE(seen[Channel::funding], 2);
  EXPECT_GE(seen[Channel::open_interest], 20);
  EXPECT_GE(seen[Channel::mark_price], 600);
  EXPECT_EQ(seen[Channel::instrument], 2);
}

TEST(SimOkx, late_snapshot_and_chained_updates_rebuild_the_best_400_levels) {
  Venue venue;
  venue.subscribe("trades", "BTC-USDT");
  for (int i = 0; i < 333; ++i) venue.step(5);  // the market has moved; no event is just due
  std::vector<Frame> frames = venue.subscribe("books", "BTC-USDT");
  for (int i = 0; i < 4000; ++i) {
    for (Frame& frame : venue.step(5)) frames.push_back(std::move(frame));
  }
  while (venue.now.time_since_epoch() % 100ms != 0ms) {
    for (Frame& frame : venue.step(0)) frames.push_back(std::move(frame));
  }

  ReferenceBook book;
  std::optional<std::int64_t> last;
  std::size_t updates = 0;
  for (const Frame& frame : frames) {
    for (const Entry& entry : decode_okx(frame.text)) {
      if (entry.channel != Channel::book) continue;
      EXPECT_EQ(*entry.previous_sequence, last.value_or(-1));
      EXPECT_EQ(*entry.checksum, 0);
      EXPECT_EQ(entry.is_snapshot, !last.has_value());
      book.apply(entry);
      last = entry.last_sequence;
      ++updates;
      ASSERT_EQ(book.bids.size(), 400U);
      ASSERT_EQ(book.asks.size(), 400U);
    }
  }
  EXPECT_GT(updates, 150U);
  const Document rest(
      venue.exchange->http("/api/v5/market/books?instId=BTC-USDT&sz=400", venue.now).body);
  const Json row = rest.root()["data"].at(0).value();
  ASSERT_EQ(integer_at(row, "seqId"), *last);
  Entry truth_entry;
  truth_entry.is_snapshot = true;
  truth_entry.bids = levels_in(row["bids"].value());
  truth_entry.asks = levels_in(row["asks"].value());
  ReferenceBook truth;
  truth.apply(truth_entry);
  EXPECT_EQ(book.bids, truth.bids);
  EXPECT_EQ(book.asks, truth.asks);
}

TEST(SimOkx, says_no_change_after_a_quiet_while) {
  Venue venue(7, {.book_keep_alive = 2000ms});
  const auto first = decode_okx(venue.subscribe("books", "BTC-USDT").at(1).text);
  std::vector<Entry> entries;
  for (int i = 0; i < 50; ++i) {
    for (const Frame& frame : venue.step(0, 100ms)) entries.push_back(decode_okx(frame.text).at(0));
  }
  ASSERT_EQ(entries.size(), 2U);
  for (const Entry& entry : entries) {
    EXPECT_EQ(entry.last_sequence, first.at(0).last_sequence);
    EXPECT_EQ(entry.previous_sequence, entry.last_sequence);
    EXPECT_TRUE(entry.bids.empty());
    EXPECT_TRUE(entry.asks.empty());
  }
}

Level level(std::string_view price, std::string_view quantity) {
  return {Price{decimal_of(price)}, Quantity{decimal_of(quantity)}};
}

// Vectors computed with another implementation of CRC-32.
TEST(SimOkx, legacy_checksum_matches_the_vectors) {
  const std::vector<Level> bids = {level("100.5", "1"), level("100.4", "2.50")};
  const std::vector<Level> asks = {level("100.6", "0.75"), level("100.7", "3")};
  EXPECT_EQ(okx::legacy_checksum(bids, asks), -650196046);
  EXPECT_EQ(okx::legacy_checksum(Levels(bids).first(1), asks), 2121333353);
}

TEST(SimOkx, legacy_checksum_holds_on_every_update) {
  Venue venue(7, {.legacy_checksum = true});
  std::vector<Frame> frames = venue.subscribe("books", "ETH-USDT");
  for (int i = 0; i < 1000; ++i) {
    for (Frame& frame : venue.step(5)) frames.push_back(std::move(frame));
  }
  ReferenceBook book;
  int checked = 0;
  for (const Frame& frame : frames) {
    for (const Entry& entry : decode_okx(frame.text)) {
      book.apply(entry);
      std::vector<Level> bids;
      std::vector<Level> asks;
      for (auto bid = book.bids.rbegin(); bid != book.bids.rend(); ++bid)
        bids.emplace_back(bid->first, bid->second);
      for (const auto& [price, quantity] : book.asks) asks.emplace_back(price, quantity);
      ASSERT_EQ(*entry.checksum, okx::legacy_checksum(bids, asks));
      ++checked;
    }
  }
  EXPECT_GT(checked, 40);
}

TEST(SimOkx, is_deterministic) {
  const auto run = [](std::uint64_t seed) {
    Venue venue(seed);
    std::string all;
    for (const char* const channel : {"trades", "books", "bbo-tbt", "tickers"}) {
      for (const Frame& frame : venue.subscribe(channel, "BTC-USDT-SWAP")) all += frame.text + '\n';
    }
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

TEST(SimOkx, lists_its_instruments_by_rest) {
  Venue venue;
  const auto listed = [&](std::string_view target) {
    const Document document(venue.exchange->http(target, venue.now).body);
    EXPECT_EQ(text_at(document.root(), "code"), "0");
    return document.root()["data"].get_array().value().size();
  };
  EXPECT_EQ(listed("/api/v5/public/instruments?instType=SPOT"), 2U);
  EXPECT_EQ(listed("/api/v5/public/instruments?instType=SWAP"), 2U);
  EXPECT_EQ(listed("/api/v5/public/instruments?instType=FUTURES"), 0U);
  EXPECT_THAT(venue.exchange->http("/api/v5/public/instruments?instType=SWAP", kStart).body,
              HasSubstr(R"("ctMult":"1","ctType":"linear","ctVal":"0.01","ctValCcy":"BTC")"));
  EXPECT_THAT(venue.exchange->http("/api/v5/public/instruments", kStart).body,
              HasSubstr(R"("code":"50014")"));
  EXPECT_THAT(venue.exchange->http("/api/v5/market/books?instId=X", kStart).body,
              HasSubstr(R"("code":"51001")"));
}

}  // namespace
}  // namespace mp::sim
