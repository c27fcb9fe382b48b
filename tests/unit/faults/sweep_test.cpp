// Each system call that the journal and the sinks make fails once, at each of its first calls,
// while they start and while they run: nothing is lost, nothing is doubled, and somebody hears of
// it. MP_SWEEP=long makes every injection; without it a part, chosen by number alone.
#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <iostream>

#include "journal/journal.hpp"
#include "pipeline/sink_runner_feed.hpp"
#include "unit/faults/faults.hpp"
#include "unit/sink/sink_fixture.hpp"

namespace mp {
namespace {

using faults::Call;
using State = pipeline::SinkFeed::State;

constexpr std::uint64_t kEvents = 900;
constexpr unsigned kCallsMax = 50;
constexpr std::array kCodes = {EIO, ENOSPC, EINTR, EMFILE, ENOMEM};

bool is_long() {
  const char* wanted = std::getenv("MP_SWEEP");
  return wanted != nullptr && std::string_view{wanted} == "long";
}

// A journal that is written, and a sink that is killed and comes back: what is said of trouble is
// kept. All on one thread and in made-up time, but for the journal's helper.
class Run {
 public:
  Run(std::string_view sink, sink::Events& events, journal::Fsync fsync)
      : sink_(sink), events_(events) {
    journal_.dir = dir_.path() / "journal";
    journal_.segment_bytes = 64 << 10;
    journal_.retention_bytes = 64 << 20;
    journal_.spare_memory_bytes = 256 << 10;
    journal_.fsync = fsync;
    settings_ = sink::small_settings(sink, dir_.path(), 2);
    settings_.durable = true;
    events_.at(kEvents);
  }

  // What an earlier run left: a journal, and a sink that was killed behind its first files.
  void before() {
    open_writer();
    append(kEvents / 3);
    open_feed();
    for (int i = 0; i < 4; ++i) step();
    kill();
  }
  void start() {
    journal_.retention_age = std::chrono::seconds{0};  // what the sink has passed may go
    open_writer();
    open_feed();
    step();
  }
  void live() {
    append(kEvents / 2);
    read_all();
    append(kEvents * 3 / 4);
    feed_.reset();  // killed again
    open_feed();
    read_all();
    append(kEvents);
  }
  void stop() {
    if (const auto synced = writer_->sync(); !synced) say(synced.error().message);
    if (writer_->counters().dropped > 0) say("dropped");
    dropped_ = writer_->counters().dropped;
    if (writer_->troubles().sync_errors > 0) say("the disk refused to write back");
    writer_.reset();
    feed_->drain();
    for (int i = 0; i < 10'000 && feed_->step(now_) != State::ended; ++i) pass();
    EXPECT_TRUE(feed_->drained()) << feed_->problem();
    feed_.reset();
  }
  // Of each event: it is stored once.
  void check(const std::string& what) const {
    EXPECT_EQ(dropped_, 0U) << what;
    EXPECT_EQ(sink::stored(sink_, dir_.path()), sink::expected(events_, kEvents)) << what;
  }
  [[nodiscard]] bool said() const { return !said_.empty(); }

 private:
  void open_writer() {
    for (int tries = 0; tries < 3 && !writer_; ++tries) {
      auto opened = journal::Writer::open(journal_);
      if (opened) {
        writer_ = opened.take();
      } else {
        say(opened.error().message);
      }
    }
    ASSERT_NE(writer_, nullptr) << said_;
    EXPECT_EQ(writer_->next_index(), appended_);
  }
  void append(std::uint64_t end) {
    for (; appended_ < end; ++appended_) {
      const Event& event = events_.at(appended_);
      const auto subject = writer_->subject(event.venue, event.symbol, event.instrument);
      // Not written back is not lost: it is counted, and the reader has it.
      static_cast<void>(writer_->append(subject, event));
    }
    writer_->publish();
  }
  void open_feed() {
    feed_.reset();
    destination_ = settings_.spec().make(settings_);
    auto config = pipeline::settings_of_runner(settings_).take();
    config.batch_events_max = 60;
    config.dead_letter = dir_.path() / "dead";
    feed_ = std::make_unique<pipeline::SinkFeed>(
        config,
        journal::ReaderConfig{
            .location = writer_->location(), .name = std::string{sink_}, .hold = true},
        journal::Reader::open, *destination_, [] { return 0x8000'0000U; });
  }
  void kill() {
    feed_.reset();
    destination_.reset();
    writer_.reset();
  }
  State step() {
    const State state = feed_->step(now_);
    if (!feed_->problem().empty()) say(feed_->problem());
    pass();
    return state;
  }
  void pass() { now_ += std::chrono::milliseconds{40}; }
  // Until the sink has read all that there is: idle, and idle still.
  void read_all() {
    std::uint64_t read = 0;
    int quiet = 0;
    for (int i = 0; i < 10'000; ++i) {
      const State state = step();
      ASSERT_NE(state, State::failed) << feed_->problem();
      const bool same = state == State::idle && feed_->counters().read == read;
      quiet = same ? quiet + 1 : 0;
      read = feed_->counters().read;
      if (quiet == 4) return;
    }
    FAIL() << "the sink stands at " << read << ": " << feed_->problem();
  }
  void say(std::string_view text) {
    EXPECT_NE(text, "");
    said_ = text;
  }

  sink::TempDir dir_;
  std::string_view sink_;
  sink::Events& events_;
  journal::Config journal_;
  sink::Settings settings_{sink::kNdjson};
  std::unique_ptr<journal::Writer> writer_;
  std::unique_ptr<sink::Sink> destination_;
  std::unique_ptr<pipeline::SinkFeed> feed_;
  Timestamp now_ = from_nanoseconds(sink::kStart);
  std::uint64_t appended_ = 0;
  std::uint64_t dropped_ = 0;
  std::string said_;
};

enum class Phase : unsigned char { start, live };

struct Tally {
  unsigned injected = 0;
  unsigned said = 0;
};

// False: there is no such call.
bool inject(std::string_view sink, Phase phase, const faults::Fault& fault, Tally& tally) {
  sink::Events events;
  // As few as can be where it is not about them: they take most of the time.
  const bool always = fault.call == Call::fdatasync;
  Run run{sink, events, always ? journal::Fsync::always : journal::Fsync::interval};
  run.before();
  if (phase == Phase::start) faults::arm(fault);
  run.start();
  if (phase == Phase::live) faults::arm(fault);
  run.live();
  run.stop();
  const bool struck = faults::disarm();
  run.check(std::string{faults::name_of(fault.call)} + " " + std::to_string(fault.at) + " code " +
            std::to_string(fault.code) + (phase == Phase::start ? " at start" : " live"));
  tally.injected += struck ? 1 : 0;
  tally.said += struck && run.said() ? 1 : 0;
  return struck;
}

class Sweep : public testing::TestWithParam<Call> {
 protected:
  // Where a sync takes no time: there are thousands.
  static void SetUpTestSuite() {
    if (std::filesystem::is_directory("/dev/shm")) ::setenv("TMPDIR", "/dev/shm", 0);
  }
  // The short form has the first `dense` calls, and of the others some.
  static void over(std::string_view sink, unsigned dense, unsigned every) {
    Tally tally;
    for (const Phase phase : {Phase::start, Phase::live}) {
      bool is_there = true;
      for (unsigned at = 1; at <= kCallsMax && is_there; ++at) {
        if (!is_long() && at > dense && at % every != 0) continue;
        for (std::size_t i = 0; i < kCodes.size() && is_there; ++i) {
          if (!is_long() && i != at % kCodes.size()) continue;
          is_there = inject(sink, phase, {.call = GetParam(), .at = at, .code = kCodes[i]}, tally);
          if (HasFailure()) return;
        }
      }
    }
    std::cout << faults::name_of(GetParam()) << ", " << sink << ": " << tally.injected
              << " injections, said of " << tally.said << "\n";
  }
};

TEST_P(Sweep, of_journal_and_ndjson_loses_and_doubles_nothing) {
  over("ndjson", 12, 3);
}

TEST_P(Sweep, of_journal_and_parquet_loses_and_doubles_nothing) {
  if (!sink::has_duckdb()) GTEST_SKIP() << "no DuckDB: run scripts/install-duckdb.sh";
  over("parquet", 1, 16);
}

std::vector<Call> all_calls() {
  std::vector<Call> calls;
  for (unsigned i = 0; i < static_cast<unsigned>(Call::epoll); ++i)
    calls.push_back(static_cast<Call>(i));
  return calls;
}

INSTANTIATE_TEST_SUITE_P(Calls, Sweep, testing::ValuesIn(all_calls()), [](const auto& instance) {
  return std::string{faults::name_of(instance.param)};
});

}  // namespace
}  // namespace mp
