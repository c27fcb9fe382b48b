// Each system call of a compaction fails once, at each of its first calls: the rows stay as they
// are, somebody hears of what was not done, and the next run does it.
#include <array>
#include <cerrno>
#include <fstream>
#include <iostream>

#include "sink/compact.hpp"
#include "unit/faults/faults.hpp"
#include "unit/sink/sink_fixture.hpp"

namespace mp::sink {
namespace {

namespace fs = std::filesystem;
using faults::Call;

constexpr std::uint64_t kEvents = 120;
constexpr std::size_t kMade = 12;  // four types, two journals, and a file that is none of ours
constexpr unsigned kCallsShort = 8;
constexpr unsigned kCallsLong = 400;
constexpr std::array kCodes = {EIO, ENOSPC, EINTR, EMFILE, ENOMEM, EINVAL};

class CompactionSweep : public testing::TestWithParam<Call> {
 protected:
  static void SetUpTestSuite() {
    if (fs::is_directory("/dev/shm")) ::setenv("TMPDIR", "/dev/shm", 0);
  }
  void SetUp() override {
    if (!has_duckdb()) GTEST_SKIP() << "no DuckDB: run scripts/install-duckdb.sh";
    for (const std::uint32_t shard : {0U, 1U}) {
      Settings settings = small_settings("parquet", dir_.path() / "made");
      settings.set("flush_rows", std::uint64_t{30});
      settings.shard = {.number = shard, .count = 2};
      auto sink = kParquet.make(settings);
      ASSERT_TRUE(sink->open());
      Delivery delivery{events_, 15};
      delivery.all(*sink, kEvents / (shard + 1));
      ASSERT_EQ(sink->close().outcome, Outcome::done);
    }
    const auto all = files_below(dir_.path() / "made/parquet", 3);
    ASSERT_TRUE(all);
    for (const fs::path& folder : *all)
      std::ofstream{dir_.path() / "made/parquet" / folder / "note"};
  }
  // Rows of two journals, by a number of their own.
  [[nodiscard]] std::string rows() const {
    auto query = Query::open({.data_dir = dir_.path()});
    EXPECT_TRUE(query);
    std::string out;
    for (const std::string type : {"trade", "quote", "book", "status"}) {
      const auto counted = (*query)->rows(
          "SELECT count(*) || ' ' || sum(seq) || ' ' || "
          "count(DISTINCT seq) FROM " +
              type,
          1);
      EXPECT_TRUE(counted) << counted.error().message;
      out += counted->rows[0][0].value_or("") + "; ";
    }
    return out;
  }
  [[nodiscard]] std::size_t files() const {
    const auto all = files_below(dir_.path() / "parquet", 4);
    EXPECT_TRUE(all);
    return all->size();
  }
  // What it says of trouble.
  [[nodiscard]] std::string compact() const {
    CompactConfig config;
    config.folder = dir_.path() / "parquet";
    config.kept_bytes_max = 1;
    auto compactor = Compactor::open(config);
    if (!compactor) return compactor.error().message;
    const auto counts = (*compactor)->run([](const CompactCounts&) { return true; });
    return counts ? counts->problem : counts.error().message;
  }

  TempDir dir_;
  Events events_;
};

TEST_P(CompactionSweep, loses_and_doubles_nothing_and_does_it_later) {
  const char* const wanted = std::getenv("MP_SWEEP");
  const bool is_long = wanted != nullptr && std::string_view{wanted} == "long";
  fs::copy(dir_.path() / "made/parquet", dir_.path() / "parquet", fs::copy_options::recursive);
  const std::string all = rows();
  unsigned injected = 0;
  unsigned said = 0;
  bool struck = true;
  for (unsigned at = 1; struck && at <= (is_long ? kCallsLong : kCallsShort); ++at) {
    for (std::size_t i = 0; i < kCodes.size() && struck; ++i) {
      if (!is_long && i != at % kCodes.size()) continue;
      fs::remove_all(dir_.path() / "parquet");
      fs::copy(dir_.path() / "made/parquet", dir_.path() / "parquet", fs::copy_options::recursive);
      const std::string what = std::string{faults::name_of(GetParam())} + " " + std::to_string(at) +
                               " code " + std::to_string(kCodes[i]);
      faults::arm({.call = GetParam(), .at = at, .code = kCodes[i]});
      const std::string problem = compact();
      struck = faults::disarm();
      ASSERT_EQ(rows(), all) << what;
      EXPECT_TRUE(files() == kMade || !problem.empty()) << what;
      EXPECT_EQ(compact(), "") << what;
      ASSERT_EQ(rows(), all) << what;
      ASSERT_EQ(files(), kMade) << what;
      injected += struck ? 1 : 0;
      said += struck && !problem.empty() ? 1 : 0;
    }
  }
  EXPECT_GT(injected, 0U);
  std::cout << faults::name_of(GetParam()) << ": " << injected << " injections, said of " << said
            << "\n";
}

INSTANTIATE_TEST_SUITE_P(Calls, CompactionSweep,
                         testing::Values(Call::openat, Call::fstatat, Call::fsync, Call::flock,
                                         Call::rename, Call::exchange, Call::link, Call::mkdir,
                                         Call::fdopendir, Call::readdir),
                         [](const auto& instance) {
                           return std::string{faults::name_of(instance.param)};
                         });

}  // namespace
}  // namespace mp::sink
