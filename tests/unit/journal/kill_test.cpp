// kill -9 at a hundred moments: whatever append() said is written, and whatever a reader has seen,
// is there afterwards, in order and whole; and the next writer goes on behind it.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <random>

#include "unit/journal/support.hpp"

namespace mp::journal {
namespace {

// Shared with the processes that are killed.
struct Ledger {
  std::atomic<std::uint64_t> appended;  // events for which append() has returned
  std::atomic<std::uint64_t> seen;      // events that the reading process has checked
  std::atomic<std::uint32_t> wrong;     // the reader met something it should not
};

// Room for everything that the test writes.
Config kill_config(const std::filesystem::path& dir) {
  Config config = small_config(dir);
  config.retention_bytes = 512 << 20;
  return config;
}

// Until it is killed; a kill that comes late finds it waiting at `last`.
[[noreturn]] void write_for_ever(const std::filesystem::path& dir, Ledger& ledger,
                                 std::uint64_t last) {
  auto opened = Writer::open(kill_config(dir));
  if (!opened) ::_exit(1);
  Writer& writer = **opened;
  const SubjectId subject = writer.subject("binance", "BTCUSDT", "BTC-USDT");
  NumberedEvents events;
  for (std::uint64_t number = writer.next_index();; ++number) {
    if (!writer.append(subject, events(number))) ::_exit(1);
    ledger.appended.store(number + 1, std::memory_order_release);
    if (number % 16 == 0) writer.publish();
    while (number == last) std::this_thread::yield();
  }
}

[[noreturn]] void read_for_ever(const std::filesystem::path& dir, Ledger& ledger) {
  auto opened = Reader::open({.location = dir, .name = "watcher"});
  if (!opened) ::_exit(1);
  Reader& reader = **opened;
  std::uint64_t number = ledger.seen.load();
  while (true) {
    // Asked before next(): a writer may begin between the two.
    const bool begun = ledger.appended != 0;
    const Next next = reader.next();
    if (next == Next::idle) continue;
    // Before the first writer, the journal is as the test has closed it; nobody does later on.
    if (next == Next::closed && !begun) continue;
    if (next != Next::event || reader.index() != number || !is_numbered(reader.event(), number)) {
      ledger.wrong.store(1);
      ::_exit(1);
    }
    ++number;
    ledger.seen.store(number, std::memory_order_release);
    if (number % 32 == 0) {
      reader.commit(number);
      reader.release();
    }
  }
}

template <class Work>
pid_t start(Work work) {
  const pid_t pid = ::fork();
  if (pid == 0) work();
  return pid;
}
void kill_and_wait(pid_t pid) {
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

TEST(JournalKill, nothing_that_was_appended_or_seen_is_lost) {
  const TempDir dir;
  open_writer(kill_config(dir.path()));
  auto* ledger = static_cast<Ledger*>(
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(ledger, MAP_FAILED);
  std::mt19937_64 random(20'261'124);
  std::uint64_t verified = 0;
  std::uint64_t torn_inside_append = 0;
  for (int kill = 0; kill < 100; ++kill) {
    const std::uint64_t target = ledger->appended + 1 + random() % 1'500;
    const pid_t writer = start([&] { write_for_ever(dir.path(), *ledger, target + 5'000); });
    const pid_t reader = start([&] { read_for_ever(dir.path(), *ledger); });
    ASSERT_TRUE(eventually([&] { return ledger->appended.load() >= target; })) << kill;
    // From here on it is a matter of nanoseconds and of the scheduler where the kill hits.
    for (std::uint64_t spin = random() % 2'000; spin > 0; --spin)
      static_cast<void>(ledger->appended.load());
    kill_and_wait(writer);
    kill_and_wait(reader);
    ASSERT_EQ(ledger->wrong.load(), 0U) << kill;
    const std::uint64_t appended = ledger->appended;
    const std::uint64_t seen = ledger->seen;
    const auto check = open_reader({.location = dir.path(), .name = "check"});
    const std::uint64_t end = read_numbered(*check, verified, Next::idle);
    ASSERT_GE(end, appended) << kill;
    ASSERT_GE(end, seen) << kill;
    ASSERT_LE(end, appended + 1) << kill;  // one may be whole before append() could return
    torn_inside_append += end - appended;
    ledger->appended = end;
    verified = end;
    check->commit(verified);
    ledger->seen = 0;
    const auto watcher = open_reader({.location = dir.path(), .name = "watcher"});
    if (watcher->next() == Next::event) {
      ledger->seen = watcher->index();
    } else {
      ledger->seen = verified;
    }
  }
  const auto all = open_reader({.location = dir.path(), .name = {}, .from = From::oldest});
  EXPECT_EQ(read_numbered(*all, 0, Next::idle), verified);
  const auto writer = open_writer(kill_config(dir.path()));
  EXPECT_EQ(writer->next_index(), verified);
  RecordProperty("events", static_cast<int>(verified));
  RecordProperty("killed_inside_append", static_cast<int>(torn_inside_append));
  ::munmap(ledger, 4096);
}

}  // namespace
}  // namespace mp::journal
