// Compaction in the background: what fails is told and tried again.
#include "sink/parquet_compaction.hpp"

#include <fstream>
#include <thread>

#include "sink_fixture.hpp"

namespace mp::sink {
namespace {

using std::chrono::minutes;

constexpr std::uint64_t kEvents = 200;
const Timestamp kNow = from_nanoseconds(kStart) + std::chrono::hours{30};  // all is closed

class ParquetCompactionTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_duckdb()) GTEST_SKIP() << "no DuckDB: run scripts/install-duckdb.sh";
    Settings settings = small_settings("parquet", dir_.path());
    settings.set("flush_rows", std::uint64_t{40});
    auto sink = kParquet.make(settings);
    ASSERT_TRUE(sink->open());
    Delivery delivery{events_};
    delivery.all(*sink, kEvents);
    ASSERT_EQ(sink->close().outcome, Outcome::done);
    compaction_ = compaction_of(settings);
    compaction_->tick(kNow);  // the first time that it is told
  }
  // A run that is due at that time, and not before, comes to its end.
  void run(minutes at) {
    compaction_->tick(kNow + at - std::chrono::seconds{1});
    EXPECT_FALSE(compaction_->is_running());
    compaction_->tick(kNow + at);
    EXPECT_TRUE(compaction_->is_running());
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (compaction_->is_running() && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    ASSERT_FALSE(compaction_->is_running());
    compaction_->tick(kNow + at);
  }
  [[nodiscard]] std::size_t files() const {
    const auto all = files_below(dir_.path() / "parquet", 4);
    return all ? all->size() : 0;
  }

  TempDir dir_;
  Events events_;
  std::unique_ptr<ParquetCompaction> compaction_;
};

TEST_F(ParquetCompactionTest, tells_a_failure_and_tries_again_with_growing_pauses) {
  const std::size_t before = files();
  const auto in_the_way = dir_.path() / "parquet/.compact";
  std::ofstream{in_the_way} << "no folder";
  // After a minute, and then one, two, four minutes after the failure before.
  run(minutes{1});
  EXPECT_EQ(compaction_->upkeep().failures, 1U);
  EXPECT_NE(compaction_->upkeep().problem.find(in_the_way.string()), std::string::npos)
      << compaction_->upkeep().problem;
  run(minutes{2});
  run(minutes{4});
  EXPECT_EQ(compaction_->upkeep().failures, 3U);
  EXPECT_EQ(files(), before);
  std::filesystem::remove(in_the_way);
  run(minutes{8});
  EXPECT_EQ(compaction_->upkeep().failures, 3U) << "as many as there were";
  EXPECT_EQ(compaction_->upkeep().problem, "") << "it is over";
  EXPECT_EQ(files(), 4U);
  EXPECT_EQ(stored("parquet", dir_.path()), expected(events_, kEvents));
}

// A query reads the files: that is no failure, unless it goes on.
TEST_F(ParquetCompactionTest, says_nothing_of_a_reader_that_comes_and_goes) {
  const auto before = files();
  auto query = Query::open({.data_dir = dir_.path()});
  ASSERT_TRUE(query);
  for (const int at : {1, 2, 4, 8}) {
    run(minutes{at});
    EXPECT_EQ(compaction_->upkeep().failures, 0U);
  }
  run(minutes{16});
  EXPECT_EQ(compaction_->upkeep().failures, 1U);
  EXPECT_NE(compaction_->upkeep().problem.find("are being read"), std::string::npos);
  EXPECT_EQ(files(), before);
  query->reset();
  run(minutes{32});
  EXPECT_EQ(compaction_->upkeep().problem, "");
  EXPECT_EQ(files(), 4U);
}

}  // namespace
}  // namespace mp::sink
