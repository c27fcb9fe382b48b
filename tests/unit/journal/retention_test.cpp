// What goes, what stays, and what happens when the disk is full.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>

#include "unit/journal/support.hpp"

namespace mp::journal {
namespace {

std::size_t count_segments(const std::filesystem::path& dir) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir))
    if (entry.path().extension() == ".segment") ++count;
  return count;
}

TEST(JournalRetention, bytes_are_bounded_and_losses_counted_exactly) {
  const TempDir dir;
  Config config = small_config(dir.path());
  config.retention_bytes = 5 * config.segment_bytes;
  const auto writer = open_writer(config);
  const auto slow = open_reader({.location = dir.path(), .name = {}});
  std::uint64_t read = 0;
  std::uint64_t lost = 0;
  for (std::uint64_t round = 0; round < 20; ++round) {
    append_numbered(*writer, round * 2'000, 2'000);
    EXPECT_LE(count_segments(dir.path()), 5U);
    // Reads a little and is overtaken.
    for (int step = 0; step < 300; ++step) {
      const Next next = slow->next();
      if (next == Next::lost) {
        lost += slow->lost_count();
        continue;
      }
      ASSERT_EQ(next, Next::event) << slow->problem();
      ASSERT_EQ(slow->index(), read + lost);
      ASSERT_TRUE(is_numbered(slow->event(), slow->index()));
      ++read;
    }
    slow->release();
  }
  EXPECT_GT(lost, 10'000U);
  for (Next next = slow->next(); next != Next::idle; next = slow->next()) {
    ASSERT_TRUE(next == Next::event || next == Next::lost);
    if (next == Next::lost) {
      lost += slow->lost_count();
    } else {
      ++read;
    }
  }
  EXPECT_EQ(read + lost, 40'000U);
  EXPECT_EQ(slow->index(), 39'999U);
}

TEST(JournalRetention, a_cursor_that_was_overtaken_says_what_is_missing) {
  const TempDir dir;
  Config config = small_config(dir.path());
  config.retention_bytes = 4 * config.segment_bytes;
  const auto writer = open_writer(config);
  append_numbered(*writer, 0, 100);
  open_reader({.location = dir.path(), .name = "late"})->commit(70);
  append_numbered(*writer, 100, 20'000);
  const auto reader = open_reader({.location = dir.path(), .name = "late"});
  ASSERT_EQ(reader->next(), Next::lost);
  const std::uint64_t first = 70 + reader->lost_count();
  EXPECT_EQ(read_numbered(*reader, first, Next::idle), 20'100U);
  EXPECT_GT(first, 10'000U);
}

TEST(JournalRetention, age_removes_what_is_finished) {
  const TempDir dir;
  Config config = small_config(dir.path());
  config.retention_age = std::chrono::seconds(0);
  const auto writer = open_writer(config);
  append_numbered(*writer, 0, 10'000);
  // The active one, and one that is prepared.
  EXPECT_TRUE(eventually([&] { return count_segments(dir.path()) <= 2; }));
}

TEST(JournalRetention, hold_keeps_segments_until_they_are_committed) {
  const TempDir dir;
  Config config = small_config(dir.path());
  config.retention_age = std::chrono::seconds(0);
  const auto writer = open_writer(config);
  const auto reader = open_reader({.location = dir.path(), .name = "sink", .hold = true});
  append_numbered(*writer, 0, 10'000);
  EXPECT_EQ(read_numbered(*reader, 0, Next::idle), 10'000U);
  EXPECT_GT(writer->counters().segments, 5U);
  reader->commit(10'000);
  append_numbered(*writer, 10'000, 500);  // rolls over: the keeper looks again
  // Left are those with the 500 events, which are held, and one that is prepared.
  EXPECT_TRUE(eventually([&] { return count_segments(dir.path()) <= 5; }));
  EXPECT_EQ(read_numbered(*reader, 10'000, Next::idle), 10'500U);
}

TEST(JournalRetention, hold_ends_where_the_bytes_end) {
  const TempDir dir;
  Config config = small_config(dir.path());
  config.retention_bytes = 5 * config.segment_bytes;
  const auto writer = open_writer(config);
  auto reader = open_reader({.location = dir.path(), .name = "sink", .hold = true});
  append_numbered(*writer, 0, 20'000);
  EXPECT_LE(count_segments(dir.path()), 5U);
  reader.reset();
  reader = open_reader({.location = dir.path(), .name = "sink", .hold = true});
  ASSERT_EQ(reader->next(), Next::lost);
  EXPECT_EQ(read_numbered(*reader, reader->lost_count(), Next::idle), 20'000U);
}

TEST(JournalRetention, what_earlier_writers_left_counts) {
  const TempDir dir;
  Config config = small_config(dir.path());
  append_numbered(*open_writer(config), 0, 20'000);
  EXPECT_GT(count_segments(dir.path()), 10U);
  config.retention_bytes = 4 * config.segment_bytes;
  const auto writer = open_writer(config);
  EXPECT_TRUE(eventually([&] { return count_segments(dir.path()) <= 4; }));
}

// Reads to the end of what is there. Numbered events must come in order; for each stretch that is
// missing there must have been one gap event that says how many.
struct Tally {
  std::uint64_t next_number = 0;
  std::uint64_t missing = 0;
  std::uint64_t gaps = 0;
  std::uint64_t unannounced = 0;
};
void tally(Reader& reader, Tally& tally) {
  std::uint64_t announced = 0;
  for (Next next = reader.next(); next == Next::event; next = reader.next()) {
    if (const auto* status = std::get_if<Status>(&reader.event().body)) {
      EXPECT_EQ(status->condition, Condition::gap);
      EXPECT_EQ(status->reason, "journal disk full");
      EXPECT_EQ(reader.event().symbol, "BTCUSDT");
      announced += static_cast<std::uint64_t>(status->missing.value_or(0));
      ++tally.gaps;
      continue;
    }
    const std::uint64_t number = reader.event().seq - 1;
    EXPECT_TRUE(is_numbered(reader.event(), number));
    if (number != tally.next_number + announced) ++tally.unannounced;
    tally.missing += number - tally.next_number;
    tally.next_number = number + 1;
    announced = 0;
    reader.release();
  }
}

// Appends numbered events until one is dropped, and some more that are. Returns the next number.
std::uint64_t fill(Writer& writer, std::uint64_t number) {
  const SubjectId subject = writer.subject("binance", "BTCUSDT", "BTC-USDT");
  NumberedEvents events;
  const std::uint64_t limit = number + 100'000;
  while (number < limit && writer.append(subject, events(number))) ++number;
  EXPECT_LT(number, limit) << "the disk never was full";
  ++number;
  for (int more = 0; more < 500; ++more) EXPECT_FALSE(writer.append(subject, events(number++)));
  return number;
}

// Appends until an event is taken again. Returns the next number.
std::uint64_t until_accepted(Writer& writer, std::uint64_t number) {
  const SubjectId subject = writer.subject("binance", "BTCUSDT", "BTC-USDT");
  NumberedEvents events;
  EXPECT_TRUE(eventually([&] { return writer.append(subject, events(number++)); }));
  return number;
}

// Files of this process may not grow beyond a size: stands for a full disk without any privilege.
class FileSizeLimit {
 public:
  FileSizeLimit() {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = 8'192;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

// The limit hits memory files as well, so no spare segment can be had: events are dropped at once.
TEST(JournalDiskFull, drops_are_marked_exactly_and_writing_resumes) {
  const TempDir dir;
  Config config = small_config(dir.path());
  const auto writer = open_writer(config);
  const auto reader = open_reader({.location = dir.path(), .name = "r", .hold = true});
  append_numbered(*writer, 0, 1'000);
  std::uint64_t number = 1'000;
  Tally seen;
  for (std::uint64_t round = 1; round <= 3; ++round) {
    {
      const FileSizeLimit limit;
      number = fill(*writer, number);
    }
    number = until_accepted(*writer, number);
    tally(*reader, seen);
    EXPECT_EQ(seen.gaps, round);
    EXPECT_EQ(seen.unannounced, 0U);
    EXPECT_EQ(seen.missing, writer->counters().dropped);
    EXPECT_EQ(seen.next_number, number);
  }
}

TEST(JournalDiskFull, opening_without_room_says_so) {
  const TempDir dir;
  Config config = small_config(dir.path());
  config.spare_memory_bytes = 0;
  const FileSizeLimit limit;
  const auto writer = Writer::open(config);
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().kind, ErrorKind::io);
  EXPECT_NE(writer.error().message.find("cannot reserve 65536 bytes"), std::string::npos)
      << writer.error().message;
}

// What a reader in a process of its own finds, from the oldest event on.
std::uint64_t count_in_another_process(const std::filesystem::path& dir) {
  auto* count = static_cast<std::atomic<std::uint64_t>*>(
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  const pid_t pid = ::fork();
  if (pid == 0) {
    const auto reader = Reader::open({.location = dir, .name = {}, .from = From::oldest});
    if (!reader) ::_exit(1);
    while ((*reader)->next() == Next::event && is_numbered((*reader)->event(), *count)) ++*count;
    ::_exit(0);
  }
  ::waitpid(pid, nullptr, 0);
  const std::uint64_t result = *count;
  ::munmap(count, 4096);
  return result;
}

// A real small disk. It needs the right to mount; the tests above need none.
class SmallDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::mount("journal-test", dir_.path().c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "size=1M") != 0)
      GTEST_SKIP() << "mounting a tmpfs is not permitted here";
    mounted_ = true;
  }
  void TearDown() override {
    if (mounted_) ::umount2(dir_.path().c_str(), MNT_DETACH);
  }
  // Takes all room but `left` bytes.
  void occupy(std::uint64_t left) {
    struct statvfs facts{};
    ASSERT_EQ(::statvfs(dir_.path().c_str(), &facts), 0);
    const std::uint64_t room = facts.f_bavail * facts.f_frsize;
    ASSERT_GT(room, left);
    std::ofstream(dir_.path() / "hog", std::ios::binary) << std::string(room - left, 'x');
  }
  void free_room() { std::filesystem::remove(dir_.path() / "hog"); }

  TempDir dir_;
  bool mounted_ = false;
};

TEST_F(SmallDisk, the_oldest_segments_make_room) {
  Config config = small_config(dir_.path() / "journal");
  const auto writer = open_writer(config);
  append_numbered(*writer, 0, 40'000);  // several times the disk
  EXPECT_EQ(writer->counters().dropped, 0U);
  const auto reader =
      open_reader({.location = dir_.path() / "journal", .name = {}, .from = From::oldest});
  ASSERT_EQ(reader->next(), Next::event);
  EXPECT_GT(reader->index(), 20'000U);
  std::uint64_t index = reader->index();
  // The keeper may still be making room for the next segment.
  for (Next next = reader->next(); next != Next::idle; next = reader->next()) {
    ASSERT_TRUE(next == Next::event || next == Next::lost);
    index += next == Next::lost ? reader->lost_count() : 1;
  }
  EXPECT_EQ(index, 39'999U);
}

TEST_F(SmallDisk, spare_memory_bridges_a_full_disk) {
  Config config = small_config(dir_.path() / "journal");
  config.spare_memory_bytes = 768 << 10;
  auto writer = open_writer(config);
  const auto holder = open_reader({.location = config.dir, .name = "holder", .hold = true});
  const auto reader = open_reader({.location = config.dir, .name = {}});
  append_numbered(*writer, 0, 1'000);
  occupy(0);
  // More than what is left of the segments on the disk, less than the spare one.
  append_numbered(*writer, 1'000, 3'000);
  EXPECT_EQ(writer->counters().dropped, 0U);
  // Readers see it at once, although it is nowhere on the disk.
  EXPECT_EQ(read_numbered(*reader, 0, Next::idle), 4'000U);
  EXPECT_EQ(count_in_another_process(config.dir), 4'000U);
  const WriterCounters full = writer->counters();
  free_room();
  // In time the keeper finds room for a segment, and writing goes on in it; then the spare one
  // follows to the disk.
  EXPECT_TRUE(eventually([&] { return writer->counters().bytes > full.bytes; }));
  std::uint64_t number = 4'000;
  append_numbered(*writer, number++, 1);
  EXPECT_TRUE(eventually([&] { return writer->counters().segments >= full.segments + 2; }));
  append_numbered(*writer, number, 100);
  number += 100;
  EXPECT_EQ(read_numbered(*reader, 4'000, Next::idle), number);
  writer.reset();
  const auto later = open_reader({.location = config.dir, .name = {}, .from = From::oldest});
  EXPECT_EQ(read_numbered(*later, 0, Next::closed), number);
  EXPECT_EQ(read_numbered(*holder, 0, Next::closed), number);
}

TEST_F(SmallDisk, drops_are_marked_exactly_and_writing_resumes) {
  Config config = small_config(dir_.path() / "journal");
  const auto writer = open_writer(config);
  const auto reader = open_reader({.location = config.dir, .name = "r", .hold = true});
  append_numbered(*writer, 0, 1'000);
  std::uint64_t number = 1'000;
  Tally seen;
  for (std::uint64_t round = 1; round <= 3; ++round) {
    occupy(0);
    number = fill(*writer, number);
    free_room();
    number = until_accepted(*writer, number);
    // What the spare segment held is on its way to the disk.
    tally(*reader, seen);
    EXPECT_EQ(seen.gaps, round);
    EXPECT_EQ(seen.unannounced, 0U);
    EXPECT_EQ(seen.missing, writer->counters().dropped);
    EXPECT_EQ(seen.next_number, number);
    reader->commit(reader->index() + 1);
  }
}

}  // namespace
}  // namespace mp::journal
