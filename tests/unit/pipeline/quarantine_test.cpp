#include "pipeline/quarantine.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

namespace mp::pipeline {
namespace {

namespace fs = std::filesystem;

class QuarantineTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "mp-quarantine-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  void TearDown() override { fs::remove_all(dir_); }

  std::vector<std::string> kept(const fs::path& file) {
    std::vector<std::string> frames;
    auto reader = codec::RecordingReader::open(file);
    if (!reader) return frames;
    while (const auto line = (*reader)->next()) {
      if (line->kind == codec::LineKind::recv) frames.emplace_back(line->data);
    }
    return frames;
  }

  obs::Logger log_{obs::LogLevel::off};
  fs::path dir_;
  const venue::Reading malformed_{.verdict = venue::Verdict::malformed, .problem = "cut"};
};

TEST_F(QuarantineTest, keeps_a_malformed_frame_at_once_in_a_folder_that_it_makes) {
  const fs::path file = dir_ / "not" / "there" / "binance.ndjson";
  Quarantine quarantine{{.file = file}, "binance", log_};
  quarantine.keep("{\"cut", malformed_, "binance.0", Timestamp{});
  EXPECT_EQ(kept(file), std::vector<std::string>{"{\"cut"});
  EXPECT_EQ(quarantine.kept(), 1U);
}

TEST_F(QuarantineTest, counts_what_is_over_its_limit) {
  const fs::path file = dir_ / "binance.ndjson";
  Quarantine quarantine{{.file = file, .bytes_max = 2000}, "binance", log_};
  for (int i = 0; i < 100; ++i) quarantine.keep(std::string(100, 'x'), malformed_, "c", {});
  EXPECT_GT(quarantine.kept(), 0U);
  EXPECT_EQ(quarantine.kept() + quarantine.not_kept(), 100U);
  EXPECT_EQ(kept(file).size(), quarantine.kept());
  EXPECT_LT(fs::file_size(file), 3000U);
}

TEST_F(QuarantineTest, leaves_alone_what_an_earlier_run_kept) {
  const fs::path file = dir_ / "binance.ndjson";
  for (int run = 1; run <= 20; ++run) {
    Quarantine quarantine{{.file = file}, "binance", log_};
    quarantine.keep(std::to_string(run), malformed_, "c", {});
    EXPECT_EQ(quarantine.kept(), run <= 16 ? 1U : 0U) << run;  // the number of files is bounded
  }
  EXPECT_EQ(kept(file), std::vector<std::string>{"1"});
  EXPECT_EQ(kept(dir_ / "binance.2.ndjson"), std::vector<std::string>{"2"});
  EXPECT_EQ(kept(dir_ / "binance.16.ndjson"), std::vector<std::string>{"16"});
}

TEST_F(QuarantineTest, goes_on_where_nothing_can_be_written) {
  Quarantine quarantine{{.file = "/dev/null/quarantine.ndjson"}, "binance", log_};
  for (int i = 0; i < 3; ++i) quarantine.keep("x", malformed_, "c", {});
  EXPECT_EQ(quarantine.not_kept(), 3U);
}

}  // namespace
}  // namespace mp::pipeline
