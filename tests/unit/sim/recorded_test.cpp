#include "sim/recorded.hpp"

#include <gmock/gmock.h>

#include "unit/sim/client.hpp"
#include "unit/sim/recordings.hpp"

namespace mp::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class SimRecorded : public testing::Test {
 protected:
  [[nodiscard]] std::string file() const { return folder_.file("r.ndjson"); }
  void expect_refused(const std::string& text, std::string_view words) {
    std::ofstream(file(), std::ios::trunc) << text;
    const auto recording = load_recording(file());
    ASSERT_FALSE(recording.ok()) << text;
    EXPECT_EQ(recording.error().kind, ErrorKind::data);
    EXPECT_THAT(recording.error().message, HasSubstr(words));
    EXPECT_THAT(recording.error().message, HasSubstr("r.ndjson"));
  }
  Folder folder_;
};

TEST_F(SimRecorded, has_frames_by_connection_and_answers_in_order) {
  const Recording recording = RecordingText()
                                  .http("https://x.example/list?a=1", "{}")
                                  .connect("b", "wss://x.example:9443/stream?streams=s")
                                  .connect("a", "wss://x.example")
                                  .send("a", "hello")
                                  .recv("a", 5, "one")
                                  .recv("b", 7, "two")
                                  .binary("a", 9, "AAH/")
                                  .send("b", "late")
                                  .connect("quiet", "wss://x.example/quiet")
                                  .load(file());
  ASSERT_EQ(recording.connections.size(), 2U);  // quiet has no frames
  const RecordedConnection& b = recording.connections[0];
  const RecordedConnection& a = recording.connections[1];
  EXPECT_EQ(b.target, "/stream?streams=s");
  EXPECT_FALSE(b.waits_for_request);
  EXPECT_EQ(a.target, "/");
  EXPECT_TRUE(a.waits_for_request);
  ASSERT_EQ(a.frames.size(), 2U);
  EXPECT_EQ(a.frames[0].payload, "one");
  EXPECT_EQ(a.frames[0].line, 6U);
  EXPECT_FALSE(a.frames[0].binary);
  EXPECT_EQ(a.frames[1].payload, std::string_view("\0\1\xff", 3));
  EXPECT_TRUE(a.frames[1].binary);
  EXPECT_EQ(a.frames[1].offset, 4ms);
  EXPECT_EQ(recording.frames(), 3U);
  ASSERT_EQ(recording.answers.size(), 1U);
  EXPECT_EQ(recording.answers[0].target, "/list?a=1");
}

TEST_F(SimRecorded, a_second_connect_of_a_name_is_a_connection_of_its_own) {
  const Recording recording = RecordingText()
                                  .connect("a", "wss://x.example/1")
                                  .recv("a", 1, "one")
                                  .connect("a", "wss://x.example/2")
                                  .recv("a", 9, "two")
                                  .load(file());
  ASSERT_EQ(recording.connections.size(), 2U);
  EXPECT_EQ(recording.connections[1].target, "/2");
  EXPECT_EQ(recording.connections[1].frames[0].offset, 0ms);
}

TEST_F(SimRecorded, time_never_runs_back) {
  const Recording recording =
      RecordingText().recv("a", 9, "one").recv("a", 4, "two").recv("a", 12, "three").load(file());
  EXPECT_EQ(recording.connections[0].frames[1].offset, 0ms);
  EXPECT_EQ(recording.connections[0].frames[2].offset, 3ms);
}

TEST_F(SimRecorded, refuses_what_is_no_recording) {
  expect_refused("", "holds nothing that could be served");
  expect_refused(R"({"t":"header","exchange":"ANY"})"
                 "\n",
                 "holds nothing that could be served");
  expect_refused("{\"e\":\"trade\"}\n", "r.ndjson:1 is no line of a recording");
  expect_refused("pong\n", "r.ndjson:1 is no line of a recording");
  const auto missing = load_recording(folder_.file("none"));
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().kind, ErrorKind::io);
}

TEST_F(SimRecorded, keeps_what_came_before_a_torn_end) {
  const std::string text = RecordingText().frames("a", 3).text();
  std::ofstream(file(), std::ios::trunc) << text.substr(0, text.size() - 10);
  const auto recording = load_recording(file());
  ASSERT_TRUE(recording.ok());
  EXPECT_EQ(recording->frames(), 2U);
  EXPECT_THAT(recording->problem, HasSubstr("torn"));
}

TEST_F(SimRecorded, is_bounded) {
  (void)RecordingText().frames("a", 3).load(file());
  EXPECT_TRUE(load_recording(file(), 6).ok());
  const auto recording = load_recording(file(), 5);
  ASSERT_FALSE(recording.ok());
  EXPECT_THAT(recording.error().message, HasSubstr("at most 5 bytes"));
}

TEST(SimTargetOf, is_path_and_query) {
  EXPECT_EQ(target_of("wss://ws.kraken.com"), "/");
  EXPECT_EQ(target_of("https://a.example:1/b/c?d=e/f"), "/b/c?d=e/f");
  EXPECT_EQ(target_of("https://a.example?d=/"), "/?d=/");
  EXPECT_EQ(target_of("/b?c"), "/b?c");
  EXPECT_EQ(target_of(""), "/");
}

}  // namespace
}  // namespace mp::sim
