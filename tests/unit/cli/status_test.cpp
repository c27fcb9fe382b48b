#include "cli/status.hpp"

#include <gmock/gmock.h>

namespace mp::cli {
namespace {

using namespace std::chrono_literals;
using pipeline::ConnectionHealth;
using pipeline::ConnectionState;
using pipeline::FeedHealth;
using pipeline::Race;
using pipeline::Uptime;
using testing::HasSubstr;

FeedHealth feed_of(std::string venue, std::uint32_t shard, Uptime day) {
  return {.venue = std::move(venue), .shard = shard, .hour = day, .day = day};
}

TEST(Status, a_venue_has_one_line_whatever_its_shards) {
  auto first = feed_of("okx", 0, {.wanted = 100s, .live = 100s});
  first.connections = {{.name = "okx.0", .connects = 1}};
  auto second = feed_of("okx", 1, {.wanted = 100s, .live = 99s});
  second.connections = {{.name = "okx.1.0", .connects = 3, .disconnects = 2}};
  EXPECT_EQ(summary_of({first, second, feed_of("binance", 0, {})}),
            "binance: available -, 0 connects, 0 disconnects\n"
            "okx: available 99.50 %, 4 connects, 2 disconnects\n");
}

TEST(Status, what_is_not_all_is_not_100_percent) {
  EXPECT_THAT(summary_of({feed_of("okx", 0, {.wanted = 1'000'000s, .live = 999'999s})}),
              HasSubstr("available 99.99 %"));
  EXPECT_THAT(summary_of({feed_of("okx", 0, {.wanted = 7s, .live = 7s})}),
              HasSubstr("available 100.00 %"));
}

TEST(Status, of_two_legs_it_says_who_led_and_by_how_much) {
  auto feed = feed_of("okx", 0, {.wanted = 1s, .live = 1s});
  feed.connections = {
      {.name = "okx.0", .connects = 1, .race = {.first = 25, .late = 75, .timed = 75}},
      {.name = "okx.0b",
       .leg = 1,
       .connects = 1,
       .race = {.first = 75, .late = 25, .timed = 20, .behind = 400ms}}};
  feed.connections[0].race.behind = 300ms;
  EXPECT_THAT(
      summary_of({feed}),
      HasSubstr("; leg 2 led, first with 75.00 % of 100 messages, by 4.0 ms in the mean\n"));
  EXPECT_THAT(status_table({feed}, {}), HasSubstr("first 25.00 %, else 4.0 ms late"));
  EXPECT_THAT(status_table({feed}, {}), HasSubstr("first 75.00 %, else 20.0 ms late"));
}

TEST(Status, json_has_all_members_by_their_names) {
  auto feed = feed_of("okx", 2, {.wanted = 10s, .live = 8s});
  feed.calls = {.submitted = 5, .failed = 1, .p95 = 120ms, .connections = 2, .reused = 3};
  feed.connections = {{.name = "okx.0",
                       .state = ConnectionState::waiting,
                       .reason = "no \"answer\"",
                       .retry_at = Timestamp{1s},
                       .connects = 4,
                       .race = {.first = 1, .late = 2, .timed = 3, .behind = Nanoseconds{4}}}};
  const pipeline::Waiting waiting{.venue = "okx", .symbol = "", .name = "X", .reason = "why"};
  EXPECT_EQ(
      status_json({feed}, {waiting}),
      R"({"type":"feed","venue":"okx","shard":2,"availability_1h":{"wanted_ms":10000,)"
      R"("live_ms":8000},"availability_24h":{"wanted_ms":10000,"live_ms":8000},"silences":0,)"
      R"("stale":0,"calls":{"submitted":5,"failed":1,"active":0,"waiting":0,"p95_ms":120,)"
      R"("connections":2,"reused":3},)"
      R"("connections":[{"name":"okx.0","leg":0,"state":"waiting","reason":"no \"answer\"",)"
      R"("retry_at":1000000000,"uptime_ms":0,"silence_ms":0,"round_trip_ms":null,"delay_ms":null,)"
      R"("usual_delay_ms":null,"connects":4,"disconnects":0,"topics":0,"messages":0,"bytes":0,)"
      R"("race":{"first":1,"late":2,"timed":3,"behind_ns":4}}]})"
      "\n"
      R"({"type":"waiting","venue":"okx","symbol":"","name":"X","state":"WAITING","reason":"why"})"
      "\n");
}

TEST(Status, the_table_says_why_a_connection_is_not_there) {
  auto feed = feed_of("okx", 0, {.wanted = 10s, .live = 0s});
  feed.connections = {{.name = "okx.0", .reason = "Connection\x1b[2J refused"}};
  const auto text = status_table({feed}, {});
  EXPECT_THAT(text, HasSubstr("opening"));
  EXPECT_THAT(text, HasSubstr("refused\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("\x1b")));
}

TEST(Status, says_which_sinks_are_in_trouble) {
  const std::vector<pipeline::SinkView> sinks = {
      {.name = "well", .is_open = true},
      {.name = "down", .problem = "refused\x1b[2J"},
      {.name = "parquet",
       .is_open = true,
       .upkeep_failures = 3,
       .upkeep_problem = "cannot make one file of 7 in d"}};
  EXPECT_EQ(sink_troubles(sinks),
            "sink down, which is not open: refused\uFFFD[2J\n"
            "sink parquet, upkeep, failed 3 times and tried again: cannot make one file of 7 in "
            "d\n");
  EXPECT_THAT(sinks_json({sinks[2]}),
              HasSubstr(R"({"type":"sink","name":"parquet","shard":0,"is_open":true,)"));
  EXPECT_THAT(sinks_json({sinks[2]}),
              HasSubstr(R"("upkeep_failures":3,"upkeep_problem":"cannot make one file)"));
}

}  // namespace
}  // namespace mp::cli
