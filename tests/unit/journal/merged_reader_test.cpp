// Several journals read as one: the order of ts_recv, and who may hold up whom.
#include "journal/merged_reader.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <random>
#include <thread>

#include "journal/shards.hpp"
#include "unit/journal/support.hpp"

namespace mp::journal {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Times in these tests are small numbers, which a wall clock takes for ancient.
constexpr nanoseconds kEndless = nanoseconds::max();
constexpr milliseconds kLong{20'000};

// Journals side by side, and the writer of each.
class Shards {
 public:
  explicit Shards(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) reopen(i);
  }
  void reopen(std::size_t number) {
    if (number == writers_.size()) writers_.emplace_back();
    writers_[number] = open_writer(small_config(dir(number)));
  }
  void close(std::size_t number) { writers_[number].reset(); }

  // The sequence number tells the event apart from every other.
  void append(std::size_t shard, std::int64_t ts_recv) {
    Writer& writer = *writers_[shard];
    Event event;
    event.ts_recv = from_nanoseconds(ts_recv);
    event.seq = ++appended_;
    event.body = MarkPrice{{{ts_recv, -2}}};
    const std::string symbol = "S" + std::to_string(shard);
    ASSERT_TRUE(writer.append(writer.subject("venue", symbol, ""), event));
    writer.publish();
  }
  void promise(std::size_t shard, std::int64_t no_earlier) {
    writers_[shard]->promise(from_nanoseconds(no_earlier));
  }

  [[nodiscard]] std::unique_ptr<Reader> read(nanoseconds patience = kEndless,
                                             From from = From::oldest) const {
    MergedConfig config{.locations = {}, .from = from, .patience = patience};
    for (std::size_t i = 0; i < writers_.size(); ++i) config.locations.push_back(dir(i));
    auto reader = open_merged(config);
    if (!reader) ADD_FAILURE() << reader.error().message;
    return reader ? reader.take() : nullptr;
  }
  [[nodiscard]] std::filesystem::path dir(std::size_t number) const {
    return dir_.path() / std::to_string(number);
  }

 private:
  TempDir dir_;
  std::deque<std::unique_ptr<Writer>> writers_;
  std::uint64_t appended_ = 0;
};

// The times of the events that come before anything else does.
std::vector<std::int64_t> times(Reader& reader, Next expected_end) {
  std::vector<std::int64_t> out;
  Next next = reader.next();
  for (; next == Next::event; next = reader.next())
    out.push_back(to_nanoseconds(reader.event().ts_recv));
  EXPECT_EQ(static_cast<int>(next), static_cast<int>(expected_end)) << reader.problem();
  return out;
}
using Times = std::vector<std::int64_t>;

TEST(MergedReader, gives_the_events_of_closed_journals_in_the_order_of_their_times) {
  Shards shards(3);
  std::mt19937_64 random(5);
  Times all;
  std::vector<std::int64_t> last(3);
  for (int i = 0; i < 3'000; ++i) {
    const std::size_t shard = random() % 3;
    last[shard] += static_cast<std::int64_t>(random() % 50);
    shards.append(shard, last[shard]);
    all.push_back(last[shard]);
  }
  std::ranges::sort(all);
  for (std::size_t i = 0; i < 3; ++i) shards.close(i);
  EXPECT_EQ(times(*shards.read(), Next::closed), all);
}

TEST(MergedReader, knows_how_many_events_are_behind_the_one_at_hand) {
  Shards shards(2);
  for (std::int64_t time = 1; time <= 10; ++time) shards.append(time % 3 == 0 ? 1 : 0, time);
  const auto reader = shards.read();
  for (std::uint64_t behind = 10; behind-- > 0;) {
    shards.promise(0, 100);
    shards.promise(1, 100);
    ASSERT_EQ(static_cast<int>(reader->next()), static_cast<int>(Next::event));
    EXPECT_EQ(reader->ahead(), behind);
  }
  shards.append(0, 200);
  EXPECT_EQ(reader->ahead(), 1U) << "what came since counts";
}

TEST(MergedReader, holds_an_event_back_until_the_idle_shard_has_promised) {
  Shards shards(2);
  const auto reader = shards.read();
  EXPECT_EQ(times(*reader, Next::idle), Times{});
  shards.append(0, 100);
  shards.append(0, 200);
  EXPECT_EQ(times(*reader, Next::idle), Times{});
  shards.promise(1, 99);
  EXPECT_EQ(times(*reader, Next::idle), Times{});
  shards.promise(1, 150);
  EXPECT_EQ(times(*reader, Next::idle), Times{100});
  shards.promise(1, 120);  // no promise is taken back
  shards.append(1, 170);
  EXPECT_EQ(times(*reader, Next::idle), Times{170});
  shards.promise(1, 200);
  EXPECT_EQ(times(*reader, Next::idle), Times{200});
}

TEST(MergedReader, is_not_held_up_by_a_closed_shard_and_sees_it_come_back) {
  Shards shards(2);
  shards.append(0, 100);
  shards.append(1, 50);
  const auto reader = shards.read();
  EXPECT_EQ(times(*reader, Next::idle), Times{50});
  shards.close(1);
  EXPECT_EQ(times(*reader, Next::idle), Times{100});
  shards.reopen(1);
  shards.append(1, 110);
  shards.append(0, 120);
  EXPECT_EQ(times(*reader, Next::idle), Times{110});
  shards.close(1);
  EXPECT_EQ(times(*reader, Next::idle), Times{120});
  shards.close(0);
  EXPECT_EQ(times(*reader, Next::closed), Times{});
}

// Each look at a closed journal searches the rest of its segment.
TEST(MergedReader, looks_at_a_closed_journal_once_and_not_with_every_event) {
  const TempDir dir;
  Config config = small_config(dir.path() / "closed");
  config.segment_bytes = std::uint64_t{16} << 20U;
  append_numbered(*open_writer(config), 0, 1);
  const auto writer = open_writer(small_config(dir.path() / "open"));
  constexpr std::uint64_t kEvents = 10'000;
  append_numbered(*writer, 0, kEvents);
  const auto reader = open_merged({.locations = {config.dir, writer->location()}}).take();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(times(*reader, Next::idle).size(), kEvents + 1);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kLong);
}

TEST(MergedReader, hands_out_at_once_what_comes_too_late_for_its_place) {
  Shards shards(2);
  const auto reader = shards.read();
  shards.append(0, 100);
  shards.promise(1, 100);
  EXPECT_EQ(times(*reader, Next::idle), Times{100});
  shards.append(1, 40);  // against its promise
  EXPECT_EQ(times(*reader, Next::idle), Times{40});
}

// A journal whose writer was killed stays open for ever; so does one that hangs.
TEST(MergedReader, waits_for_a_dead_shard_no_longer_than_its_patience) {
  const TempDir dir;
  const auto add = [&](const char* name, std::int64_t ts_recv) {
    auto writer = open_writer(small_config(dir.path() / name));
    Event event;
    event.ts_recv = from_nanoseconds(ts_recv);
    event.body = MarkPrice{{{1, 0}}};
    EXPECT_TRUE(writer->append(writer->subject("venue", name, ""), event));
    writer->promise(event.ts_recv);
    return writer;
  };
  const pid_t child = ::fork();  // before this process has threads: TSan wants it so
  if (child == 0) {
    const auto writer = add("dead", 10);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
  const auto alive = add("alive", 100);
  MergedConfig config{.locations = {dir.path() / "dead", dir.path() / "alive"},
                      .from = From::oldest,
                      .patience = kEndless};
  EXPECT_EQ(times(*open_merged(config).take(), Next::idle), Times{10});
  config.patience = std::chrono::seconds{1};
  EXPECT_EQ(times(*open_merged(config).take(), Next::idle), (Times{10, 100}));
}

TEST(MergedReader, waits_for_a_silent_shard_until_its_patience_is_over) {
  Shards shards(2);
  const std::int64_t now =
      std::chrono::duration_cast<nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  shards.promise(1, now);
  shards.append(0, now + 1);
  const auto reader = shards.read(milliseconds{50});
  const auto begin = std::chrono::steady_clock::now();
  while (reader->next() != Next::event) reader->wait(kLong);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kLong);
}

TEST(MergedReader, begins_with_the_newest_where_it_is_asked_to) {
  Shards shards(2);
  shards.append(0, 100);
  shards.append(1, 100);
  const auto reader = shards.read(kEndless, From::newest);
  shards.append(1, 101);
  shards.promise(0, 101);
  EXPECT_EQ(times(*reader, Next::idle), Times{101});
}

TEST(MergedReader, tells_what_one_of_its_journals_lost_and_goes_on) {
  const TempDir dir;
  Config small = small_config(dir.path() / "a");
  small.retention_bytes = 3 * small.segment_bytes;
  auto first = open_writer(small);
  auto second = open_writer(small_config(dir.path() / "b"));
  const auto reader = open_merged({.locations = {first->location(), second->location()},
                                   .from = From::oldest,
                                   .patience = kEndless})
                          .take();
  append_numbered(*first, 0, 1);
  append_numbered(*second, 0, 1);
  EXPECT_EQ(reader->next(), Next::event);
  append_numbered(*first, 1, 20'000);
  first.reset();
  second.reset();
  std::uint64_t lost = 0;
  std::uint64_t read = 1;
  Next next = Next::idle;
  while ((next = reader->next()) != Next::closed) {
    ASSERT_TRUE(next == Next::event || next == Next::lost) << static_cast<int>(next);
    if (next == Next::event) ++read;
    if (next == Next::lost) lost += reader->lost_count();
    if (read % 100 == 0) reader->release();
  }
  EXPECT_GT(lost, 0U);
  EXPECT_EQ(read + lost, 20'002U);
}

TEST(MergedReader, keeps_views_alive_until_they_are_released) {
  const TempDir dir;
  std::vector<std::filesystem::path> locations;
  constexpr std::uint64_t kEach = 5'000;
  for (const char* const name : {"a", "b"}) {
    const auto writer = open_writer(small_config(dir.path() / name));
    append_numbered(*writer, 0, kEach);
    locations.push_back(writer->location());
  }
  const auto reader = open_merged({.locations = locations}).take();
  std::deque<Event> events;
  while (reader->next() == Next::event) events.push_back(reader->event());
  ASSERT_EQ(events.size(), 2 * kEach);
  for (std::size_t i = 0; i < events.size(); i += 101)
    ASSERT_TRUE(is_numbered(events[i], i / 2)) << i;
  reader->release();
}

TEST(MergedReader, reads_copies_of_segments_alone) {
  Shards shards(2);
  shards.append(0, 20);
  shards.append(1, 10);
  shards.close(0);
  shards.close(1);
  for (std::size_t i = 0; i < 2; ++i) std::filesystem::remove(shards.dir(i) / "control");
  const auto reader = shards.read();
  reader->wait(kLong);
  EXPECT_EQ(times(*reader, Next::closed), (Times{10, 20}));
  reader->wait(kLong);  // nothing will come: returns at once
}

TEST(MergedReader, is_the_plain_reader_where_there_is_one_journal) {
  Shards shards(1);
  const auto reader = shards.read();
  shards.append(0, 100);
  shards.append(0, 90);
  EXPECT_EQ(times(*reader, Next::idle), (Times{100, 90}));
  EXPECT_EQ(reader->index(), 1U);
}

TEST(MergedReader, refuses_none_and_too_many) {
  EXPECT_EQ(open_merged({}).error().kind, ErrorKind::usage);
  const MergedConfig many{.locations = std::vector<std::filesystem::path>(kMergedMax + 1, "x")};
  EXPECT_EQ(open_merged(many).error().kind, ErrorKind::usage);
  EXPECT_EQ(open_merged({.locations = {"none", "nowhere"}}).error().kind, ErrorKind::io);
}

TEST(JournalShards, are_found_where_they_write) {
  const TempDir dir;
  EXPECT_TRUE(shards_in(dir.path())->empty());
  for (const std::uint32_t number : {0U, 1U, 12U})
    append_numbered(*open_writer(small_config(shard_location(dir.path(), number))), 0, 1);
  EXPECT_EQ(shard_location(dir.path(), 0), dir.path());
  EXPECT_EQ(*shards_in(dir.path()), (std::vector<std::uint32_t>{0, 1, 12}));
  // The first one is read alone as ever.
  EXPECT_EQ(read_numbered(*open_reader({.location = dir.path(), .name = {}}), 0, Next::closed), 1U);
}

// Writer and reader take turns; each step needs a wake-up from another of the shards.
TEST(MergedReaderWait, wakes_for_an_event_and_for_a_promise_of_any_shard) {
  Shards shards(3);
  constexpr std::int64_t kTurns = 1'000;
  std::atomic<std::int64_t> read = 0;
  const auto begin = std::chrono::steady_clock::now();
  std::thread thread([&] {
    const auto reader = shards.read();
    while (read < kTurns) {
      if (reader->next() == Next::event) {
        EXPECT_EQ(to_nanoseconds(reader->event().ts_recv), read + 1);
        ++read;
      } else {
        reader->wait(kLong);
      }
    }
  });
  for (std::int64_t turn = 1; turn <= kTurns; ++turn) {
    const auto writer = static_cast<std::size_t>(turn % 3);
    shards.append(writer, turn);
    shards.promise((writer + 1) % 3, turn);
    shards.promise((writer + 2) % 3, turn);
    EXPECT_TRUE(eventually([&] { return read >= turn; })) << turn;
  }
  thread.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kLong) << "a wake-up was missed";
}

// Three shards write at their own pace, one of them next to nothing; all promise as they go.
TEST(MergedReaderThreads, keep_the_order_while_shards_write) {
  const TempDir dir;
  std::vector<std::unique_ptr<Writer>> writers;
  MergedConfig config{.locations = {}, .patience = kEndless};
  for (const char* const name : {"a", "b", "c"}) {
    writers.push_back(open_writer(small_config(dir.path() / name)));
    config.locations.push_back(writers.back()->location());
  }
  constexpr std::uint64_t kEach = 10'000;
  std::atomic<std::int64_t> clock = 1;
  std::vector<std::thread> threads;
  for (std::size_t number = 0; number < writers.size(); ++number) {
    threads.emplace_back([&, number] {
      Writer& writer = *writers[number];
      const SubjectId subject = writer.subject("venue", std::to_string(number), "");
      Event event;
      for (std::uint64_t i = 1; i <= kEach; ++i) {
        const auto now = from_nanoseconds(++clock);
        if (number == 2 && i % 1'000 != 0) {
          writer.promise(now);
          continue;
        }
        event.ts_recv = now;
        event.seq = i;
        event.body = MarkPrice{{{1, 0}}};
        EXPECT_TRUE(writer.append(subject, event));
        if (i % 16 == 0) writer.publish();
      }
      writers[number].reset();
    });
  }
  const auto reader = open_merged(config).take();
  std::map<std::string, std::uint64_t> counts;
  std::int64_t last = 0;
  Next next = Next::idle;
  while ((next = reader->next()) != Next::closed) {
    if (next != Next::event) {
      ASSERT_EQ(next, Next::idle);
      reader->release();
      reader->wait(kLong);
      continue;
    }
    ASSERT_GT(to_nanoseconds(reader->event().ts_recv), last);
    last = to_nanoseconds(reader->event().ts_recv);
    ++counts[std::string{reader->event().symbol}];
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counts, (std::map<std::string, std::uint64_t>{{"0", kEach}, {"1", kEach}, {"2", 10}}));
}

}  // namespace
}  // namespace mp::journal
