#include "pipeline/recording.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace mp::pipeline {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class RecordingTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "mp-recording-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  void TearDown() override { fs::remove_all(dir_); }

  void make(const char* name) { std::ofstream{dir_ / name} << "kept\n"; }
  static std::string text_of(const fs::path& file) {
    std::ifstream in{file};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  std::unique_ptr<Recording> open(const fs::path& file) {
    auto recording = Recording::open(file, {.venue = "okx", .recorded = {}, .program = "test"},
                                     codec::Existing::refuse, log_);
    EXPECT_TRUE(recording) << (recording ? "" : recording.error().message);
    return recording ? recording.take() : nullptr;
  }
  std::size_t lines_said() const {
    const std::string text = said_.str();
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
  }

  std::ostringstream said_;
  obs::Logger log_{obs::LogLevel::info, said_};
  fs::path dir_;
};

TEST_F(RecordingTest, goes_on_beside_what_is_there) {
  const fs::path file = dir_ / "s.ndjson.zst";
  EXPECT_EQ(name_recording(file, 1, IfExists::next_name).value(), file);
  make("s.ndjson.zst");
  EXPECT_EQ(name_recording(file, 1, IfExists::next_name).value(), dir_ / "s.2.ndjson.zst");
  make("s.2.ndjson.zst");
  EXPECT_EQ(name_recording(file, 1, IfExists::next_name).value(), dir_ / "s.3.ndjson.zst");
  EXPECT_EQ(next_name(file, 1, 2), fs::path{});
}

TEST_F(RecordingTest, is_named_alike_in_every_shard) {
  const fs::path file = dir_ / "s.ndjson";
  make("s.shard-1.ndjson");
  EXPECT_EQ(name_recording(file, 1, IfExists::next_name).value(), file);
  EXPECT_EQ(name_recording(file, 2, IfExists::next_name).value(), dir_ / "s.2.ndjson");
  EXPECT_EQ(file_of_shard(dir_ / "s.2.ndjson", 1), dir_ / "s.2.shard-1.ndjson");
  const auto refused = name_recording(file, 2, IfExists::refuse);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("s.shard-1.ndjson exists"), std::string::npos);
}

TEST_F(RecordingTest, refuses_a_file_that_is_there_unless_it_may_replace_it) {
  make("s.ndjson");
  const auto refused = name_recording(dir_ / "s.ndjson", 1, IfExists::refuse);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::usage);
  EXPECT_NE(refused.error().message.find("s.ndjson exists"), std::string::npos);
  EXPECT_NE(refused.error().message.find("--overwrite"), std::string::npos);
  EXPECT_EQ(name_recording(dir_ / "s.ndjson", 1, IfExists::replace).value(), dir_ / "s.ndjson");
  // What holds nothing has nothing to lose.
  EXPECT_EQ(name_recording("/dev/null", 1, IfExists::refuse).value(), "/dev/null");
  EXPECT_EQ(text_of(dir_ / "s.ndjson"), "kept\n");
}

TEST_F(RecordingTest, leaves_no_file_behind_when_nothing_was_recorded) {
  const fs::path file = dir_ / "s.ndjson";
  (void)open(file);
  EXPECT_FALSE(fs::exists(file));
  open(file)->flush({});
  EXPECT_TRUE(fs::exists(file));
}

TEST_F(RecordingTest, says_at_once_that_the_disk_is_full_and_again_from_time_to_time) {
  const auto recording = open("/dev/full");
  ASSERT_TRUE(recording);
  EXPECT_FALSE(recording->failed());
  net::SteadyTime now{1h};
  recording->flush(now);
  EXPECT_TRUE(recording->failed());
  EXPECT_EQ(lines_said(), 1U);
  EXPECT_NE(said_.str().find("level=error event=recording_failed file=/dev/full"),
            std::string::npos)
      << said_.str();
  std::vector<std::chrono::seconds> pauses;
  for (auto said_at = now; pauses.size() < 10; now += 1s) {
    const auto before = lines_said();
    recording->writer().recv("c", {}, "frame", codec::Payload::text);
    recording->flush(now);
    if (lines_said() == before) continue;
    pauses.push_back(std::chrono::floor<std::chrono::seconds>(now - said_at));
    said_at = now;
  }
  EXPECT_EQ(pauses, (std::vector<std::chrono::seconds>{10s, 20s, 40s, 80s, 160s, 320s, 600s, 600s,
                                                       600s, 600s}));
  EXPECT_EQ(recording->close().error().kind, ErrorKind::io);
}

}  // namespace
}  // namespace mp::pipeline
