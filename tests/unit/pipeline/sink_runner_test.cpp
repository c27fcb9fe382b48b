#include <map>
#include <random>
#include <set>

#include "sink_runner_fixture.hpp"

#if __has_include("journal/writer.hpp")
#define MP_HAS_JOURNAL 1
#endif

namespace mp::pipeline {
namespace {

TEST(SinkRunner, makes_batches_by_count) {
  Bench bench;
  bench.config.batch_events_max = 10;
  bench.journal.add(25);
  bench.open();
  bench.run();
  EXPECT_EQ(bench.sink.sizes, (std::vector<std::size_t>{10, 10, 5}));
  EXPECT_EQ(bench.sink.taken, range(0, 25));
}

TEST(SinkRunner, makes_batches_by_bytes) {
  for (const auto* const encoder : {codec::encoder_named("json"), codec::encoder_named("none")}) {
    Bench bench;
    bench.config.form.encoder = encoder;
    bench.config.batch_bytes_max = 2'000;
    bench.journal.add(100);
    bench.open();
    bench.run();
    EXPECT_EQ(bench.sink.taken, range(0, 100));
    EXPECT_GE(bench.sink.sizes.size(), 5U);
    EXPECT_LE(bench.sink.sizes.size(), 50U);
  }
}

TEST(SinkRunner, makes_batches_by_age) {
  Bench bench;
  bench.journal.add(3);
  bench.open();
  // Not idle: the journal would wake it with each event.
  EXPECT_EQ(bench.feed->step(kNow), State::backing);
  EXPECT_EQ(bench.feed->pause(), milliseconds{5});
  bench.journal.add(2);
  EXPECT_EQ(bench.feed->step(kNow + milliseconds{49}), State::backing);
  EXPECT_EQ(bench.feed->pause(), milliseconds{1});
  EXPECT_TRUE(bench.sink.sizes.empty());
  EXPECT_EQ(bench.feed->step(kNow + milliseconds{50}), State::busy);
  EXPECT_EQ(bench.sink.sizes, (std::vector<std::size_t>{5}));
}

TEST(SinkRunner, offers_the_same_batch_again_with_doubled_and_bounded_pauses) {
  Bench bench;
  bench.config.retry_longest = milliseconds{1'000};
  bench.journal.add(4);
  bench.open();
  bench.feed->drain();
  int failures = 6;
  bench.sink.answers = [&](const auto&) {
    return failures-- > 0 ? Written{Outcome::retriable, "the server is down"} : Written{};
  };
  std::vector<std::int64_t> pauses;
  while (bench.feed->step(bench.now) == State::backing) {
    EXPECT_EQ(bench.feed->problem(), "the server is down");
    pauses.push_back(bench.feed->pause().count());
    EXPECT_EQ(bench.feed->step(bench.now), State::backing) << "too early";
    bench.now += bench.feed->pause();
  }
  EXPECT_EQ(pauses, (std::vector<std::int64_t>{99, 199, 399, 799, 999, 999}));
  EXPECT_EQ(bench.feed->counters().retries, 6U);
  EXPECT_EQ(bench.sink.taken, range(0, 4));
  EXPECT_EQ(bench.sink.sizes, (std::vector<std::size_t>(7, 4)));
}

TEST(SinkRunner, spreads_the_pauses_by_chance) {
  Bench bench;
  bench.journal.add(1);
  bench.sink.answers = [](const auto&) { return Written{Outcome::retriable, "no"}; };
  bench.feed =
      std::make_unique<SinkFeed>(bench.config, journal::ReaderConfig{.location = {}, .name = "x"},
                                 reader_of(bench.journal), bench.sink, [] { return 0U; });
  ASSERT_TRUE(bench.feed->open().ok());
  bench.feed->drain();
  EXPECT_EQ(bench.feed->step(kNow), State::backing);
  EXPECT_EQ(bench.feed->pause(), milliseconds{50});
}

TEST(SinkRunner, bisects_a_refused_batch_down_to_the_poison) {
  const TempFile letters;
  const std::set<std::uint64_t> poison = {0, 13, 14, 63};
  Bench bench;
  bench.config.dead_letter = letters.path();
  bench.journal.add(64);
  bench.open();
  bench.sink.answers = [&](const sink::Batch& batch) {
    for (const auto& item : batch.items) {
      if (poison.contains(item.index)) return Written{Outcome::permanent, "bad \"value\""};
    }
    return Written{};
  };
  bench.run();
  std::vector<std::uint64_t> rest;
  for (const auto index : range(0, 64)) {
    if (!poison.contains(index)) rest.push_back(index);
  }
  EXPECT_EQ(bench.sink.taken, rest);
  EXPECT_EQ(bench.feed->counters().acked, 60U);
  EXPECT_EQ(bench.feed->counters().discarded[0], 4U);
  EXPECT_EQ(bench.journal.cursor, 64U) << "what is refused is dealt with";
  const auto lines = letters.lines();
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_TRUE(lines[1].starts_with(
      R"({"sink":"fake","index":13,"problem":"bad \"value\"","event":{"type":"mark_price",)"))
      << lines[1];
}

TEST(SinkRunner, counts_refused_events_that_find_no_room_in_the_dead_letters) {
  const TempFile letters;
  Bench bench;
  bench.config.dead_letter = letters.path();
  bench.config.dead_letter_bytes_max = 700;
  bench.journal.add(20);
  bench.open();
  bench.sink.answers = [](const auto&) { return Written{Outcome::permanent, "no"}; };
  bench.run();
  EXPECT_GT(letters.lines().size(), 0U);
  EXPECT_EQ(bench.feed->counters().discarded[0], letters.lines().size());
  EXPECT_EQ(bench.discarded(), 20U);
  EXPECT_LE(std::filesystem::file_size(letters.path()), 700U);
}

TEST(SinkRunner, tells_the_sink_what_retention_took) {
  Bench bench;
  bench.config.batch_events_max = 10;
  bench.journal.add(30);
  bench.open();
  EXPECT_EQ(bench.feed->step(kNow), State::busy);  // events 0 to 9
  bench.journal.oldest = 17;
  bench.run();
  EXPECT_EQ(bench.sink.gaps, (std::vector<std::pair<std::uint64_t, std::int64_t>>{{16, 7}}));
  auto all = range(0, 10);
  for (const auto index : range(16, 30)) all.push_back(index);
  EXPECT_EQ(bench.sink.taken, all);
  EXPECT_EQ(bench.feed->counters().lost, 7U);
}

TEST(SinkRunner, tells_what_was_lost_before_it_started) {
  Bench bench;
  bench.journal.add(30);
  bench.journal.cursor = 5;
  bench.journal.oldest = 20;
  bench.open();
  bench.run();
  EXPECT_EQ(bench.sink.gaps, (std::vector<std::pair<std::uint64_t, std::int64_t>>{{19, 15}}));
}

TEST(SinkRunner, moves_the_cursor_only_with_what_the_sink_delivered) {
  Bench bench;
  bench.sink.lags = true;
  bench.config.batch_events_max = 10;
  bench.journal.add(20);
  bench.open();
  bench.run();
  EXPECT_EQ(bench.sink.taken, range(0, 20));
  EXPECT_EQ(bench.journal.cursor, 0U);
  EXPECT_EQ(bench.feed->counters().dealt, 20U) << "it is not behind, though a restart begins at 0";
  bench.sink.flush_on_tick = true;
  bench.now += std::chrono::seconds{1};
  bench.feed->step(bench.now);
  EXPECT_EQ(bench.journal.cursor, 20U);
}

TEST(SinkRunner, gives_a_sink_its_channels_and_moves_the_cursor_past_the_others) {
  Bench bench;
  std::bitset<kChannelCount> channels;
  channels.set(static_cast<std::size_t>(Channel::index_price));
  bench.config.filter = {channels, {}};
  bench.journal.add(23);
  bench.open();
  bench.run();
  EXPECT_EQ(bench.sink.taken, (std::vector<std::uint64_t>{4, 9, 14, 19}));
  EXPECT_EQ(bench.journal.cursor, 23U);
  EXPECT_EQ(bench.feed->counters().read, 23U);
  EXPECT_EQ(bench.feed->counters().eligible, 4U);
}

TEST(SinkRunner, delivers_again_what_the_sink_lost) {
  Bench bench;
  bench.sink.lags = true;
  bench.config.batch_events_max = 10;
  bench.journal.add(40);
  bench.open();
  bool lose = true;
  bench.sink.answers = [&](const sink::Batch& batch) {
    if (batch.items.front().index != 30 || !std::exchange(lose, false)) return Written{};
    bench.sink.taken.resize(10);  // 10 to 29 are lost
    bench.sink.delivered_at = 10;
    return Written{Outcome::rewind, "fsync failed"};
  };
  for (int i = 0; i < 100; ++i) {
    if (bench.feed->step(bench.now) != State::busy) bench.now += bench.feed->pause();
  }
  EXPECT_EQ(bench.sink.taken, range(0, 40));
  EXPECT_EQ(bench.feed->counters().rewinds, 1U);
}

TEST(SinkRunner, says_so_when_the_journal_cannot_be_read_again) {
  Bench bench;
  bench.journal.add(1);
  bench.open();
  bench.journal.refuse_open = true;
  bench.sink.answers = [](const auto&) { return Written{Outcome::rewind, "lost"}; };
  const Timestamp begin = bench.now;
  EXPECT_EQ(bench.run(), State::failed);
  EXPECT_GE(bench.now - begin, std::chrono::minutes{10});  // however short the pauses are
  EXPECT_EQ(bench.feed->problem(), "cannot read the journal again: the disk is gone");
}

TEST(SinkRunner, ends_when_the_journal_is_closed_and_everything_is_delivered) {
  Bench bench;
  bench.sink.lags = true;
  bench.journal.add(7);
  bench.journal.closed = true;
  bench.open();
  State state = State::busy;
  for (int i = 0; i < 10 && state != State::ended; ++i) state = bench.feed->step(kNow);
  EXPECT_EQ(state, State::ended);
  EXPECT_EQ(bench.journal.cursor, 7U);
  EXPECT_EQ(bench.sink.closes, 1);
}

// Whatever a sink answers: each event once and in order, or in the dead letters, and the books add
// up.
TEST(SinkRunner, accounts_for_every_event_whatever_the_sink_answers) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random{seed};
    const TempFile letters;
    Bench bench;
    bench.config.dead_letter = letters.path();
    bench.config.batch_events_max = 1 + random() % 40;
    bench.journal.add(200);
    bench.open();
    std::set<std::uint64_t> poison;
    for (int i = 0; i < 10; ++i) poison.insert(random() % 200);
    bench.sink.answers = [&](const sink::Batch& batch) {
      if (random() % 4 == 0) return Written{Outcome::retriable, "later"};
      for (const auto& item : batch.items) {
        if (poison.contains(item.index)) return Written{Outcome::permanent, "never"};
      }
      return Written{};
    };
    bench.run();
    std::vector<std::uint64_t> rest;
    for (const auto index : range(0, 200)) {
      if (!poison.contains(index)) rest.push_back(index);
    }
    ASSERT_EQ(bench.sink.taken, rest) << seed;
    EXPECT_EQ(letters.lines().size(), poison.size());
    const auto& counters = bench.feed->counters();
    EXPECT_EQ(counters.eligible, counters.acked + bench.discarded());
    EXPECT_EQ(bench.journal.cursor, 200U);
  }
}

TEST(SinkRunner, drains_and_closes_on_stop) {
  FakeJournal journal;
  journal.add(5'000);
  auto owned = std::make_unique<FakeSink>();
  FakeSink& sink = *owned;
  sink.lags = true;
  SinkRunner runner{{},
                    {.location = {}, .name = "fake"},
                    std::move(owned),
                    [] { return 0x8000'0000U; },
                    reader_of(journal)};
  ASSERT_TRUE(runner.start().ok());
  runner.stop();
  EXPECT_EQ(sink.taken, range(0, 5'000));
  EXPECT_EQ(sink.closes, 1);
  EXPECT_EQ(journal.cursor, 5'000U);
  EXPECT_EQ(runner.counters().acked, 5'000U);
  EXPECT_TRUE(runner.ended());
}

TEST(SinkRunner, stops_in_time_when_the_sink_is_down_and_leaves_the_cursor) {
  FakeJournal journal;
  journal.add(10);
  auto owned = std::make_unique<FakeSink>();
  owned->answers = [](const auto&) { return Written{Outcome::retriable, "down"}; };
  SinkRunnerConfig config;
  config.retry_first = std::chrono::hours{1};
  config.retry_longest = std::chrono::hours{1};
  config.drain_longest = milliseconds{50};
  SinkRunner runner{config,
                    {.location = {}, .name = "fake"},
                    std::move(owned),
                    [] { return 0x8000'0000U; },
                    reader_of(journal)};
  ASSERT_TRUE(runner.start().ok());
  runner.stop();  // returns: the test would hang for an hour else
  EXPECT_EQ(journal.cursor, 0U);
  EXPECT_EQ(runner.problem(), "down");
}

TEST(SinkRunner, one_sink_in_trouble_leaves_the_others_alone) {
  FakeJournal journal_of_good;
  FakeJournal journal_of_bad;
  journal_of_good.add(1'000);
  journal_of_good.closed = true;
  journal_of_bad.add(1'000);
  auto bad_sink = std::make_unique<FakeSink>();
  bad_sink->answers = [](const auto&) { return Written{Outcome::retriable, "down"}; };
  SinkRunnerConfig config;
  config.drain_longest = milliseconds{10};
  SinkRunner bad{config,
                 {.location = {}, .name = "bad"},
                 std::move(bad_sink),
                 [] { return 0x8000'0000U; },
                 reader_of(journal_of_bad)};
  auto good_sink = std::make_unique<FakeSink>();
  FakeSink& taken = *good_sink;
  SinkRunner good{config,
                  {.location = {}, .name = "good"},
                  std::move(good_sink),
                  [] { return 0x8000'0000U; },
                  reader_of(journal_of_good)};
  ASSERT_TRUE(bad.start().ok());
  ASSERT_TRUE(good.start().ok());
  good.stop();
  bad.begin_stop();
  bad.stop();
  EXPECT_EQ(taken.taken, range(0, 1'000));
  EXPECT_EQ(bad.counters().acked, 0U);
}

#ifdef MP_HAS_JOURNAL
TEST(SinkRunner, reads_the_real_journal_and_starts_again_at_its_cursor) {
  const TempFile place;
  journal::Config config;
  config.dir = place.path();
  auto writer = journal::Writer::open(config);
  ASSERT_TRUE(writer.ok()) << writer.error().message;
  FakeJournal events;
  events.add(3'000);
  const auto subject = (*writer)->subject("binance", "BTCUSDT", "BTC-USDT");
  std::vector<std::uint64_t> taken;
  for (const std::uint64_t end : {1'000U, 3'000U}) {
    for (std::uint64_t i = taken.size(); i < end; ++i)
      ASSERT_TRUE((*writer)->append(subject, events.events[i]));
    (*writer)->publish();
    auto owned = std::make_unique<FakeSink>();
    FakeSink& sink = *owned;
    SinkRunner runner{
        {}, {.location = (*writer)->location(), .name = "fake"}, std::move(owned), [] {
          return 0x8000'0000U;
        }};
    const auto started = runner.start();
    ASSERT_TRUE(started.ok()) << started.error().message;
    runner.stop();
    taken.insert(taken.end(), sink.taken.begin(), sink.taken.end());
    EXPECT_EQ(taken, range(0, end));
  }
}
#endif

}  // namespace
}  // namespace mp::pipeline
