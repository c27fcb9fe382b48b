// What a sink has committed is delivered, whatever the system answers when it is asked.
#include <cerrno>

#include "unit/faults/faults.hpp"
#include "unit/sink/sink_fixture.hpp"

namespace mp::sink {
namespace {

using faults::Call;

constexpr std::uint64_t kEvents = 400;

class SinkFaults : public testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    if (GetParam() == "parquet" && !has_duckdb())
      GTEST_SKIP() << "no DuckDB: run scripts/install-duckdb.sh";
    events_.at(kEvents);
  }
  [[nodiscard]] Settings settings() const {
    Settings out = small_settings(GetParam(), dir_.path());
    out.durable = true;
    return out;
  }
  [[nodiscard]] std::unique_ptr<Sink> make() const { return settings().spec().make(settings()); }
  // Delivers all, again where it is put off.
  void deliver(Sink& sink, std::uint64_t from) {
    Delivery delivery{events_, 37, from};
    for (int tries = 0; delivery.index < kEvents && tries < 1'000; ++tries)
      said_ += delivery.next(sink, kEvents).problem;
    for (int tries = 0; tries < 10; ++tries) {
      const Written closed = sink.close();
      said_ += closed.problem;
      if (closed.outcome == Outcome::rewind) return deliver(sink, *sink.delivered());
      if (closed.outcome == Outcome::done) break;
    }
    EXPECT_EQ(sink.delivered(), kEvents);
  }
  // A sink that is killed when its flush is committed and some of its files are moved.
  void kill_between_renames() {
    auto sink = make();
    ASSERT_TRUE(sink->open());
    Delivery delivery{events_, 37};
    while (delivery.index < 100 && delivery.next(*sink, kEvents).outcome == Outcome::done) {
    }
    faults::arm({.call = Call::rename, .at = 4, .code = EIO, .times = 1'000});
    EXPECT_EQ(sink->close().outcome, Outcome::retriable);
    EXPECT_TRUE(faults::disarm());
  }

  TempDir dir_;
  // One call fails once: it may take a second try, and not many more.
  void open_at_last(Sink& sink) {
    constexpr int kTriesMax = 5;
    int tries = 1;
    for (; !sink.open(); ++tries) {
      said_ = "said";
      ASSERT_LT(tries, kTriesMax);
    }
  }

  Events events_;
  std::string said_;
};

// The sink with a log of what it has committed.
class CommitLogFaults : public SinkFaults {};

TEST_P(CommitLogFaults, commits_that_cannot_be_read_once_are_read_later) {
  for (const Call call : {Call::openat, Call::pread, Call::rename, Call::fstatat, Call::fsync}) {
    bool struck = true;
    for (unsigned at = 1; struck && !HasFailure(); ++at) {
      kill_between_renames();
      auto sink = make();
      said_.clear();
      faults::arm({.call = call, .at = at, .code = EMFILE});
      open_at_last(*sink);
      deliver(*sink, 0);
      struck = faults::disarm();
      EXPECT_TRUE(!struck || said_ != "" || call == Call::fstatat);
      sink.reset();
      EXPECT_EQ(stored(GetParam(), dir_.path()), expected(events_, kEvents))
          << faults::name_of(call) << " " << at;
      std::filesystem::remove_all(dir_.path() / GetParam());
      at += at < 3 ? 0 : 10;
    }
  }
}

TEST_P(SinkFaults, files_that_earlier_runs_delivered_are_asked_until_they_answer) {
  for (const Call call : {Call::openat, Call::pread, Call::readdir, Call::fdopendir}) {
    bool struck = true;
    for (unsigned at = 1; struck && at < 40; at += 3) {
      {
        auto sink = make();
        ASSERT_TRUE(sink->open());
        deliver(*sink, 0);
      }
      auto sink = make();
      said_.clear();
      faults::arm({.call = call, .at = at, .code = EIO});
      open_at_last(*sink);
      deliver(*sink, 150);
      struck = faults::disarm();
      EXPECT_EQ(stored(GetParam(), dir_.path()), expected(events_, kEvents))
          << faults::name_of(call) << " " << at;
    }
  }
}

TEST_P(SinkFaults, folder_that_cannot_be_made_durable_is_tried_again) {
  auto sink = make();
  ASSERT_TRUE(sink->open());
  Delivery delivery{events_, 30};
  delivery.all(*sink, 30);
  // The last sync of a flush is that of a folder.
  unsigned syncs = 0;
  while (true) {
    faults::arm({.call = Call::fsync, .at = ++syncs, .code = EIO});
    const Written closed = sink->close();
    if (!faults::disarm()) break;
    EXPECT_NE(closed.outcome, Outcome::done);
    EXPECT_NE(closed.problem, "");
    if (closed.outcome == Outcome::rewind) {
      delivery.index = *sink->delivered();
      delivery.all(*sink, 30);
    }
  }
  EXPECT_EQ(sink->delivered(), 30U);
  EXPECT_EQ(stored(GetParam(), dir_.path()), expected(events_, 30));
}

INSTANTIATE_TEST_SUITE_P(Registry, CommitLogFaults, testing::Values("parquet"),
                         [](const auto& instance) { return std::string{instance.param}; });
INSTANTIATE_TEST_SUITE_P(Registry, SinkFaults, testing::Values("ndjson", "parquet"),
                         [](const auto& instance) { return std::string{instance.param}; });

}  // namespace
}  // namespace mp::sink
