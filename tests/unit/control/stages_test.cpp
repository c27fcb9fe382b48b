#include "control/stages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mp::control {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

pipeline::StageView view(obs::Stage stage, std::string of, std::uint64_t every, int count,
                         Nanoseconds each) {
  obs::StageTimes times;
  for (int i = 0; i < count; ++i) {
    times.record(each, {.at = Timestamp{1s}, .bytes = 3, .head = "{\x1b}"});
  }
  return {.stage = stage, .of = std::move(of), .every = every, .taken = times.snapshot()};
}

TEST(Stages, are_of_the_time_between_two_looks) {
  const std::vector before{view(obs::Stage::decode, "okx", 10, 100, 1s)};
  std::vector after{before.front(), view(obs::Stage::append, "okx", 10, 0, 1us),
                    view(obs::Stage::write, "parquet", 1, 2, 1s)};
  after.front().taken += view(obs::Stage::decode, "okx", 10, 50, 1ms).taken;
  const auto rows = stage_rows(before, after, 10);
  ASSERT_EQ(rows.size(), 2U);  // what had nothing to do is left out
  EXPECT_EQ(rows[0].of, "parquet");
  EXPECT_DOUBLE_EQ(rows[0].busy, 0.2);
  EXPECT_EQ(rows[1].times.count, 50U);
  EXPECT_DOUBLE_EQ(rows[1].busy, 0.05);  // 50 ms, ten times as many
  EXPECT_LT(rows[1].times.max, 2ms);     // not that of before
  std::string json;
  append_stage_row(rows[1], json);
  EXPECT_THAT(json, HasSubstr("\"stage\":\"decode\",\"of\":\"okx\",\"every\":10,\"count\":50"));
  EXPECT_EQ(stage_lines(rows).size(), 3U);
  for (const auto& line : slow_lines(rows)) EXPECT_EQ(line.find('\x1b'), std::string::npos);
}

TEST(Stages, the_bottleneck_is_named) {
  obs::CpuProfile profile{.samples = 9};
  profile.modules.emplace_back();
  profile.places.push_back({.address = 1, .module = 0, .function = "slow_function"});
  profile.stacks.push_back({.thread = "mp-shard-0", .places = {0}, .samples = 9});
  const auto rows = stage_rows({}, {view(obs::Stage::decode, "okx", 10, 600, 1ms)}, 10);
  EXPECT_THAT(bottleneck(rows, {{.name = "mp-shard-0", .seconds = 0.7}}, profile),
              HasSubstr("decode of okx is the bottleneck: it keeps a thread busy for 60 % of the "
                        "time"));
  EXPECT_THAT(bottleneck(rows, {}, profile),
              HasSubstr("100 % of its samples are in slow_function"));
  // Its stages are the least part of what the thread does.
  const auto few = stage_rows({}, {view(obs::Stage::decode, "okx", 10, 60, 1ms)}, 10);
  EXPECT_EQ(bottleneck(few, {{.name = "mp-shard-0", .seconds = 0.7}}, profile),
            "the thread mp-shard-0 is the bottleneck: it uses 0.70 of a core; 100 % of its samples "
            "are in slow_function");
  EXPECT_THAT(bottleneck({}, {{.name = "x", .seconds = 0.01}}, {}), HasSubstr("nothing is near"));
}

}  // namespace
}  // namespace mp::control
