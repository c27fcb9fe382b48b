// The engine: sessions with books of their own, streams of books beside each other, listings.
#include "pipeline/engine.hpp"

#include <gtest/gtest.h>

#include "okx_frames.hpp"
#include "venue/registry.hpp"

namespace mp::pipeline {
namespace {

using okx::book;

class Notes final : public Engine::Owner {
 public:
  std::vector<std::string> events;
  std::size_t gaps = 0;
  std::int64_t missing = 0;
  std::size_t snapshots_wanted = 0;
  std::size_t resubscriptions_wanted = 0;

 private:
  void on_event(Stream& stream, const Event& event) override {
    std::string note{name_of(event.channel())};
    note.append(" ").append(stream.symbol);
    if (const auto* status = std::get_if<Status>(&event.body)) {
      note.append(" ").append(name_of(status->condition)).append(" ").append(status->reason);
      gaps += status->condition == Condition::gap ? 1U : 0U;
      missing += status->missing.value_or(0);
    }
    if (const auto* book = std::get_if<Book>(&event.body); book != nullptr && book->last_sequence)
      note.append(" ").append(std::to_string(*book->last_sequence));
    events.push_back(note);
  }
  void on_refused(std::string_view, const venue::Reading&, Timestamp) override {}
  void want_snapshot(Stream&) override { ++snapshots_wanted; }
  void want_resubscribe(Stream&) override { ++resubscriptions_wanted; }
};

class EngineTest : public ::testing::Test {
 protected:
  void read(Engine::Session& session, const std::string& frame) {
    EXPECT_EQ(engine.on_frame(session, frame, Timestamp{}).verdict, venue::Verdict::data) << frame;
  }

  std::unique_ptr<venue::Adapter> okx = venue::make_adapter("okx");
  Catalog catalog;
  Notes notes;
  Engine engine{*okx, catalog, notes};
};

// Three collectors heard the same streams, each from its own snapshot on.
TEST_F(EngineTest, keeps_a_book_for_each_session) {
  std::vector<std::unique_ptr<Engine::Session>> sessions;
  for (int i = 0; i < 3; ++i) sessions.push_back(engine.open_session());
  read(*sessions[0], book(10, -1));
  read(*sessions[1], book(12, -1));
  read(*sessions[0], book(12, 10));
  read(*sessions[2], book(15, -1));
  read(*sessions[1], book(15, 12));
  read(*sessions[0], book(15, 12));
  for (const auto& session : sessions) read(*session, book(17, 15));
  EXPECT_EQ(engine.books(), 3U);
  EXPECT_EQ(engine.book_counters().applied, 9U);
  EXPECT_EQ(engine.book_counters().gaps, 0U);
  EXPECT_EQ(engine.book_counters().stale, 0U);
  EXPECT_EQ(notes.gaps, 0U);
}

TEST_F(EngineTest, gives_the_book_of_an_ended_session_to_the_next) {
  auto first = engine.open_session();
  read(*first, book(10, -1));
  engine.on_disconnected({.symbol = "", .channel = {}, .reason = "eof", .session = first->id()},
                         Timestamp{});
  auto second = engine.open_session();
  read(*second, book(40, -1));
  read(*second, book(41, 40));
  EXPECT_EQ(engine.books(), 1U);
  EXPECT_EQ(notes.events.back(), "book BTC-USDT 41");
  EXPECT_EQ(notes.resubscriptions_wanted, 0U);
}

TEST_F(EngineTest, ends_only_the_books_of_the_session_that_ended) {
  auto first = engine.open_session();
  auto second = engine.open_session();
  read(*first, book(10, -1));
  read(*second, book(10, -1));
  engine.on_disconnected({.symbol = "", .channel = {}, .reason = "eof", .session = first->id()},
                         Timestamp{});
  read(*second, book(11, 10));
  EXPECT_EQ(notes.gaps, 0U);
}

// books5 brings whole books of five levels; books is the one that is kept.
TEST_F(EngineTest, keeps_streams_of_other_depths_apart) {
  auto session = engine.open_session();
  read(*session, book(10, -1));
  read(*session, book(14, -1, "books5"));
  read(*session, book(12, 10));
  read(*session, book(15, -1, "books5"));
  read(*session, book(16, 12));
  EXPECT_EQ(engine.books(), 2U);
  EXPECT_EQ(engine.book_counters().gaps, 0U);
  EXPECT_EQ(engine.book_counters().applied, 5U);
}

TEST_F(EngineTest, passes_over_channels_that_nobody_announced) {
  Notes announced_notes;
  Engine announced{*okx, catalog, announced_notes, {.symbols = EngineOptions::Symbols::announced}};
  auto session = announced.open_session();
  announced.announce("BTC-USDT", Channel::trade, Timestamp{});
  announced.on_frame(*session, book(10, -1), Timestamp{});
  EXPECT_TRUE(announced_notes.events.empty());
  EXPECT_EQ(announced.counters().unasked, 1U);
  announced.announce("BTC-USDT", Channel::book, Timestamp{});
  announced.on_frame(*session, book(10, -1), Timestamp{});
  EXPECT_EQ(announced_notes.events, std::vector<std::string>{"book BTC-USDT 10"});
}

// OKX spells the index of BTC-USDT-SWAP like the spot pair.
TEST_F(EngineTest, keeps_an_index_that_is_spelt_like_a_pair_and_announces_the_pair_after_it) {
  Notes index_notes;
  Engine announced{*okx, catalog, index_notes, {.symbols = EngineOptions::Symbols::announced}};
  catalog.add("BTC-USDT", {.kind = InstrumentKind::spot, .base = "BTC", .quote = "USDT"});
  auto session = announced.open_session();
  const std::string index =
      R"({"arg":{"channel":"index-tickers","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT",)"
      R"("idxPx":"100.1","high24h":"1","open24h":"1","low24h":"1","sodUtc0":"1","sodUtc8":"1",)"
      R"("ts":"1795000000000"}]})";
  announced.on_frame(*session, index, Timestamp{});
  announced.announce("BTC-USDT", Channel::trade, Timestamp{});
  announced.on_frame(*session, index, Timestamp{});
  EXPECT_EQ(index_notes.events,
            (std::vector<std::string>{"index_price BTC-USDT", "instrument BTC-USDT",
                                      "index_price BTC-USDT"}));
}

TEST_F(EngineTest, says_which_subscription_the_venue_acknowledged) {
  auto session = engine.open_session();
  engine.on_frame(*session,
                  R"({"id":"1","event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"}})",
                  Timestamp{});
  EXPECT_EQ(notes.events, std::vector<std::string>{"status BTC-USDT subscribed "});
}

// What is followed changes: its facts are an event. The rest of a listing is only learnt.
TEST_F(EngineTest, tells_when_the_facts_of_a_followed_instrument_change) {
  Notes learnt_notes;
  Engine learnt{
      *okx,
      catalog,
      learnt_notes,
      {.listings = EngineOptions::Listings::learn, .symbols = EngineOptions::Symbols::announced}};
  const auto listing = [](std::string_view state) {
    const auto entry = [&](std::string_view symbol) {
      return std::string{R"({"instId":")"}
          .append(symbol)
          .append(R"(","instType":"SPOT","baseCcy":"A","quoteCcy":"B","tickSz":"0.1","lotSz":"1",)")
          .append(R"("state":")")
          .append(state)
          .append("\"}");
    };
    return R"({"code":"0","msg":"","data":[)" + entry("A-B") + "," + entry("C-D") + "]}";
  };
  const venue::RestCall call{.target = "/api/v5/public/instruments?instType=SPOT"};
  ASSERT_TRUE(learnt.on_rest(call, listing("live"), Timestamp{}));
  learnt.announce("A-B", Channel::trade, Timestamp{});
  ASSERT_TRUE(learnt.on_rest(call, listing("live"), Timestamp{}));
  EXPECT_EQ(learnt_notes.events, std::vector<std::string>{"instrument A-B"});
  ASSERT_TRUE(learnt.on_rest(call, listing("suspend"), Timestamp{}));
  EXPECT_EQ(learnt_notes.events, (std::vector<std::string>{"instrument A-B", "instrument A-B"}));
}

// Binance counts the trades of a symbol, over all sessions.
TEST(Engine, says_which_trades_are_missing_late_and_passes_none_on_twice) {
  const auto binance = venue::make_adapter("binance");
  Catalog catalog;
  Notes notes;
  Engine engine{*binance, catalog, notes};
  auto session = engine.open_session();
  const auto trade = [&](int id) {
    const auto frame = R"({"stream":"btcusdt@trade","data":{"e":"trade","E":1,"s":"BTCUSDT","t":)" +
                       std::to_string(id) + R"(,"p":"1.0","q":"2.0","T":1,"m":true,"M":true}})";
    EXPECT_EQ(engine.on_frame(*session, frame, Timestamp{}).verdict, venue::Verdict::data);
  };
  for (const int id : {1000, 1001, 1005, 1005, 1003}) trade(id);
  session = engine.open_session();
  trade(1010);
  EXPECT_EQ(notes.events, (std::vector<std::string>{
                              "trade BTCUSDT", "trade BTCUSDT", "status BTCUSDT gap sequence",
                              "trade BTCUSDT", "trade BTCUSDT", "status BTCUSDT healed late",
                              "status BTCUSDT gap sequence", "trade BTCUSDT"}));
  EXPECT_EQ(notes.missing, 3 + 4);
}

// An adapter with a mistake: what should never throw does.
class Mistaken final : public venue::Adapter {
 public:
  [[nodiscard]] const venue::Traits& traits() const override { return okx_->traits(); }
  [[nodiscard]] std::unique_ptr<venue::Decoder> decoder() const override {
    class Throwing final : public venue::Decoder {
      venue::Reading read(std::string_view frame, Timestamp, EventHandler&) override {
        (void)frame.substr(frame.size() + 1);
        return {};
      }
    };
    return std::make_unique<Throwing>();
  }
  [[nodiscard]] Result<void> read_rest(const venue::RestCall&, std::string_view body, Timestamp,
                                       EventHandler&, venue::RestReading&) const override {
    (void)body.substr(body.size() + 1);
    return {};
  }

 private:
  std::unique_ptr<venue::Adapter> okx_ = venue::make_adapter("okx");
};

TEST_F(EngineTest, outlives_a_mistake_of_an_adapter) {
  const Mistaken mistaken;
  Engine careful{mistaken, catalog, notes};
  auto session = careful.open_session();
  for (int i = 0; i < 2; ++i) {
    const auto reading = careful.on_frame(*session, "{}", Timestamp{});
    EXPECT_EQ(reading.verdict, venue::Verdict::malformed);
    EXPECT_TRUE(reading.problem.starts_with("the decoder failed: ")) << reading.problem;
  }
  EXPECT_EQ(careful.counters().frames, 2U);
  const auto answer = careful.on_rest({}, "{}", Timestamp{});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, ErrorKind::data);
}

}  // namespace
}  // namespace mp::pipeline
