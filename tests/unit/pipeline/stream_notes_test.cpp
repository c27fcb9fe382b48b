#include "pipeline/stream_notes.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace mp::pipeline {
namespace {

namespace fs = std::filesystem;

class StreamNotesTest : public testing::Test {
 protected:
  StreamNotesTest() {
    std::string pattern = (fs::temp_directory_path() / "mp-notes-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }
  ~StreamNotesTest() override { fs::remove_all(dir_); }

  [[nodiscard]] fs::path file() const { return dir_ / "streams"; }
  void write(std::vector<StreamNote> given) const {
    StreamNotes notes{file()};
    ASSERT_TRUE(notes.read());
    notes.put({}, given);
    ASSERT_TRUE(notes.write());
  }
  [[nodiscard]] std::string text() const {
    std::ifstream in{file(), std::ios::binary};
    return {std::istreambuf_iterator<char>(in), {}};
  }

  fs::path dir_;
};

TEST_F(StreamNotesTest, finds_what_was_measured_by_either_name) {
  write(
      {{.venue = "binance", .symbol = "BTCUSDT", .instrument = "BTC-USDT", .work_per_second = 2.5},
       {.venue = "okx", .symbol = "X", .instrument = "", .work_per_second = 7}});
  StreamNotes notes{file()};
  ASSERT_TRUE(notes.read());
  EXPECT_EQ(notes.load_of("binance", "BTC-USDT"), 2.5);
  EXPECT_EQ(notes.load_of("binance", "BTCUSDT"), 2.5);
  EXPECT_EQ(notes.load_of("okx", "X"), 7);
  EXPECT_EQ(notes.load_of("okx", "BTC-USDT"), std::nullopt);
  EXPECT_EQ(notes.load_of("okx", ""), std::nullopt);
}

TEST_F(StreamNotesTest, keeps_what_is_not_collected_now_and_takes_the_newest) {
  write({{.venue = "v", .symbol = "A", .instrument = "", .work_per_second = 1},
         {.venue = "v", .symbol = "B", .instrument = "", .work_per_second = 2}});
  write({{.venue = "v", .symbol = "B", .instrument = "", .work_per_second = 3}});
  StreamNotes notes{file()};
  ASSERT_TRUE(notes.read());
  EXPECT_EQ(notes.load_of("v", "A"), 1);
  EXPECT_EQ(notes.load_of("v", "B"), 3);
}

TEST_F(StreamNotesTest, ignores_a_damaged_file_and_replaces_it) {
  write({{.venue = "v", .symbol = "A", .instrument = "N", .work_per_second = 1},
         {.venue = "v", .symbol = "B", .instrument = "N", .work_per_second = 1}});
  const std::string whole = text();
  std::vector<std::string> damaged = {"", "nonsense", whole + "more"};
  for (std::size_t size = 1; size < whole.size(); ++size) damaged.push_back(whole.substr(0, size));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    damaged.push_back(whole);
    damaged.back()[at] = static_cast<char>(damaged.back()[at] ^ 1);
  }
  for (const auto& bytes : damaged) {
    std::ofstream{file(), std::ios::binary} << bytes;
    StreamNotes notes{file()};
    const auto read = notes.read();
    ASSERT_FALSE(read) << bytes;
    EXPECT_EQ(read.error().kind, ErrorKind::data);
    EXPECT_EQ(notes.load_of("v", "A"), std::nullopt);
  }
  StreamNotes notes{file()};
  EXPECT_FALSE(notes.read());
  ASSERT_TRUE(notes.write());
  EXPECT_TRUE(StreamNotes{file()}.read());
}

TEST_F(StreamNotesTest, is_bounded_and_keeps_the_heaviest) {
  std::vector<StreamNote> given;
  constexpr std::size_t kMore = StreamNotes::kStreamsMax + 100;
  for (std::size_t i = 0; i < kMore; ++i) {
    given.push_back({.venue = "v",
                     .symbol = "S" + std::to_string(i),
                     .instrument = "",
                     .work_per_second = static_cast<double>(i)});
  }
  given.push_back({.venue = "v", .symbol = "bad\nline", .instrument = "", .work_per_second = 1e9});
  write(given);
  StreamNotes notes{file()};
  ASSERT_TRUE(notes.read());
  EXPECT_EQ(notes.load_of("v", "S99"), std::nullopt);
  EXPECT_EQ(notes.load_of("v", "S100"), 100);
  EXPECT_EQ(notes.load_of("v", "S" + std::to_string(kMore - 1)), static_cast<double>(kMore - 1));
}

TEST_F(StreamNotesTest, says_when_it_cannot_be_written) {
  EXPECT_EQ(StreamNotes{dir_ / "none" / "streams"}.write().error().kind, ErrorKind::io);
  EXPECT_TRUE(StreamNotes{""}.write());  // a journal in memory
}

constexpr auto kTrade = static_cast<std::size_t>(Channel::trade);
constexpr auto kStatus = static_cast<std::size_t>(Channel::status);

Timestamp at(int seconds) {
  return from_nanoseconds(1'795'000'000'000'000'000) + std::chrono::seconds{seconds};
}

Event event_of(std::string_view symbol, std::uint64_t seq, Timestamp when, Event::Body body) {
  Event event;
  event.venue = "v";
  event.symbol = symbol;
  event.instrument = "A-B";
  event.ts_recv = when;
  event.seq = seq;
  event.body = std::move(body);
  return event;
}

StreamNote live_note() {
  StreamNote note{.venue = "v", .symbol = "AB", .instrument = "A-B"};
  note.past.seq[kTrade] = 7;
  note.past.seq[kStatus] = 2;
  note.past.live.add(Channel::trade);
  note.past.live.add(Channel::book);
  note.past.last_trade = 41;
  return note;
}

struct EndOf {
  Channel channel;
  std::uint64_t seq;
  std::optional<Timestamp> since;
  friend bool operator==(const EndOf&, const EndOf&) = default;
};
std::vector<EndOf> ends_of(StreamNotes& notes, Timestamp now = at(100)) {
  std::vector<EndOf> out;
  notes.end_all(now, [&](const StreamNotes::Ended& each) {
    EXPECT_EQ(each.venue, "v");
    EXPECT_EQ(each.symbol, "AB");
    EXPECT_EQ(each.instrument, "A-B");
    out.push_back({each.channel, each.seq, each.since});
  });
  return out;
}

TEST_F(StreamNotesTest, keep_numbers_from_run_to_run) {
  write({live_note()});
  StreamNotes notes{file()};
  ASSERT_TRUE(notes.read());
  const auto past = notes.past_of("v", "AB");
  ASSERT_TRUE(past);
  EXPECT_EQ(past->seq, live_note().past.seq);
  EXPECT_EQ(past->live, live_note().past.live);
  EXPECT_EQ(past->last_trade, 41);
  EXPECT_FALSE(notes.past_of("v", "AC"));
  EXPECT_EQ(notes.load_of("v", "AB"), std::nullopt) << "nothing was measured";
}

TEST_F(StreamNotesTest, end_what_was_connected_when_a_run_was_killed) {
  {
    StreamNotes notes{file()};
    notes.put({.shard = 0, .next_index = 10, .at = at(0)}, std::vector{live_note()});
    ASSERT_TRUE(notes.write());
  }
  StreamNotes notes{file()};
  ASSERT_TRUE(notes.read());
  EXPECT_EQ(notes.reach(0, 12), 10U);
  notes.recall(event_of("AB", 8, at(3), Trade{.trade_id = "45"}));
  notes.recall(event_of("AB", 3, at(4),
                        Status{.condition = Condition::disconnected, .channel = Channel::book}));
  EXPECT_EQ(ends_of(notes), (std::vector<EndOf>{{Channel::trade, 4, at(4)}}));
  EXPECT_TRUE(ends_of(notes).empty()) << "once";
  const auto past = notes.past_of("v", "AB");
  ASSERT_TRUE(past);
  EXPECT_EQ(past->seq[kTrade], 8U);
  EXPECT_EQ(past->seq[kStatus], 4U);
  EXPECT_EQ(past->last_trade, 45);
}

TEST_F(StreamNotesTest, end_nothing_later_than_now_where_the_clock_was_set_back) {
  StreamNotes notes{file()};
  notes.recall(event_of("AB", 1, at(9),
                        Status{.condition = Condition::connected, .channel = Channel::trade}));
  EXPECT_EQ(ends_of(notes, at(5)), (std::vector<EndOf>{{Channel::trade, 2, at(5)}}));
}

TEST_F(StreamNotesTest, end_nothing_that_was_ended) {
  StreamNotes notes{file()};
  notes.recall(event_of("AB", 1, at(0),
                        Status{.condition = Condition::connected, .channel = Channel::trade}));
  notes.recall(event_of("AB", 2, at(9),
                        Status{.condition = Condition::disconnected, .channel = Channel::trade}));
  EXPECT_TRUE(ends_of(notes).empty());
}

// A power loss took what the notes had seen: only the journal counts.
TEST_F(StreamNotesTest, do_not_trust_a_reach_beyond_the_journal) {
  {
    StreamNotes notes{file()};
    notes.put({.shard = 0, .next_index = 10, .at = at(60)}, std::vector{live_note()});
    ASSERT_TRUE(notes.write());
  }
  StreamNotes notes{file()};
  ASSERT_TRUE(notes.read());
  EXPECT_EQ(notes.reach(0, 9), std::nullopt);
  notes.recall(event_of("AB", 6, at(3), Trade{.trade_id = "40"}));
  const auto ends = ends_of(notes);
  ASSERT_EQ(ends.size(), 2U);
  EXPECT_EQ(ends[0].since, at(3));
  EXPECT_EQ(notes.past_of("v", "AB")->seq[kTrade], 7U) << "no number is given twice";
  EXPECT_EQ(notes.past_of("v", "AB")->last_trade, 40) << "41 is missing now";
}

Event trade_event(std::string_view id) {
  Event event;
  event.venue = "v";
  event.symbol = "A";
  event.seq = 1;
  event.body = Trade{.trade_id = id};
  return event;
}

Event missing_event(Condition condition, std::int64_t from, std::int64_t to) {
  Event event;
  event.venue = "v";
  event.symbol = "A";
  event.seq = 1;
  event.body = Status{
      .condition = condition, .channel = Channel::trade, .from_sequence = from, .to_sequence = to};
  return event;
}

TEST_F(StreamNotesTest, keeps_which_trades_are_missing) {
  StreamPast past{.last_trade = 120};
  past.missing_trades.add({101, 103});
  past.missing_trades.add({110, 110});
  write({{.venue = "v", .symbol = "A", .instrument = "", .past = past},
         {.venue = "v", .symbol = "B", .instrument = "", .past = {.last_trade = 7}}});
  StreamNotes notes{file()};
  ASSERT_TRUE(notes.read());
  EXPECT_EQ(notes.past_of("v", "A")->last_trade, 120);
  EXPECT_EQ(notes.past_of("v", "A")->missing_trades, past.missing_trades);
  EXPECT_EQ(notes.past_of("v", "B")->missing_trades, TradeHoles{});
}

// A kill: what the journal says beyond the notes.
TEST_F(StreamNotesTest, recalls_which_trades_are_missing) {
  StreamPast past{.last_trade = 120};
  past.missing_trades.add({101, 110});
  write({{.venue = "v", .symbol = "A", .instrument = "", .past = past}});
  StreamNotes notes{file()};
  ASSERT_TRUE(notes.read());
  notes.recall(missing_event(Condition::gap, 121, 129));
  notes.recall(trade_event("130"));
  notes.recall(trade_event("125"));
  notes.recall(trade_event("101"));
  notes.recall(missing_event(Condition::healed, 102, 108));
  const auto found = notes.past_of("v", "A");
  EXPECT_EQ(found->last_trade, 130);
  EXPECT_EQ(found->missing_trades.all(),
            (std::vector<TradeRange>{{109, 110}, {121, 124}, {126, 129}}));
}

TEST_F(StreamNotesTest, forgets_what_is_missing_with_the_events_that_a_power_loss_took) {
  StreamPast past{.last_trade = 120};
  past.missing_trades.add({101, 110});
  {
    StreamNotes notes{file()};
    ASSERT_TRUE(notes.read());
    const StreamNote note{.venue = "v", .symbol = "A", .instrument = "", .past = past};
    notes.put({.shard = 0, .next_index = 50, .at = Timestamp{}}, {&note, 1});
    ASSERT_TRUE(notes.write());
  }
  StreamNotes notes{file()};
  ASSERT_TRUE(notes.read());
  EXPECT_EQ(notes.reach(0, 40), std::nullopt);
  EXPECT_EQ(notes.past_of("v", "A")->missing_trades, TradeHoles{});
}

}  // namespace
}  // namespace mp::pipeline
