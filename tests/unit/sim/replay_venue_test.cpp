// A served recording without sockets, on a clock of the test's.
#include "sim/replay_venue.hpp"

#include <gmock/gmock.h>

#include <map>

#include "sim/host.hpp"
#include "unit/sim/client.hpp"
#include "unit/sim/recordings.hpp"

namespace mp::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Timestamp kStart = from_nanoseconds(1'795'000'000'000'000'000);

struct ScriptedWire final : Wire {
  void send(Frame frame) override {
    if (frame.payload != Payload::none) texts[frame.connection].push_back(frame.text);
    frames.push_back(std::move(frame));
  }
  void ping(ConnectionId) override { ++pings; }
  void close(ConnectionId, std::uint16_t code, std::string_view) override {
    ends.push_back("close " + std::to_string(code));
  }
  void reset(ConnectionId) override { ends.emplace_back("reset"); }
  void cut(ConnectionId) override { ends.emplace_back("cut"); }
  [[nodiscard]] std::size_t queued_bytes(ConnectionId) const override { return queued; }

  std::map<ConnectionId, std::vector<std::string>> texts;
  std::vector<Frame> frames;
  std::vector<std::string> ends;
  int pings = 0;
  std::size_t queued = 0;
};

class SimReplayVenue : public testing::Test {
 protected:
  void serve(const RecordingText& recording, ReplayConfig config = {}) {
    auto venue =
        std::make_unique<ReplayVenue>(recording.load(folder_.file("r.ndjson")), std::move(config));
    venue_ = venue.get();
    host_.emplace(std::move(venue), 0, wire_, ledger_);
    host_->listens(4711);
  }
  void open(ConnectionId id, std::string_view target = "/ws") {
    ASSERT_TRUE(host_->opened(id, target, now_));
  }
  void pass(Nanoseconds time) {
    for (const Timestamp end = now_ + time; now_ < end;) host_->tick(now_ += 1ms);
  }
  std::vector<std::string>& texts(ConnectionId id = 1) { return wire_.texts[id]; }
  // All frames, one session, as fast as it goes.
  std::vector<std::string> sent_with(std::string_view faults, int frames = 5) {
    wire_ = {};
    serve(RecordingText().frames("a", frames), {.faults = plan(faults)});
    open(1);
    pass(2ms);
    return texts();
  }

  Folder folder_;
  Timestamp now_ = kStart;
  ScriptedWire wire_;
  Ledger ledger_{0};
  std::optional<Host> host_;
  ReplayVenue* venue_ = nullptr;
};

TEST_F(SimReplayVenue, frames_wait_for_the_first_request_where_the_client_spoke_first) {
  serve(RecordingText().send("a", "subscribe").frames("a", 2));
  open(1);
  pass(1s);
  EXPECT_THAT(texts(), IsEmpty());
  host_->text_came(1, "ping", now_);
  pass(1s);
  EXPECT_THAT(texts(), ElementsAre("pong"));  // which is no request
  host_->text_came(1, R"({"op":"subscribe"})", now_);
  pass(1ms);
  EXPECT_THAT(texts(), ElementsAre("pong", "f1", "f2"));
  host_->text_came(1, R"({"op":"subscribe"})", now_);
  pass(1s);
  EXPECT_EQ(texts().size(), 3U);
  EXPECT_THAT(wire_.ends, IsEmpty());
}

TEST_F(SimReplayVenue, frames_come_at_once_where_the_client_said_nothing) {
  serve(RecordingText().frames("a", 2).send("a", "late"));
  open(1);
  pass(1ms);
  EXPECT_THAT(texts(), ElementsAre("f1", "f2"));
}

TEST_F(SimReplayVenue, keeps_the_recorded_pace_from_the_first_frame_on) {
  serve(RecordingText().recv("a", 70, "one").recv("a", 80, "two").recv("a", 580, "three"),
        {.speed = 1});
  open(1);
  pass(1ms);
  EXPECT_EQ(texts().size(), 1U);
  pass(9ms);
  EXPECT_EQ(texts().size(), 1U);
  pass(1ms);
  EXPECT_EQ(texts().size(), 2U);
  pass(499ms);
  EXPECT_EQ(texts().size(), 2U);
  pass(1ms);
  EXPECT_EQ(texts().size(), 3U);
}

TEST_F(SimReplayVenue, goes_ten_times_as_fast) {
  serve(RecordingText().recv("a", 0, "one").recv("a", 500, "two"), {.speed = 10});
  open(1);
  pass(50ms);
  EXPECT_EQ(texts().size(), 1U);
  pass(1ms);
  EXPECT_EQ(texts().size(), 2U);
}

TEST_F(SimReplayVenue, each_session_has_a_pace_of_its_own) {
  serve(RecordingText().recv("a", 0, "one").recv("a", 500, "two"), {.speed = 1});
  open(1);
  pass(400ms);
  open(2);
  pass(101ms);
  EXPECT_EQ(texts(1).size(), 2U);
  EXPECT_EQ(texts(2).size(), 1U);
  pass(400ms);
  EXPECT_EQ(texts(2).size(), 2U);
}

TEST_F(SimReplayVenue, waits_for_a_client_that_does_not_read) {
  serve(RecordingText().frames("a", 100), {.queue_bytes_max = 20});
  open(1);
  wire_.queued = 20;
  pass(1s);
  EXPECT_THAT(texts(), IsEmpty());
  wire_.queued = 15;
  pass(1ms);
  EXPECT_EQ(texts().size(), 3U);  // 2 bytes each: the limit is met
  wire_.queued = 0;
  pass(1s);
  EXPECT_EQ(texts().size(), 100U);
  EXPECT_EQ(texts()[99], "f100");
}

TEST_F(SimReplayVenue, sessions_take_the_recorded_connections_of_their_path_by_turns) {
  serve(RecordingText()
            .connect("a", "wss://x.example/spot")
            .recv("a", 1, "a")
            .connect("b", "wss://x.example/linear?x=1")
            .recv("b", 1, "b")
            .connect("c", "wss://x.example/linear")
            .recv("c", 1, "c"));
  open(1, "/linear");
  open(2, "/linear?y=2");
  open(3, "/elsewhere");  // no such path: the first that was not served
  open(4, "/linear");     // all of this path were: from the first again
  open(5, "/spot");
  open(6, "/elsewhere");
  pass(1ms);
  std::string all;
  for (const auto& [id, sent] : wire_.texts) all += sent.at(0);
  EXPECT_EQ(all, "bcabac");
}

TEST_F(SimReplayVenue, stays_open_at_the_end_or_closes) {
  serve(RecordingText().frames("a", 2));
  open(1);
  pass(1s);
  EXPECT_THAT(wire_.ends, IsEmpty());
  serve(RecordingText().frames("a", 2), {.close_at_the_end = true});
  open(2);
  pass(1s);
  EXPECT_THAT(texts(2), ElementsAre("f1", "f2"));
  EXPECT_THAT(wire_.ends, ElementsAre("close 1000"));
}

TEST_F(SimReplayVenue, is_mute_before_it_closes_at_the_end) {
  serve(RecordingText().frames("a", 2), {.close_at_the_end = true, .faults = plan("mute@2:5s")});
  open(1);
  pass(4s);
  EXPECT_EQ(texts().size(), 2U);
  EXPECT_THAT(wire_.ends, IsEmpty());
  pass(2s);
  EXPECT_THAT(wire_.ends, ElementsAre("close 1000"));
}

TEST_F(SimReplayVenue, pings_every_twenty_seconds) {
  serve(RecordingText().frames("a", 2));
  open(1);
  pass(19s);
  EXPECT_EQ(wire_.pings, 0);
  pass(1s);
  EXPECT_EQ(wire_.pings, 1);
  host_->pong_came(1, now_);
  pass(20s);
  EXPECT_EQ(wire_.pings, 2);
}

TEST_F(SimReplayVenue, a_recording_without_frames_has_answers_alone) {
  serve(RecordingText().http("https://x.example/a", "{}"));
  EXPECT_FALSE(host_->opened(1, "/ws", now_));
  EXPECT_EQ(host_->refusal_status(), 503U);
  EXPECT_EQ(host_->http("/a", now_).body, "{}");
}

TEST_F(SimReplayVenue, answers_rest_calls_and_says_what_it_has_not) {
  serve(RecordingText().http("https://x.example/a?b=1", "body").frames("a", 1));
  EXPECT_EQ(host_->http("/a?b=2", now_).body, "body");
  EXPECT_EQ(host_->post("/a", now_).body, "body");
  const HttpAnswer missing = host_->http("/no\"ne", now_);
  EXPECT_EQ(missing.status, 404U);
  EXPECT_EQ(missing.body, R"({"error":"the recording has no answer to /no\"ne"})");
  EXPECT_THAT(host_->post("/api/v1/bullet-public", now_).body,
              testing::HasSubstr("wss://127.0.0.1:4711/endpoint"));
}

TEST_F(SimReplayVenue, drops_doubles_swaps_and_corrupts) {
  EXPECT_THAT(sent_with("drop@2"), ElementsAre("f1", "f3", "f4", "f5"));
  EXPECT_THAT(sent_with("drop@2-4"), ElementsAre("f1", "f5"));
  EXPECT_THAT(sent_with("double@2"), ElementsAre("f1", "f2", "f2", "f3", "f4", "f5"));
  EXPECT_THAT(sent_with("swap@2"), ElementsAre("f1", "f3", "f2", "f4", "f5"));
  EXPECT_THAT(sent_with("swap@1-4"), ElementsAre("f2", "f1", "f4", "f3", "f5"));
  EXPECT_THAT(sent_with("swap@5"), ElementsAre("f1", "f2", "f3", "f4", "f5"));
  EXPECT_THAT(sent_with("corrupt@2"), ElementsAre("f1", "f3", "f3", "f4", "f5"));  // '2' ^ 1
  EXPECT_THAT(sent_with("swap@2,drop@3"), ElementsAre("f1", "f2", "f4", "f5"));
  EXPECT_THAT(sent_with("drop@2,double@2"), ElementsAre("f1", "f3", "f4", "f5"));
  EXPECT_THAT(sent_with("drop~1"), IsEmpty());
}

TEST_F(SimReplayVenue, ends_a_session_after_the_frame_and_begins_the_next_from_the_first) {
  EXPECT_THAT(sent_with("cut@2"), ElementsAre("f1", "f2"));
  EXPECT_THAT(wire_.ends, ElementsAre("cut"));
  open(2);
  pass(2ms);
  EXPECT_EQ(texts(2).size(), 5U);  // a place of the plan is met once
  EXPECT_THAT(sent_with("close@3:1001"), ElementsAre("f1", "f2", "f3"));
  EXPECT_THAT(wire_.ends, ElementsAre("close 1001"));
  EXPECT_THAT(sent_with("cut@2,drop@2"), ElementsAre("f1"));
  EXPECT_THAT(wire_.ends, ElementsAre("cut"));
  EXPECT_THAT(sent_with("swap@2,cut@3"), ElementsAre("f1", "f3"));
}

TEST_F(SimReplayVenue, a_delay_holds_back_what_follows_and_pongs_go_on) {
  serve(RecordingText().frames("a", 4), {.faults = plan("delay@3:2s")});
  open(1);
  pass(1ms);
  EXPECT_THAT(texts(), ElementsAre("f1", "f2"));
  EXPECT_TRUE(host_->ping_came(1, now_));
  pass(1999ms);
  EXPECT_EQ(texts().size(), 2U);
  pass(1ms);
  EXPECT_THAT(texts(), ElementsAre("f1", "f2", "f3", "f4"));
}

TEST_F(SimReplayVenue, is_mute_after_the_frame_for_so_long) {
  serve(RecordingText().frames("a", 4), {.faults = plan("mute@3:30s")});
  open(1);
  open(2);
  pass(1ms);
  EXPECT_THAT(texts(1), ElementsAre("f1", "f2", "f3"));
  EXPECT_EQ(texts(2).size(), 4U);
  EXPECT_FALSE(host_->ping_came(1, now_));
  EXPECT_TRUE(host_->ping_came(2, now_));
  host_->text_came(1, "ping", now_);
  pass(29'999ms);
  EXPECT_EQ(texts(1).size(), 3U);
  EXPECT_EQ(wire_.pings, 1);  // of the other
  pass(1ms);
  EXPECT_THAT(texts(1), ElementsAre("f1", "f2", "f3", "f4"));
  EXPECT_TRUE(host_->ping_came(1, now_));
}

TEST_F(SimReplayVenue, is_mute_for_ever_without_a_time) {
  serve(RecordingText().frames("a", 4), {.faults = plan("mute@1")});
  open(1);
  pass(1min);
  EXPECT_EQ(texts().size(), 1U);
  EXPECT_THAT(wire_.ends, IsEmpty());
}

TEST_F(SimReplayVenue, refuses_upgrades_and_rest_calls_as_planned) {
  serve(RecordingText().frames("a", 2).http("https://x.example/a", "{}"),
        {.faults = plan("refuse@2,refuse@3:429,http-status@2:418")});
  open(1);
  EXPECT_FALSE(host_->opened(2, "/ws", now_));
  EXPECT_EQ(host_->refusal_status(), 503U);
  EXPECT_FALSE(host_->opened(2, "/ws", now_));
  EXPECT_EQ(host_->refusal_status(), 429U);
  open(2);
  EXPECT_EQ(host_->http("/a", now_).status, 200U);
  EXPECT_EQ(host_->http("/a", now_).status, 418U);
  EXPECT_EQ(host_->http("/a", now_).status, 200U);
}

TEST_F(SimReplayVenue, counts_what_was_written_and_what_was_not) {
  serve(RecordingText().frames("a", 5), {.faults = plan("drop@2,double@3,corrupt@3")});
  open(1);
  pass(1ms);
  ASSERT_EQ(wire_.frames.size(), 6U);
  for (std::size_t i = 0; i < 6; ++i)
    host_->settled(wire_.frames[i].mark, i < 4 ? Delivery::sent : Delivery::unsent);
  const ReplayCounters& counters = venue_->counters();
  EXPECT_EQ(counters.sessions, 1U);
  EXPECT_EQ(counters.frames_sent, 3U);
  EXPECT_EQ(counters.frames_unsent, 2U);
  EXPECT_EQ(counters.faults[static_cast<std::size_t>(FaultAction::drop)], 1U);
  EXPECT_EQ(counters.faults[static_cast<std::size_t>(FaultAction::twice)], 1U);
  EXPECT_EQ(counters.faults[static_cast<std::size_t>(FaultAction::corrupt)], 1U);
}

TEST_F(SimReplayVenue, counts_a_swap_of_two_frames_once) {
  EXPECT_THAT(sent_with("swap@1-4,double@2"), ElementsAre("f2", "f2", "f1", "f4", "f3", "f5"));
  EXPECT_EQ(venue_->counters().faults[static_cast<std::size_t>(FaultAction::swap)], 2U);
  EXPECT_EQ(venue_->counters().faults[static_cast<std::size_t>(FaultAction::twice)], 1U);
}

}  // namespace
}  // namespace mp::sim
