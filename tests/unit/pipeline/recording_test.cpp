#include "pipeline/recording.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "codec/recording.hpp"

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
  std::unique_ptr<Recording> open(const fs::path& file,
                                  std::size_t queue_bytes_max = Recording::kQueueBytesMax) {
    auto recording = Recording::open(file, {.venue = "okx", .recorded = {}, .program = "test"},
                                     codec::Existing::refuse, log_, queue_bytes_max);
    EXPECT_TRUE(recording) << (recording ? "" : recording.error().message);
    return recording ? recording.take() : nullptr;
  }
  struct Read {
    std::uint64_t lines = 0;
    std::uint64_t lost = 0;
    bool in_order = true;  // each line, or the loss of it, where it belongs
  };
  // The disk moves again: some more is recorded, and all that comes out of the pipe is read.
  Read read_all_of(const Fd& pipe, Recording& recording, const std::function<void()>& add) {
    std::string bytes;
    std::thread reader{[&] {
      ::fcntl(pipe.value(), F_SETFL, 0);
      std::array<char, 65536> part{};
      for (ssize_t got = 1; got > 0;) {
        got = ::read(pipe.value(), part.data(), part.size());
        bytes.append(part.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
      }
    }};
    recording.wait();
    for (int i = 0; i < 10; ++i) add();
    const auto closed = recording.close();
    reader.join();
    EXPECT_FALSE(closed);
    EXPECT_FALSE(recording.failed());
    const fs::path copy = dir_ / "copy.ndjson";
    std::ofstream{copy, std::ios::binary} << bytes;
    auto opened = codec::RecordingReader::open(copy);
    Read out;
    while (const auto line = (*opened)->next()) {
      out.lines += line->kind == codec::LineKind::recv ? 1U : 0U;
      out.lost += line->lost;
      if (line->kind == codec::LineKind::header) continue;
      const Timestamp due{std::chrono::seconds{out.lines + out.lost}};
      out.in_order = out.in_order && line->time == due;
    }
    EXPECT_EQ((*opened)->problem(), "");
    return out;
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
  recording->wait();
  // The thread may be so quick that this flush has said it already.
  EXPECT_EQ(recording->failed(), lines_said() > 0)
      << "who waits for that would end before it is said";
  recording->flush(now);
  EXPECT_TRUE(recording->failed());
  EXPECT_EQ(lines_said(), 1U);
  EXPECT_NE(said_.str().find("level=error event=recording_failed file=/dev/full"),
            std::string::npos)
      << said_.str();
  std::vector<std::chrono::seconds> pauses;
  // With the first line as many as the log takes of the same in ten seconds of its own clock.
  for (auto said_at = now; pauses.size() + 1 < obs::Repeats::kPassing; now += 1s) {
    const auto before = lines_said();
    recording->recv("c", {}, "frame", codec::Payload::text);
    recording->flush(now);
    if (lines_said() == before) continue;
    pauses.push_back(std::chrono::floor<std::chrono::seconds>(now - said_at));
    said_at = now;
  }
  EXPECT_EQ(pauses,
            (std::vector<std::chrono::seconds>{10s, 20s, 40s, 80s, 160s, 320s, 600s, 600s, 600s}));
  EXPECT_EQ(recording->close().error().kind, ErrorKind::io);
}

// A disk that stands still: who collects is not held up, and the recording says what it lacks.
TEST_F(RecordingTest, says_what_is_missing_where_the_disk_does_not_keep_up) {
  for (const char* name : {"pipe.ndjson", "pipe.ndjson.zst"}) {
    const fs::path pipe = dir_ / name;
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const Fd reading{::open(pipe.c_str(), O_RDONLY | O_NONBLOCK)};
    ASSERT_TRUE(reading.open());
    const auto recording = open(pipe, std::size_t{1} << 20U);
    ASSERT_TRUE(recording);
    std::mt19937_64 random{7};
    std::uint64_t made = 0;
    const auto add = [&] {  // what zstd cannot make small
      std::string frame(1000, ' ');
      for (char& c : frame) c = static_cast<char>('0' + random() % 64);
      recording->recv("c", Timestamp{std::chrono::seconds{++made}}, frame, codec::Payload::text);
    };
    while (recording->counters().lost_lines < 500) add();
    EXPECT_LE(recording->written().queued_bytes_most, std::size_t{1} << 20U);
    const Read now = read_all_of(reading, *recording, add);
    EXPECT_EQ(now.lines + now.lost, made) << name;
    EXPECT_EQ(now.lost, recording->counters().lost_lines);
    EXPECT_TRUE(now.in_order);
    EXPECT_NE(said_.str().find("event=recording_behind"), std::string::npos);
  }
}

}  // namespace
}  // namespace mp::pipeline
