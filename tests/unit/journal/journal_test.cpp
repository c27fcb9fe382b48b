// A journal as its users see it: writing, reading, rolling over, cursors, memory.
#include "journal/journal.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "unit/journal/support.hpp"

namespace mp::journal {
namespace {

TEST(Journal, gives_back_random_events_of_every_kind) {
  const TempDir dir;
  const auto writer = open_writer(small_config(dir.path()));
  const auto reader = open_reader({.location = dir.path(), .name = {}});
  EventMaker maker(11);
  maker.text_max = 300;
  std::vector<std::string> written;
  const std::array<SubjectId, 2> subjects = {writer->subject("okx", "BTC-USDT", "BTC-USDT"),
                                             writer->subject("bybit", "ETHUSDT", "")};
  for (int number = 0; number < 5'000; ++number) {
    Event event = maker.make();
    const bool first = number % 2 == 0;
    ASSERT_TRUE(writer->append(subjects[first ? 0 : 1], event));
    event.venue = first ? "okx" : "bybit";
    event.symbol = first ? "BTC-USDT" : "ETHUSDT";
    event.instrument = first ? "BTC-USDT" : "";
    written.push_back(Describer::of(event));
  }
  writer->publish();
  EXPECT_GT(writer->counters().segments, 3U);
  for (std::size_t number = 0; number < written.size(); ++number) {
    ASSERT_EQ(reader->next(), Next::event);
    ASSERT_EQ(reader->index(), number);
    ASSERT_EQ(Describer::of(reader->event()), written[number]);
  }
  EXPECT_EQ(reader->next(), Next::idle);
}

TEST(Journal, rolls_over_segments_and_closes) {
  const TempDir dir;
  auto writer = open_writer(small_config(dir.path()));
  const auto reader = open_reader({.location = dir.path(), .name = {}});
  append_numbered(*writer, 0, 10'000);
  EXPECT_EQ(writer->next_index(), 10'000U);
  EXPECT_EQ(writer->counters().appended, 10'000U);
  EXPECT_EQ(read_numbered(*reader, 0, Next::idle), 10'000U);
  writer.reset();
  EXPECT_EQ(reader->next(), Next::closed);
  // Closed is not the end for ever: the next writer goes on.
  writer = open_writer(small_config(dir.path()));
  EXPECT_EQ(reader->next(), Next::idle);
  append_numbered(*writer, 10'000, 100);
  EXPECT_EQ(read_numbered(*reader, 10'000, Next::idle), 10'100U);
}

TEST(Journal, continues_where_the_last_writer_ended) {
  const TempDir dir;
  for (std::uint64_t round = 0; round < 20; ++round) {
    const auto writer = open_writer(small_config(dir.path()));
    ASSERT_EQ(writer->next_index(), round * 333);
    append_numbered(*writer, round * 333, 333);
  }
  const auto reader = open_reader({.location = dir.path(), .name = {}});
  EXPECT_EQ(read_numbered(*reader, 0, Next::closed), 20U * 333U);
}

TEST(Journal, serves_many_readers_at_their_own_pace) {
  const TempDir dir;
  const auto writer = open_writer(small_config(dir.path()));
  std::vector<std::unique_ptr<Reader>> readers;
  for (int number = 0; number < 8; ++number)
    readers.push_back(open_reader({.location = dir.path(), .name = {}}));
  append_numbered(*writer, 0, 3'000);
  std::vector<std::uint64_t> at(readers.size(), 0);
  for (std::size_t number = 0; number < readers.size(); ++number) {
    for (std::size_t step = 0; step < number * 100; ++step) {
      ASSERT_EQ(readers[number]->next(), Next::event);
      ASSERT_TRUE(is_numbered(readers[number]->event(), at[number]++));
    }
  }
  for (std::size_t number = 0; number < readers.size(); ++number)
    EXPECT_EQ(read_numbered(*readers[number], at[number], Next::idle), 3'000U);
}

TEST(Journal, views_stay_until_release) {
  const TempDir dir;
  const auto writer = open_writer(small_config(dir.path()));
  append_numbered(*writer, 0, 5'000);
  const auto reader = open_reader({.location = dir.path(), .name = {}});
  std::vector<Event> kept;
  while (reader->next() == Next::event) kept.push_back(reader->event());
  ASSERT_EQ(kept.size(), 5'000U);
  for (std::size_t number = 0; number < kept.size(); ++number)
    ASSERT_TRUE(is_numbered(kept[number], number));
  reader->release();
  EXPECT_EQ(reader->next(), Next::idle);
}

TEST(Journal, a_segment_can_be_read_alone) {
  const TempDir dir;
  const TempDir other;
  {
    const auto writer = open_writer(small_config(dir.path()));
    append_numbered(*writer, 0, 5'000);
  }
  const std::string name = "0000000000000003.segment";
  std::filesystem::copy(dir.path() / name, other.path() / name);
  const auto reader = open_reader({.location = other.path(), .name = {}});
  ASSERT_EQ(reader->next(), Next::event);
  const std::uint64_t first = reader->index();
  EXPECT_GT(first, 0U);
  EXPECT_TRUE(is_numbered(reader->event(), first));
  EXPECT_GT(read_numbered(*reader, first + 1, Next::closed), first + 100);
}

TEST(Journal, tells_an_instrument_that_becomes_known) {
  const TempDir dir;
  auto writer = open_writer(small_config(dir.path()));
  const auto reader = open_reader({.location = dir.path(), .name = {}});
  NumberedEvents events;
  const SubjectId subject = writer->subject("kraken", "XBT/USD", "");
  ASSERT_TRUE(writer->append(subject, events(1)));
  ASSERT_EQ(reader->next(), Next::event);
  const std::string_view early = reader->event().symbol;
  EXPECT_EQ(reader->event().instrument, "");
  EXPECT_EQ(writer->subject("kraken", "XBT/USD", "BTC-USD"), subject);
  EXPECT_EQ(writer->subject("kraken", "XBT/USD", ""), subject);  // does not forget it
  ASSERT_TRUE(writer->append(subject, events(2)));
  ASSERT_EQ(reader->next(), Next::event);
  EXPECT_EQ(reader->event().instrument, "BTC-USD");
  EXPECT_EQ(early, "XBT/USD");  // views of names live as long as the reader
  writer.reset();
  writer = open_writer(small_config(dir.path()));
  EXPECT_EQ(writer->subject("kraken", "XBT/USD", ""), subject);
  ASSERT_TRUE(writer->append(subject, events(3)));
  ASSERT_EQ(reader->next(), Next::event);
  EXPECT_EQ(reader->event().instrument, "BTC-USD");
}

TEST(Journal, carries_more_subjects_than_a_segment_begins_with) {
  const TempDir dir;
  const auto writer = open_writer(small_config(dir.path()));
  const auto reader = open_reader({.location = dir.path(), .name = {}});
  NumberedEvents events;
  for (std::uint64_t round = 0; round < 3; ++round) {
    for (std::uint64_t number = 0; number < 2'000; ++number) {
      const std::string symbol = "SYMBOL" + std::to_string(number);
      ASSERT_TRUE(writer->append(writer->subject("gate", symbol, symbol + "-X"), events(number)));
      ASSERT_EQ(reader->next(), Next::event) << reader->problem();
      ASSERT_EQ(reader->event().symbol, symbol);
      ASSERT_EQ(reader->event().instrument, symbol + "-X");
      reader->release();
    }
  }
}

TEST(Journal, drops_and_marks_an_event_that_no_segment_can_hold) {
  const TempDir dir;
  const auto writer = open_writer(small_config(dir.path()));
  const auto reader = open_reader({.location = dir.path(), .name = {}});
  const SubjectId subject = writer->subject("binance", "BTCUSDT", "BTC-USDT");
  const std::vector<Level> levels(2'000, Level({{1, 0}}, {{1, 0}}));
  Event event;
  event.body = Book{true, {}, {}, {}, {}, {}, {}, levels, {}};
  EXPECT_FALSE(writer->append(subject, event));
  EXPECT_EQ(writer->counters().dropped, 1U);
  ASSERT_EQ(reader->next(), Next::event);
  const auto& status = std::get<Status>(reader->event().body);
  EXPECT_EQ(status.condition, Condition::gap);
  EXPECT_EQ(status.missing, 1);
  EXPECT_EQ(status.reason, "event larger than half a journal segment");
  EXPECT_EQ(reader->event().symbol, "BTCUSDT");
  append_numbered(*writer, 1, 10);
  EXPECT_EQ(read_numbered(*reader, 1, Next::idle), 11U);
}

TEST(JournalCursor, survives_reopening) {
  const TempDir dir;
  const auto writer = open_writer(small_config(dir.path()));
  append_numbered(*writer, 0, 5'000);
  for (const std::uint64_t place : {0U, 1U, 999U, 2'500U, 4'999U, 5'000U}) {
    auto reader = open_reader({.location = dir.path(), .name = "sink.a"});
    reader->commit(place);
    reader.reset();
    reader = open_reader({.location = dir.path(), .name = "sink.a"});
    EXPECT_EQ(read_numbered(*reader, place, Next::idle), 5'000U);
  }
}

TEST(JournalCursor, without_one_reading_begins_with_the_oldest) {
  const TempDir dir;
  const auto writer = open_writer(small_config(dir.path()));
  append_numbered(*writer, 0, 100);
  auto reader = open_reader({.location = dir.path(), .name = "new"});
  EXPECT_EQ(read_numbered(*reader, 0, Next::idle), 100U);
  reader.reset();  // it never committed
  reader = open_reader({.location = dir.path(), .name = "new"});
  EXPECT_EQ(read_numbered(*reader, 0, Next::idle), 100U);
}

TEST(JournalCursor, oldest_and_newest_ignore_it) {
  const TempDir dir;
  const auto writer = open_writer(small_config(dir.path()));
  append_numbered(*writer, 0, 3'000);
  auto reader = open_reader({.location = dir.path(), .name = "a"});
  reader->commit(1'500);
  reader.reset();
  reader = open_reader({.location = dir.path(), .name = "a", .from = From::oldest});
  EXPECT_EQ(read_numbered(*reader, 0, Next::idle), 3'000U);
  reader.reset();
  reader = open_reader({.location = dir.path(), .name = "a", .from = From::newest});
  EXPECT_EQ(reader->next(), Next::idle);
  append_numbered(*writer, 3'000, 10);
  EXPECT_EQ(read_numbered(*reader, 3'000, Next::idle), 3'010U);
}

TEST(JournalCursor, belongs_to_one_reader) {
  const TempDir dir;
  const auto writer = open_writer(small_config(dir.path()));
  const auto reader = open_reader({.location = dir.path(), .name = "a"});
  const auto second = Reader::open({.location = dir.path(), .name = "a"});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::locked);
  for (const char* name : {"../x", "a/b", ".hidden", ""}) {
    const auto refused = Reader::open({.location = dir.path(), .name = name, .hold = true});
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().kind, ErrorKind::usage);
  }
}

TEST(JournalMemory, works_like_one_on_a_disk) {
  Config config = small_config({});
  auto writer = open_writer(config);
  const auto other = open_writer(config);  // another journal, of another name
  EXPECT_NE(writer->location(), other->location());
  auto reader = open_reader({.location = writer->location(), .name = "m"});
  append_numbered(*writer, 0, 5'000);
  EXPECT_EQ(read_numbered(*reader, 0, Next::idle), 5'000U);
  reader->commit(4'000);
  reader.reset();
  reader = open_reader({.location = writer->location(), .name = "m"});
  EXPECT_EQ(read_numbered(*reader, 4'000, Next::idle), 5'000U);
  const auto location = writer->location();
  writer.reset();
  EXPECT_EQ(reader->next(), Next::closed);
  reader.reset();
  EXPECT_EQ(Reader::open({.location = location, .name = {}}).error().kind, ErrorKind::unavailable);
}

TEST(JournalMemory, is_bounded_by_retention) {
  Config config = small_config({});
  config.retention_bytes = 4 * config.segment_bytes;
  const auto writer = open_writer(config);
  append_numbered(*writer, 0, 20'000);
  EXPECT_LE(writer->counters().bytes, config.retention_bytes);
  const auto reader = open_reader({.location = writer->location(), .name = {}});
  ASSERT_EQ(reader->next(), Next::event);
  EXPECT_GT(reader->index(), 10'000U);
  EXPECT_EQ(read_numbered(*reader, reader->index() + 1, Next::idle), 20'000U);
}

TEST(JournalOpen, names_who_holds_the_lock) {
  const TempDir dir;
  auto writer = open_writer(small_config(dir.path()));
  const auto second = Writer::open(small_config(dir.path()));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::locked);
  EXPECT_NE(second.error().message.find("process " + std::to_string(::getpid())), std::string::npos)
      << second.error().message;
  writer.reset();
  EXPECT_TRUE(Writer::open(small_config(dir.path())));
}

TEST(JournalOpen, says_why_a_directory_cannot_be_written) {
  // Root may write anywhere, so the obstacle is one that stops root, too.
  const TempDir dir;
  std::ofstream(dir.path() / "file") << "not a directory";
  const auto blocked = Writer::open(small_config(dir.path() / "file" / "journal"));
  ASSERT_FALSE(blocked);
  EXPECT_EQ(blocked.error().kind, ErrorKind::io);
  EXPECT_NE(blocked.error().message.find("cannot write the journal directory"), std::string::npos)
      << blocked.error().message;
  const auto read_only = Writer::open(small_config("/proc/1/journal"));
  ASSERT_FALSE(read_only);
  if (::geteuid() == 0) return;
  ASSERT_EQ(::chmod(dir.path().c_str(), 0500), 0);
  const auto refused = Writer::open(small_config(dir.path()));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::permission);
  ASSERT_EQ(::chmod(dir.path().c_str(), 0700), 0);
}

TEST(JournalOpen, refuses_sizes_that_make_no_sense) {
  const TempDir dir;
  Config config = small_config(dir.path());
  config.segment_bytes = 65'537;
  EXPECT_EQ(Writer::open(config).error().kind, ErrorKind::config);
  config = small_config(dir.path());
  config.retention_bytes = config.segment_bytes;
  EXPECT_EQ(Writer::open(config).error().kind, ErrorKind::config);
  config = small_config(dir.path());
  config.spare_memory_bytes = 1;
  EXPECT_EQ(Writer::open(config).error().kind, ErrorKind::config);
}

TEST(JournalOpen, a_reader_needs_a_journal) {
  const TempDir dir;
  EXPECT_EQ(Reader::open({.location = dir.path(), .name = {}}).error().kind,
            ErrorKind::unavailable);
  EXPECT_EQ(Reader::open({.location = dir.path() / "none", .name = {}}).error().kind,
            ErrorKind::io);
}

class JournalFsync : public ::testing::TestWithParam<Fsync> {};
TEST_P(JournalFsync, writes_the_same) {
  const TempDir dir;
  Config config = small_config(dir.path());
  config.fsync = GetParam();
  config.fsync_interval = std::chrono::milliseconds(1);
  {
    const auto writer = open_writer(config);
    append_numbered(*writer, 0, 1'500);
    EXPECT_EQ(writer->counters().sync_errors, 0U);
  }
  const auto reader = open_reader({.location = dir.path(), .name = {}});
  EXPECT_EQ(read_numbered(*reader, 0, Next::closed), 1'500U);
}
INSTANTIATE_TEST_SUITE_P(Modes, JournalFsync,
                         ::testing::Values(Fsync::none, Fsync::interval, Fsync::always));

}  // namespace
}  // namespace mp::journal
