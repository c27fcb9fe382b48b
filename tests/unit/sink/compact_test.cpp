// Compaction: fewer files, the same rows, wherever a kill comes.
#include "sink/compact.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "sink_fixture.hpp"

namespace mp::sink {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kEvents = 400;
std::uint64_t points_left = 0;

void crash(std::string_view) {
  if (--points_left == 0) ::_exit(42);
}

class CompactTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_duckdb()) GTEST_SKIP() << "no DuckDB: run scripts/install-duckdb.sh";
    events_.at(kEvents);
  }
  void collect(std::uint64_t from = 0, std::uint32_t shard = 0) {
    Settings settings = small_settings("parquet", dir_.path());
    settings.set("flush_rows", std::uint64_t{40});
    settings.shard = {.number = shard, .count = shard + 1};
    auto sink = kParquet.make(settings);
    ASSERT_TRUE(sink->open());
    Delivery delivery{events_, 37, from};
    delivery.all(*sink, kEvents);
    ASSERT_EQ(sink->close().outcome, Outcome::done);
  }
  [[nodiscard]] CompactConfig config() const {
    CompactConfig out;
    out.folder = dir_.path() / "parquet";
    out.durable = Durable::no;
    return out;
  }
  CompactCounts compact(const CompactConfig& config) {
    auto compactor = Compactor::open(config);
    EXPECT_TRUE(compactor) << compactor.error().message;
    const auto counts = (*compactor)->run([](const CompactCounts&) { return true; });
    EXPECT_TRUE(counts);
    EXPECT_EQ(counts->problem, "");
    return *counts;
  }
  [[nodiscard]] std::vector<fs::path> files(const std::string& type = "type=") const {
    auto all = files_below(dir_.path() / "parquet", 4);
    EXPECT_TRUE(all);
    std::erase_if(*all, [&](const fs::path& path) { return !path.string().starts_with(type); });
    return *all;
  }
  // What the rows of a channel are, in the order of the file.
  Rows rows_of(const std::string& sql) {
    auto query = Query::open({.data_dir = dir_.path()});
    EXPECT_TRUE(query);
    auto rows = (*query)->rows(sql, 1'000);
    EXPECT_TRUE(rows) << rows.error().message;
    return rows ? rows.take() : Rows{};
  }

  TempDir dir_;
  Events events_;
};

TEST_F(CompactTest, makes_one_file_of_a_day_sorted_by_time) {
  collect();
  const auto before = rows_of("SELECT * EXCLUDE (bids, asks) FROM book ORDER BY seq");
  const std::size_t count = files().size();
  ASSERT_GT(files("type=trade").size(), 5U);
  const CompactCounts counts = compact(config());
  EXPECT_EQ(files().size(), 4U);
  EXPECT_EQ(counts.files_replaced, count);
  EXPECT_EQ(counts.files_made, 4U);
  EXPECT_EQ(stored("parquet", dir_.path()), expected(events_, kEvents));
  EXPECT_EQ(rows_of("SELECT * EXCLUDE (bids, asks) FROM book ORDER BY seq").rows, before.rows);
  const auto name = ParquetName::parse(files("type=trade").at(0).filename().string());
  ASSERT_TRUE(name);
  EXPECT_EQ(name->stretch.first, 0U);
  EXPECT_EQ(name->stretch.end, kEvents);
  const auto sorted = rows_of(
      "SELECT bool_and(seq > before) FROM (SELECT seq, lag(seq) OVER () AS before FROM trade)");
  EXPECT_EQ(sorted.rows.at(0).at(0), "true");
  // Nothing is left to do, or lying about.
  EXPECT_EQ(compact(config()).files_made, 0U);
  EXPECT_EQ(list_folder(dir_.path() / "parquet/.compact").names.size(), 1U) << "its lock";
}

// A cursor that is lost: the file that was made knows what it has.
TEST_F(CompactTest, doubles_nothing_when_events_come_again) {
  collect();
  compact(config());
  const auto before = files();
  std::filesystem::remove(dir_.path() / "parquet/.commits");
  for (const std::uint64_t from : {0U, 50U, 399U}) collect(from);
  EXPECT_EQ(files(), before);
  EXPECT_EQ(stored("parquet", dir_.path()), expected(events_, kEvents));
}

TEST_F(CompactTest, loses_and_doubles_nothing_wherever_a_kill_strikes) {
  const Stored all = expected(events_, kEvents);
  std::uint64_t kills = 0;
  for (bool died = true; died; kills += died ? 1 : 0) {
    collect();
    const pid_t child = ::fork();
    if (child == 0) {
      points_left = kills + 1;
      CompactConfig dying = config();
      dying.crash_point = crash;
      auto compactor = Compactor::open(dying);
      if (!compactor) ::_exit(1);
      static_cast<void>((*compactor)->run([](const CompactCounts&) { return true; }));
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    died = WEXITSTATUS(status) == 42;
    ASSERT_TRUE(died || WEXITSTATUS(status) == 0);
    ASSERT_EQ(stored("parquet", dir_.path()), all) << "after the kill " << kills;
    compact(config());
    ASSERT_EQ(stored("parquet", dir_.path()), all) << "after the run that follows " << kills;
    EXPECT_EQ(files().size(), 4U);
    fs::remove_all(dir_.path() / "parquet");
    ASSERT_LT(kills, 100U);
  }
  EXPECT_EQ(kills, 20U) << "five points in each of four folders";
}

TEST_F(CompactTest, leaves_files_that_are_being_read_and_those_that_it_does_not_know) {
  collect();
  const auto before = files();
  const fs::path other = before.front().parent_path() / "mine.parquet";
  std::ofstream{dir_.path() / "parquet" / other} << "x";
  {
    auto query = Query::open({.data_dir = dir_.path()});
    ASSERT_TRUE(query);
    auto compactor = Compactor::open(config());
    const auto counts = (*compactor)->run([](const CompactCounts&) { return true; });
    ASSERT_TRUE(counts);
    EXPECT_EQ(counts->failures, 4U);
    EXPECT_NE(counts->problem.find("are being read"), std::string::npos) << counts->problem;
    EXPECT_EQ(files().size(), before.size() + 1);
    EXPECT_EQ(Compactor::open(config()).error().kind, ErrorKind::locked);
  }
  compact(config());
  EXPECT_EQ(files().size(), 5U);
  EXPECT_TRUE(fs::exists(dir_.path() / "parquet" / other));
}

// What it makes would be somebody else's, and the collector could no longer write there.
TEST_F(CompactTest, leaves_the_files_of_another_user) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  collect();
  ASSERT_EQ(::chown((dir_.path() / "parquet").c_str(), 65534, 65534), 0);
  const auto compactor = Compactor::open(config());
  ASSERT_FALSE(compactor);
  EXPECT_EQ(compactor.error().kind, ErrorKind::permission);
}

TEST_F(CompactTest, keeps_the_files_of_several_shards_apart) {
  collect(0, 0);
  collect(0, 1);
  compact(config());
  EXPECT_EQ(files().size(), 8U);
  EXPECT_EQ(rows_of("SELECT count(*) FROM trade").rows.at(0).at(0), "480");
}

TEST_F(CompactTest, leaves_a_folder_with_a_damaged_file_as_it_is) {
  collect();
  const auto trades = files("type=trade");
  std::ofstream{dir_.path() / "parquet" / trades.at(3)} << "damage";
  auto compactor = Compactor::open(config());
  const auto counts = (*compactor)->run([](const CompactCounts&) { return true; });
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->failures, 1U);
  EXPECT_EQ(files("type=trade"), trades);
  EXPECT_EQ(files("type=quote").size(), 1U);
}

// The plan alone.
constexpr std::int64_t kHour = 3'600'000'000'000;

CompactFile file_at(std::uint64_t number, std::int64_t at, std::uint64_t bytes = 100) {
  CompactFile out{.name = std::to_string(number), .parsed = {.who = "mixed"}, .bytes = bytes};
  out.parsed.stretch = {.first = number * 10,
                        .end = number * 10 + 10,
                        .earliest = from_nanoseconds(kStart + at),
                        .latest = from_nanoseconds(kStart + at + 1)};
  return out;
}

std::vector<std::size_t> sizes_of(const std::vector<CompactRun>& runs) {
  std::vector<std::size_t> out;
  for (const CompactRun& run : runs) out.push_back(run.files.size());
  return out;
}

TEST(CompactPlan, waits_until_an_hour_and_a_day_are_closed) {
  std::vector<CompactFile> files;  // 16:00, 16:20, 16:40, 17:00, ...
  for (std::uint64_t i = 0; i < 9; ++i)
    files.push_back(file_at(i, static_cast<std::int64_t>(i) * kHour / 3));
  const auto at = [&](std::int64_t hours) {
    CompactRules rules;
    rules.now = from_nanoseconds(kStart + hours * kHour) + rules.settle;
    return sizes_of(compact_runs(files, rules));
  };
  EXPECT_EQ(at(0), (std::vector<std::size_t>{}));
  EXPECT_EQ(at(1), (std::vector<std::size_t>{3}));
  EXPECT_EQ(at(2), (std::vector<std::size_t>{3, 3}));
  EXPECT_EQ(at(7), (std::vector<std::size_t>{3, 3, 3}));
  EXPECT_EQ(at(8), (std::vector<std::size_t>{9}));  // midnight
  EXPECT_EQ(sizes_of(compact_runs(files, {})), (std::vector<std::size_t>{9}));
}

TEST(CompactPlan, bounds_the_file_that_is_made_and_writes_no_large_one_for_crumbs) {
  CompactRules rules;
  rules.now = from_nanoseconds(kStart + 100 * kHour);
  rules.file_bytes_max = 1'000;
  const auto runs = compact_runs(
      {file_at(0, 0, 400), file_at(1, 1, 400), file_at(2, 2, 400), file_at(3, 3, 900)}, rules);
  EXPECT_EQ(sizes_of(runs), (std::vector<std::size_t>{2}));
  EXPECT_EQ(sizes_of(compact_runs({file_at(0, 0, 900), file_at(1, 1, 10)}, rules)),
            (std::vector<std::size_t>{}));
  rules.now.reset();
  EXPECT_EQ(sizes_of(compact_runs({file_at(0, 0, 900), file_at(1, 1, 10)}, rules)),
            (std::vector<std::size_t>{2}));
}

TEST(CompactPlan, joins_no_two_journals) {
  auto again = file_at(0, 3'000);  // a journal that counts from zero again
  again.name = "again";
  auto after = file_at(1, 4'000);
  after.name = "after";
  const auto runs = compact_runs({file_at(0, 0), again, file_at(1, 1'000), after}, {});
  ASSERT_EQ(sizes_of(runs), (std::vector<std::size_t>{2, 2}));
  EXPECT_EQ(runs[1].files[0].name, "again");
  EXPECT_EQ(runs[1].made.stretch.end, 20U);
}

}  // namespace
}  // namespace mp::sink
