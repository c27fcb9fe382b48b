// What a sink may answer, and what a section may want, beyond plain batches.
#include "pipeline/sink_filter.hpp"
#include "sink/registry.hpp"
#include "sink_runner_fixture.hpp"

namespace mp::pipeline {
namespace {

TEST(SinkRunner, offers_only_what_was_not_taken_again) {
  Bench bench;
  bench.config.batch_events_max = 10;
  bench.journal.add(10);
  bench.open();
  int calls = 0;
  bench.sink.answers = [&](const sink::Batch&) {
    if (++calls == 1) return Written{.outcome = Outcome::retriable, .problem = "later", .taken = 4};
    return Written{};
  };
  bench.run();
  EXPECT_EQ(bench.sink.sizes, (std::vector<std::size_t>{10, 6}));
  EXPECT_EQ(bench.sink.taken, range(0, 10));
  EXPECT_EQ(bench.feed->counters().acked, 10U);
  EXPECT_EQ(bench.journal.cursor, 10U);
}

TEST(SinkRunner, puts_aside_what_a_sink_names_and_nothing_else) {
  const TempFile letters;
  Bench bench;
  bench.config.dead_letter = letters.path();
  bench.config.batch_events_max = 10;
  bench.journal.add(10);
  bench.open();
  int calls = 0;
  bench.sink.answers = [&](const sink::Batch&) {
    if (++calls == 1)
      return Written{.outcome = Outcome::retriable,
                     .problem = "later",
                     .taken = 6,
                     .refused = {{2, "too long"}, {5, "too odd"}}};
    return Written{.refused = {{0, "too late"}}};
  };
  bench.run();
  EXPECT_EQ(bench.sink.sizes, (std::vector<std::size_t>{10, 4}));
  EXPECT_EQ(bench.sink.taken, (std::vector<std::uint64_t>{0, 1, 3, 4, 7, 8, 9}));
  EXPECT_EQ(bench.feed->counters().acked, 7U);
  EXPECT_EQ(bench.feed->counters().discarded[0], 3U);
  const auto lines = letters.lines();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_TRUE(lines[2].starts_with(R"({"sink":"fake","index":6,"problem":"too late")")) << lines[2];
}

TEST(SinkRunner, opens_a_sink_again_that_lost_its_connection) {
  Bench bench;
  bench.journal.add(3);
  bench.open();
  EXPECT_EQ(bench.sink.opens, 1);
  int failures = 2;
  bench.sink.answers = [&](const sink::Batch&) {
    if (failures-- > 0) return Written{Outcome::reopen, "cut"};
    return Written{};
  };
  bench.run();
  EXPECT_EQ(bench.sink.opens, 3);
  EXPECT_EQ(bench.sink.taken, range(0, 3));
}

TEST(SinkRunner, passes_over_what_is_too_old_and_says_so) {
  Bench bench;
  bench.config.overflow = Overflow::skip_oldest;
  bench.config.overflow_age = std::chrono::seconds{10};
  bench.journal.add(6);
  for (int i = 0; i < 4; ++i)
    bench.journal.events[static_cast<std::size_t>(i)].ts_recv -= std::chrono::seconds{11};
  bench.open();
  bench.run();
  EXPECT_EQ(bench.sink.taken, (std::vector<std::uint64_t>{3, 4, 5}));
  EXPECT_EQ(bench.sink.gaps, (std::vector<std::pair<std::uint64_t, std::int64_t>>{{3, 4}}));
  EXPECT_EQ(bench.feed->counters().skipped, 4U);
  EXPECT_EQ(bench.journal.cursor, 6U);
}

TEST(SinkRunner, passes_over_the_newest_of_a_long_stop) {
  Bench bench;
  bench.config.overflow = Overflow::skip_newest;
  bench.config.overflow_age = std::chrono::seconds{5};
  bench.config.batch_events_max = 2;
  bench.config.retry_longest = std::chrono::seconds{1};
  bench.journal.add(20);  // one each second
  for (std::size_t i = 0; i < 20; ++i)
    bench.journal.events[i].ts_recv = kNow + std::chrono::seconds{i};
  bench.open();
  bool down = true;
  bench.sink.answers = [&](const sink::Batch&) {
    return down ? Written{Outcome::retriable, "down"} : Written{};
  };
  while (bench.now < kNow + std::chrono::seconds{12}) {
    if (bench.feed->step(bench.now) == State::backing) bench.now += bench.feed->pause();
  }
  down = false;
  bench.run();
  EXPECT_GE(bench.feed->counters().skipped, 6U);
  ASSERT_EQ(bench.sink.gaps.size(), 1U);
  EXPECT_EQ(static_cast<std::uint64_t>(bench.sink.gaps[0].second), bench.feed->counters().skipped);
  EXPECT_EQ(bench.sink.taken.front(), 0U);
  EXPECT_EQ(bench.sink.taken.back(), 19U);
}

TEST(SinkRunner, leaves_out_what_its_encoding_has_no_form_for) {
  Bench bench;
  bench.config.form.encoder = codec::encoder_named("marketprism");  // which knows no mark price
  bench.journal.add(5);
  bench.open();
  bench.run();
  EXPECT_TRUE(bench.sink.taken.empty());
  EXPECT_EQ(bench.feed->counters().eligible, 0U);
  bench.feed->drain();
  bench.run();
  EXPECT_EQ(bench.journal.cursor, 5U);
}

TEST(SinkFilter, takes_channels_and_names_by_glob) {
  Event event;
  event.venue = "binance";
  event.symbol = "BTCUSDT";
  event.body = Trade{};
  std::bitset<kChannelCount> trades;
  trades.set(static_cast<std::size_t>(Channel::trade));
  SinkFilter filter{trades, {"okx:*", "BTC-*"}};
  EXPECT_FALSE(filter.passes(event)) << "not named yet";
  event.instrument = "BTC-USDT";
  EXPECT_TRUE(filter.passes(event));
  event.body = Quote{};
  EXPECT_FALSE(filter.passes(event));
  event.body = Trade{};
  event.symbol = "ETHUSDT";
  event.instrument = "ETH-USDT";
  EXPECT_FALSE(filter.passes(event));
  event.venue = "okx";
  EXPECT_TRUE(filter.passes(event));
  SinkFilter by_symbol{std::bitset<kChannelCount>{}.set(), {"okx:ETHUSDT"}};
  event.instrument = {};
  EXPECT_TRUE(by_symbol.passes(event));
}

TEST(SinkRunner, takes_its_configuration_from_a_section) {
  sink::Settings settings{sink::kNdjson};
  settings.name = "archive";
  settings.data_dir = "/data";
  settings.set("channels", sink::Texts{"trade"});
  settings.set("overflow", std::string{"skip_newest"});
  settings.set("batch_events", std::uint64_t{7});
  const auto config = settings_of_runner(settings);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->name, "archive");
  EXPECT_EQ(config->form.encoder, codec::encoder_named("json"));
  EXPECT_EQ(config->overflow, Overflow::skip_newest);
  EXPECT_EQ(config->batch_events_max, 7U);
  EXPECT_EQ(config->dead_letter, "/data/dead-letter/archive.ndjson");
}

}  // namespace
}  // namespace mp::pipeline
