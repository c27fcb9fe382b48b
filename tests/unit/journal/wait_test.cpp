// Several threads and processes on one journal: concurrent reading, and waiting without polling.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

#include "unit/journal/support.hpp"

namespace mp::journal {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kLong{20'000};

TEST(JournalWait, returns_when_the_time_is_over) {
  const TempDir dir;
  const auto writer = open_writer(small_config(dir.path()));
  const auto reader = open_reader({.location = dir.path(), .name = {}});
  const auto begin = std::chrono::steady_clock::now();
  reader->wait(milliseconds(30));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(30));
  append_numbered(*writer, 0, 1);
  reader->wait(kLong);  // returns at once
  EXPECT_EQ(reader->next(), Next::event);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kLong);
}

// Writer and reader take turns; each step needs the reader to be woken by the publish before it.
TEST(JournalWait, wakes_a_thread_for_each_publish) {
  const TempDir dir;
  const auto writer = open_writer(small_config(dir.path()));
  constexpr std::uint64_t kTurns = 3'000;
  std::atomic<std::uint64_t> read = 0;
  const auto begin = std::chrono::steady_clock::now();
  std::thread thread([&] {
    const auto reader = open_reader({.location = dir.path(), .name = {}});
    while (read < kTurns) {
      if (reader->next() == Next::event) {
        EXPECT_TRUE(is_numbered(reader->event(), read));
        ++read;
      } else {
        reader->wait(kLong);
      }
    }
  });
  for (std::uint64_t turn = 0; turn < kTurns; ++turn) {
    append_numbered(*writer, turn, 1);
    EXPECT_TRUE(eventually([&] { return read > turn; })) << turn;
  }
  thread.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kLong) << "a wake-up was missed";
}

TEST(JournalWait, closing_wakes_too) {
  const TempDir dir;
  auto writer = open_writer(small_config(dir.path()));
  std::atomic<bool> started = false;
  std::thread thread([&] {
    const auto reader = open_reader({.location = dir.path(), .name = {}});
    started = true;
    Next next = Next::idle;
    while ((next = reader->next()) == Next::idle) reader->wait(kLong);
    EXPECT_EQ(next, Next::closed);
  });
  EXPECT_TRUE(eventually([&] { return started.load(); }));
  const auto begin = std::chrono::steady_clock::now();
  writer.reset();
  thread.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kLong);
}

void read_until_closed(const std::filesystem::path& location, std::uint64_t count, bool wait) {
  const auto reader = open_reader({.location = location, .name = {}, .from = From::oldest});
  std::uint64_t number = 0;
  while (true) {
    const Next next = reader->next();
    if (next == Next::event) {
      ASSERT_EQ(reader->index(), number);
      ASSERT_TRUE(is_numbered(reader->event(), number));
      ++number;
      if (number % 100 == 0) reader->release();
    } else if (next == Next::idle) {
      if (wait) reader->wait(kLong);
    } else {
      ASSERT_EQ(next, Next::closed) << reader->problem() << reader->lost_count();
      break;
    }
  }
  EXPECT_EQ(number, count);
}

class JournalThreads : public ::testing::TestWithParam<bool> {};
TEST_P(JournalThreads, read_everything_while_it_is_written) {
  const TempDir dir;
  Config config = small_config(GetParam() ? std::filesystem::path() : dir.path());
  auto writer = open_writer(config);
  constexpr std::uint64_t kCount = 20'000;
  std::vector<std::thread> readers;
  std::atomic<int> ready = 0;
  for (int number = 0; number < 3; ++number)
    readers.emplace_back([&, number, location = writer->location()] {
      // Keeps a journal in memory alive until all have opened it.
      const auto first = open_reader({.location = location, .name = {}});
      ++ready;
      read_until_closed(location, kCount, number != 0);
    });
  EXPECT_TRUE(eventually([&] { return ready == 3; }));
  for (std::uint64_t number = 0; number < kCount; number += 50)
    append_numbered(*writer, number, 50);
  // A journal in memory is found by name as long as its writer lives, so let them all get there.
  const auto last = open_reader({.location = writer->location(), .name = {}});
  writer.reset();
  for (std::thread& reader : readers) reader.join();
}
INSTANTIATE_TEST_SUITE_P(DiskAndMemory, JournalThreads, ::testing::Bool());

// A process of its own, that reports through its exit code.
pid_t run_process(const std::function<bool()>& work) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(work() && !::testing::Test::HasFailure() ? 0 : 1);
  return pid;
}
int exit_of(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status;
}

TEST(JournalProcesses, read_what_another_process_writes) {
  const TempDir dir;
  constexpr std::uint64_t kCount = 10'000;
  append_numbered(*open_writer(small_config(dir.path())), 0, 1);
  auto* opened = static_cast<std::atomic<int>*>(
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  std::vector<pid_t> readers;
  for (int number = 0; number < 2; ++number)
    readers.push_back(run_process([&] {
      const auto reader = open_reader({.location = dir.path(), .name = {}});
      std::uint64_t at = 0;
      bool counted = false;
      while (at < kCount) {
        const Next next = reader->next();
        if (next == Next::event) {
          if (!is_numbered(reader->event(), at++)) return false;
          if (!std::exchange(counted, true)) ++*opened;
        } else if (next == Next::idle || next == Next::closed) {
          reader->wait(next == Next::closed ? milliseconds(0) : kLong);
        } else {
          ADD_FAILURE() << "reader " << number << " at event " << at << ": " << reader->problem();
          return false;
        }
      }
      return true;
    }));
  EXPECT_TRUE(eventually([&] { return opened->load() == 2; }));
  const pid_t writer_process = run_process([&] {
    const auto writer = open_writer(small_config(dir.path()));
    for (std::uint64_t number = 1; number < kCount; number += 3)
      append_numbered(*writer, number, std::min<std::uint64_t>(3, kCount - number));
    return true;
  });
  EXPECT_EQ(exit_of(writer_process), 0);
  for (const pid_t reader : readers) EXPECT_EQ(exit_of(reader), 0);
  ::munmap(opened, 4096);
}

}  // namespace
}  // namespace mp::journal
