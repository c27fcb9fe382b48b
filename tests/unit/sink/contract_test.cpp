// What every sink that writes files has to keep. Another one gets these tests by its name at the
// end and a reader in sink_fixture.hpp.
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>

#include "sink_fixture.hpp"

namespace mp::sink {
namespace {

constexpr std::uint64_t kEvents = 400;

// What a process that dies leaves behind for the test: on a page that both share.
struct Shared {
  std::uint64_t cursors[4096];  // delivered() after each write, as the runner would persist it
  std::uint64_t count;
  std::uint64_t points;  // crash points passed
};

Shared* shared() {
  static auto* const page = static_cast<Shared*>(
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  return page;
}

std::uint64_t crash_at = 0;

void crash(std::string_view) {
  // Several threads of a sink may pass one at the same time.
  if (++std::atomic_ref{shared()->points} == crash_at) ::_exit(42);
}

class SinkContract : public testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    if (GetParam() == "parquet" && !has_duckdb())
      GTEST_SKIP() << "no DuckDB: run scripts/install-duckdb.sh";
  }
  [[nodiscard]] std::unique_ptr<Sink> make(const Settings& settings) const {
    return settings.spec().make(settings);
  }
  [[nodiscard]] std::unique_ptr<Sink> make_open(const Settings& settings) const {
    auto sink = make(settings);
    const auto opened = sink->open();
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    return sink;
  }
  // Runs a delivery in a process that dies at its `point`th crash point. True: it did.
  bool dies_at(std::uint64_t point, Events& events) {
    *shared() = {};
    crash_at = point;
    const pid_t child = ::fork();
    if (child == 0) {
      Settings settings = small_settings(GetParam(), dir_.path());
      settings.crash_point = crash;
      auto sink = make(settings);
      if (!sink->open().ok()) ::_exit(1);
      Delivery delivery{events, 41};
      while (delivery.index < kEvents) {
        if (delivery.next(*sink, kEvents).outcome != Outcome::done) ::_exit(2);
        shared()->cursors[shared()->count++] = *sink->delivered();
      }
      ::_exit(sink->close().outcome == Outcome::done ? 0 : 3);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_TRUE(WEXITSTATUS(status) == 42 || WEXITSTATUS(status) == 0) << WEXITSTATUS(status);
    return WEXITSTATUS(status) == 42;
  }

  [[nodiscard]] std::vector<std::string> visible_files() const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{dir_.path()}) {
      const std::string path = entry.path().lexically_relative(dir_.path()).string();
      if (entry.is_regular_file() && path.find("/.") == std::string::npos) out.push_back(path);
    }
    return out;
  }
  [[nodiscard]] std::uint64_t stored_count() const {
    std::uint64_t count = 0;
    if (GetParam() == "ndjson") {
      for (const auto& [symbol, numbers] : stored_ndjson(dir_.path())) count += numbers.size();
      return count;
    }
    auto query = Query::open({.data_dir = dir_.path()});
    for (const std::string channel : {"trade", "quote", "book", "status"}) {
      auto rows = (*query)->rows("SELECT count(*) FROM " + channel, 1);
      count += std::stoull(*rows->rows.at(0).at(0));
    }
    return count;
  }

  TempDir dir_;
};

TEST_P(SinkContract, keeps_every_event_once_and_in_order) {
  Events events;
  {
    auto sink = make_open(small_settings(GetParam(), dir_.path()));
    Delivery delivery{events};
    delivery.all(*sink, kEvents);
    EXPECT_GT(*sink->delivered(), 0U);
    EXPECT_LT(*sink->delivered(), kEvents);
    ASSERT_EQ(sink->close().outcome, Outcome::done);
    EXPECT_EQ(sink->delivered(), kEvents);
  }
  EXPECT_EQ(stored(GetParam(), dir_.path()), expected(events, kEvents));
}

TEST_P(SinkContract, loses_and_doubles_nothing_wherever_a_crash_strikes) {
  Events events;
  events.at(kEvents);
  const Stored all = expected(events, kEvents);
  std::uint64_t crashes = 0;
  // Every point of the first flush, then some of the rest.
  for (std::uint64_t point = 1; dies_at(point, events); point += point < 16 ? 1 : 5) {
    ++crashes;
    // The cursor as it was persisted last, and as an older one after a power loss.
    const std::uint64_t back = point % 3 == 0 ? 4 : 0;
    const Shared& died = *shared();
    const std::uint64_t cursor = died.count > back ? died.cursors[died.count - 1 - back] : 0;
    auto sink = make_open(small_settings(GetParam(), dir_.path()));
    Delivery delivery{events, 29 + point % 40, cursor};
    delivery.all(*sink, kEvents);
    ASSERT_EQ(sink->close().outcome, Outcome::done);
    EXPECT_EQ(sink->delivered(), kEvents);
    sink.reset();
    ASSERT_EQ(stored(GetParam(), dir_.path()), all) << "crash point " << point;
    std::filesystem::remove_all(dir_.path() / GetParam());
    ASSERT_LT(point, 300U);
  }
  EXPECT_GE(crashes, 6U);
}

TEST_P(SinkContract, passes_over_what_it_delivered_before) {
  Events events;
  for (int round = 0; round < 2; ++round) {
    auto sink = make_open(small_settings(GetParam(), dir_.path()));
    Delivery delivery{events, 37 + static_cast<std::size_t>(round) * 20};
    delivery.all(*sink, kEvents);
    ASSERT_EQ(sink->close().outcome, Outcome::done);
    EXPECT_EQ(sink->delivered(), kEvents);
  }
  EXPECT_EQ(stored(GetParam(), dir_.path()), expected(events, kEvents));
}

TEST_P(SinkContract, keeps_both_when_a_new_journal_counts_from_zero_again) {
  for (const std::int64_t start : {kStart, kStart + 3'600'000'000'000}) {
    Events events{start};
    auto sink = make_open(small_settings(GetParam(), dir_.path()));
    Delivery delivery{events};
    delivery.all(*sink, kEvents);
    ASSERT_EQ(sink->close().outcome, Outcome::done);
  }
  EXPECT_EQ(stored_count(), 2 * kEvents);
}

// Each shard has a runner with a sink of its own. The journals count alike, and even the events are
// the same here.
TEST_P(SinkContract, takes_several_shards_side_by_side_and_passes_over_what_each_delivered) {
  Events events;
  for (int round = 0; round < 2; ++round) {
    std::vector<std::unique_ptr<Sink>> sinks;
    for (const std::uint32_t number : {0U, 1U, 2U}) {
      Settings settings = small_settings(GetParam(), dir_.path());
      settings.shard = {.number = number, .count = 3};
      sinks.push_back(make_open(settings));
    }
    for (const auto& sink : sinks) {
      Delivery delivery{events, 37 + static_cast<std::size_t>(round) * 20};
      delivery.all(*sink, kEvents);
    }
    for (const auto& sink : sinks) ASSERT_EQ(sink->close().outcome, Outcome::done);
  }
  EXPECT_EQ(stored_count(), 3 * kEvents);
}

// Retention took the events that its stretches begin with, and the cursor does not know of them.
TEST_P(SinkContract, passes_over_what_it_delivered_before_from_the_middle_of_a_stretch) {
  Events events;
  for (const std::uint64_t from : {0U, 50U, 173U, 399U}) {
    auto sink = make_open(small_settings(GetParam(), dir_.path()));
    const auto known = sink->delivered_before(from, events.at(from));
    ASSERT_TRUE(known);
    EXPECT_TRUE(from == 0 ? *known == 0 : *known >= from) << *known;
    Delivery delivery{events, 37, from};
    delivery.all(*sink, kEvents);
    ASSERT_EQ(sink->close().outcome, Outcome::done);
    EXPECT_EQ(sink->delivered(), kEvents);
  }
  EXPECT_EQ(stored(GetParam(), dir_.path()), expected(events, kEvents));
}

// More stretches than anybody would list, and a cursor that is lost.
TEST_P(SinkContract, passes_over_any_number_of_stretches) {
  Events events;
  const Settings settings = small_settings(GetParam(), dir_.path(), 0);
  for (const std::uint64_t from : {0U, 0U, 1U, 7U, 150U}) {
    auto sink = make_open(settings);
    Delivery delivery{events, 4, from};
    delivery.all(*sink, kEvents);
    ASSERT_EQ(sink->close().outcome, Outcome::done);
    EXPECT_EQ(sink->delivered(), kEvents);
  }
  EXPECT_EQ(stored(GetParam(), dir_.path()), expected(events, kEvents));
}

TEST_P(SinkContract, starts_when_finished_files_were_taken_away) {
  Events events;
  Settings settings = small_settings(GetParam(), dir_.path());
  settings.durable = true;
  for (const std::uint64_t end : {kEvents / 2, kEvents}) {
    auto sink = make_open(settings);
    Delivery delivery{events, 37, end == kEvents ? kEvents / 2 : 0};
    delivery.all(*sink, end);
    ASSERT_EQ(sink->close().outcome, Outcome::done);
    sink.reset();
    for (const auto& entry : std::filesystem::directory_iterator{dir_.path() / GetParam()}) {
      if (!entry.path().filename().string().starts_with("."))
        std::filesystem::remove_all(entry.path());
    }
  }
  EXPECT_TRUE(visible_files().empty());
  EXPECT_EQ(make_open(settings)->close().outcome, Outcome::done);
}

TEST_P(SinkContract, makes_no_file_for_what_its_files_have) {
  Events events;
  {
    auto sink = make_open(small_settings(GetParam(), dir_.path()));
    Delivery delivery{events};
    delivery.all(*sink, kEvents);
    ASSERT_EQ(sink->close().outcome, Outcome::done);
  }
  const auto files = visible_files();
  {
    auto sink = make_open(small_settings(GetParam(), dir_.path()));
    Delivery delivery{events};
    delivery.all(*sink, kEvents);
    ASSERT_EQ(sink->close().outcome, Outcome::done);
  }
  EXPECT_EQ(visible_files(), files);
  EXPECT_EQ(stored(GetParam(), dir_.path()), expected(events, kEvents));
}

// What was delivered is told by the names of files. A log that helps is no more than that.
TEST_P(SinkContract, doubles_nothing_when_the_cursor_and_the_log_are_lost_or_damaged) {
  Events events;
  const auto log = dir_.path() / GetParam() / ".commits";
  for (const std::string text : {"", "lost", "flush 1 2 3\nnonsense\n", "\x1b[2J\xff damage\n"}) {
    if (text == "lost") {
      std::filesystem::remove(log);
    } else if (!text.empty()) {
      std::ofstream{log, std::ios::binary} << text << std::string(40, '\0');
    }
    auto sink = make_open(small_settings(GetParam(), dir_.path()));
    Delivery delivery{events, 37};
    delivery.all(*sink, kEvents);
    ASSERT_EQ(sink->close().outcome, Outcome::done);
    EXPECT_EQ(sink->delivered(), kEvents);
  }
  EXPECT_EQ(stored(GetParam(), dir_.path()), expected(events, kEvents));
}

// A kill between the renames of a flush, and then the log is gone as well.
TEST_P(SinkContract, doubles_nothing_after_a_crash_without_its_log) {
  Events events;
  events.at(kEvents);
  for (std::uint64_t point = 1; dies_at(point, events); point += 2) {
    std::filesystem::remove(dir_.path() / GetParam() / ".commits");
    auto sink = make_open(small_settings(GetParam(), dir_.path()));
    Delivery delivery{events, 41};
    delivery.all(*sink, kEvents);
    ASSERT_EQ(sink->close().outcome, Outcome::done);
    sink.reset();
    ASSERT_EQ(stored(GetParam(), dir_.path()), expected(events, kEvents)) << point;
    std::filesystem::remove_all(dir_.path() / GetParam());
    ASSERT_LT(point, 60U) << "nothing more to learn";
    if (point > 24) break;
  }
}

TEST_P(SinkContract, delivers_by_age_when_told_the_time) {
  Events events;
  auto sink = make_open(small_settings(GetParam(), dir_.path()));
  Delivery delivery{events, 10};
  delivery.all(*sink, 10);
  const auto now = from_nanoseconds(kStart);
  EXPECT_EQ(sink->tick(now).outcome, Outcome::done);
  EXPECT_EQ(sink->delivered(), 0U);
  EXPECT_EQ(sink->tick(now + std::chrono::minutes{10}).outcome, Outcome::done);
  EXPECT_EQ(sink->delivered(), 10U);
  EXPECT_EQ(sink->tick(now + std::chrono::hours{1}).outcome, Outcome::done);
  EXPECT_EQ(stored(GetParam(), dir_.path()), expected(events, 10));
}

TEST_P(SinkContract, waits_on_a_full_disk_and_goes_on_when_there_is_space) {
  Events events;
  const Settings settings = small_settings(GetParam(), dir_.path(), 3);
  auto sink = make_open(settings);
  Delivery delivery{events};

  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit tiny{.rlim_cur = 6'000, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tiny), 0);
  Written written;
  for (int i = 0; i < 40 && written.outcome == Outcome::done; ++i)
    written = delivery.next(*sink, kEvents);
  const Written again = delivery.next(*sink, kEvents);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);

  EXPECT_EQ(written.outcome, Outcome::retriable);
  EXPECT_NE(written.problem, "");
  EXPECT_EQ(again.outcome, Outcome::retriable);
  EXPECT_EQ(sink->delivered(), 0U);
  EXPECT_TRUE(visible_files().empty()) << "half a file can be seen";

  delivery.all(*sink, kEvents);
  ASSERT_EQ(sink->close().outcome, Outcome::done);
  EXPECT_EQ(stored(GetParam(), dir_.path()), expected(events, kEvents));
}

TEST_P(SinkContract, says_why_a_folder_cannot_be_used) {
  const auto file = dir_.path() / "file";
  std::fclose(std::fopen(file.c_str(), "w"));
  const auto under_a_file = make(small_settings(GetParam(), file))->open();
  ASSERT_FALSE(under_a_file.ok());
  EXPECT_EQ(under_a_file.error().kind, ErrorKind::io);
  EXPECT_NE(under_a_file.error().message.find(file.string()), std::string::npos);

  const auto closed = dir_.path() / "closed";
  std::filesystem::create_directory(closed);
  ::chmod(closed.c_str(), 0500);
  ::chmod(dir_.path().c_str(), 0755);
  constexpr uid_t kNobody = 65534;
  const bool root = ::geteuid() == 0;
  ASSERT_EQ(root ? ::seteuid(kNobody) : 0, 0);
  const auto forbidden = make(small_settings(GetParam(), closed))->open();
  ASSERT_EQ(root ? ::seteuid(0) : 0, 0);
  ::chmod(closed.c_str(), 0700);
  ASSERT_FALSE(forbidden.ok());
  EXPECT_EQ(forbidden.error().kind, ErrorKind::permission);
}

TEST_P(SinkContract, refuses_a_folder_that_another_writes_to) {
  auto first = make_open(small_settings(GetParam(), dir_.path()));
  auto second = make(small_settings(GetParam(), dir_.path()));
  const auto opened = second->open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().kind, ErrorKind::locked);
}

TEST_P(SinkContract, keeps_hostile_symbols_inside_its_folder) {
  Events events;
  auto sink = make_open(small_settings(GetParam(), dir_.path()));
  Delivery delivery{events};
  delivery.all(*sink, kEvents);
  ASSERT_EQ(sink->close().outcome, Outcome::done);
  for (const auto& file : visible_files()) EXPECT_EQ(file.find("/etc"), std::string::npos) << file;
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{dir_.path()}, {}), 1);
}

INSTANTIATE_TEST_SUITE_P(Registry, SinkContract, testing::Values("ndjson", "parquet"),
                         [](const auto& instance) { return std::string{instance.param}; });

}  // namespace
}  // namespace mp::sink
