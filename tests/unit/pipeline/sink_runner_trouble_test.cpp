// A sink, a journal or a system in trouble: what the runner does until it is over.
#include <utility>

#include "sink_runner_fixture.hpp"

namespace mp::pipeline {
namespace {

TEST(SinkRunner, opens_a_sink_again_with_growing_pauses_until_it_can) {
  Bench bench;
  bench.journal.add(5);
  bench.sink.open_answer = Error{ErrorKind::data, "its log is damaged"};
  bench.feed =
      std::make_unique<SinkFeed>(bench.config, journal::ReaderConfig{.location = {}, .name = "x"},
                                 reader_of(bench.journal), bench.sink, [] { return UINT32_MAX; });
  for (const std::int64_t pause : {99, 199, 399, 799}) {
    EXPECT_EQ(bench.feed->step(bench.now), State::backing);
    EXPECT_EQ(bench.feed->pause().count(), pause);
    EXPECT_EQ(bench.feed->problem(), "its log is damaged");
    EXPECT_EQ(bench.feed->not_open()->kind, ErrorKind::data);
    bench.now += bench.feed->pause();
  }
  bench.sink.open_answer = {};
  bench.run();
  EXPECT_FALSE(bench.feed->not_open());
  EXPECT_EQ(bench.sink.opens, 5);
  EXPECT_EQ(bench.sink.taken, range(0, 5));
}

TEST(SinkRunner, starts_with_a_sink_that_cannot_open_and_stops_at_once) {
  FakeJournal journal;
  journal.add(5);
  auto owned = std::make_unique<FakeSink>();
  owned->open_answer = Error{ErrorKind::locked, "another has it"};
  SinkRunnerConfig config;
  config.retry_first = config.retry_longest = std::chrono::hours{1};
  config.drain_longest = std::chrono::hours{1};
  SinkRunner runner{config,
                    {.location = {}, .name = "fake"},
                    std::move(owned),
                    [] { return 0x8000'0000U; },
                    reader_of(journal)};
  ASSERT_TRUE(runner.start().ok());
  runner.stop();  // returns: the test would hang for an hour else
  ASSERT_TRUE(runner.not_open());
  EXPECT_EQ(runner.not_open()->kind, ErrorKind::locked);
  EXPECT_FALSE(runner.drained());
  EXPECT_EQ(journal.cursor, 0U);
}

TEST(SinkRunner, waits_for_a_journal_that_cannot_be_read_now) {
  Bench bench;
  bench.journal.add(5);
  bench.open();
  bench.journal.obstacle = "too many open files";
  bench.feed->drain();
  EXPECT_EQ(bench.feed->step(bench.now), State::busy);  // what there is goes first
  EXPECT_EQ(bench.sink.taken, range(0, 5));
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(bench.feed->step(bench.now), State::backing) << "a drain must not end here";
    EXPECT_EQ(bench.feed->problem(), "too many open files");
    bench.now += bench.feed->pause();
  }
  bench.journal.obstacle.clear();
  bench.journal.add(5);
  EXPECT_EQ(bench.run(), State::ended);
  EXPECT_EQ(bench.sink.taken, range(0, 10));
}

TEST(SinkRunner, passes_on_how_the_upkeep_of_its_sink_goes) {
  Bench bench;
  bench.open();
  bench.sink.own_work = {.failures = 2, .problem = "no room"};
  EXPECT_EQ(bench.run(), State::idle);
  EXPECT_EQ(bench.feed->upkeep().failures, 2U);
  EXPECT_EQ(bench.feed->upkeep().problem, "no room");
  bench.sink.own_work.problem.clear();
  bench.now += bench.config.tick_interval;
  EXPECT_EQ(bench.run(), State::idle);
  EXPECT_EQ(bench.feed->upkeep().problem, "");
  EXPECT_EQ(bench.feed->problem(), "") << "deliveries are well";
}

TEST(SinkRunner, makes_the_same_call_again_for_more) {
  Bench bench;
  bench.config.batch_events_max = 10;
  bench.journal.add(30);
  bench.journal.closed = true;
  bench.open();
  int parts = 3;
  bench.sink.answers = [&](const sink::Batch& batch) {
    if (batch.items.front().index == 10 && parts-- > 0) return Written{Outcome::more, {}};
    return Written{};
  };
  EXPECT_EQ(bench.run(), State::ended);
  EXPECT_EQ(bench.sink.taken, range(0, 30));
  EXPECT_EQ(bench.feed->counters().retries, 0U);
  EXPECT_EQ(bench.feed->counters().batches, 3U);
}

TEST(SinkRunner, looks_at_its_deadline_between_the_parts_of_a_flush) {
  FakeJournal journal;
  journal.add(10);
  auto owned = std::make_unique<FakeSink>();
  owned->close_answer = {Outcome::more, {}};
  owned->lags = true;
  SinkRunnerConfig config;
  config.drain_longest = milliseconds{20};
  SinkRunner runner{config,
                    {.location = {}, .name = "fake"},
                    std::move(owned),
                    [] { return 0x8000'0000U; },
                    reader_of(journal)};
  ASSERT_TRUE(runner.start().ok());
  runner.stop();  // returns: the flush has no end
  EXPECT_FALSE(runner.drained());
  EXPECT_EQ(journal.cursor, 0U);
}

TEST(SinkRunner, counts_no_loss_of_what_an_earlier_run_delivered) {
  struct Case {
    std::uint64_t known_end;
    std::int64_t missing;  // 0: no gap
  };
  for (const Case& one : {Case{0, 15}, Case{5, 15}, Case{12, 8}, Case{20, 0}, Case{25, 0}}) {
    Bench bench;
    bench.journal.add(30);
    bench.journal.cursor = 5;
    bench.journal.oldest = 20;
    bench.sink.known_end = one.known_end;
    bench.open();
    bench.run();
    std::vector<std::pair<std::uint64_t, std::int64_t>> gaps;
    if (one.missing > 0) gaps.emplace_back(19, one.missing);
    EXPECT_EQ(bench.sink.gaps, gaps) << one.known_end;
    EXPECT_EQ(bench.feed->counters().lost, static_cast<std::uint64_t>(one.missing));
  }
}

TEST(SinkRunner, waits_until_the_sink_can_tell_what_it_delivered) {
  Bench bench;
  bench.journal.add(30);
  bench.journal.cursor = 5;
  bench.journal.oldest = 20;
  bench.sink.known_end = Error{ErrorKind::io, "the folder cannot be listed"};
  bench.open();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(bench.feed->step(bench.now), State::backing);
    EXPECT_EQ(bench.feed->problem(), "the folder cannot be listed");
    bench.now += bench.feed->pause();
  }
  bench.sink.known_end = 18;
  bench.run();
  EXPECT_EQ(bench.sink.gaps, (std::vector<std::pair<std::uint64_t, std::int64_t>>{{19, 2}}));
  EXPECT_EQ(bench.feed->counters().read, 10U);
}

TEST(SinkRunner, reads_the_journal_again_after_a_rewind_when_it_can) {
  Bench bench;
  bench.config.batch_age_max = std::chrono::milliseconds{5};
  bench.journal.add(10);
  bench.open();
  int left = 5;
  bench.sink.answers = [&](const auto&) {
    const bool lose = std::exchange(bench.journal.refuse_open, true) == false && left-- == 5;
    return lose ? Written{Outcome::rewind, "lost"} : Written{};
  };
  for (int i = 0; i < 5; ++i) {
    if (bench.feed->step(bench.now) != State::busy) bench.now += bench.feed->pause();
  }
  bench.journal.refuse_open = false;
  bench.run();
  EXPECT_EQ(bench.sink.taken, range(0, 10));
}

}  // namespace
}  // namespace mp::pipeline
