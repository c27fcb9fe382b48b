#include "obs/stage_times.hpp"

#include <gtest/gtest.h>

namespace mp::obs {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kStart{1'700'000'000s};

TEST(StageTimes, keeps_the_slowest_with_how_they_begin) {
  StageTimes times;
  for (int i = 1; i <= 100; ++i) {
    const std::string frame(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
    times.record(Nanoseconds{i}, {.at = kStart, .bytes = frame.size(), .head = frame});
  }
  const auto taken = times.snapshot();
  EXPECT_EQ(taken.times.count, 100U);
  ASSERT_EQ(taken.slowest.size(), StageTimes::kSlowestMax);
  EXPECT_EQ(taken.slowest.front().took, 100ns);
  EXPECT_EQ(taken.slowest.back().took, 97ns);
  EXPECT_EQ(taken.slowest.front().bytes, 100U);
  EXPECT_EQ(taken.slowest.front().head, std::string(100, 'a' + 100 % 26));
}

TEST(StageTimes, cuts_long_frames_and_forgets_what_was_slow_long_ago) {
  StageTimes times;
  const std::string frame(100'000, 'x');
  for (int i = 0; i < 10; ++i)
    times.record(1s, {.at = kStart, .bytes = frame.size(), .head = frame});
  EXPECT_EQ(times.snapshot().slowest.front().head.size(), StageTimes::kHeadBytesMax);
  EXPECT_EQ(times.snapshot().slowest.front().bytes, frame.size());
  times.record(5us, {.at = kStart + StageTimes::kKept - 1s});
  EXPECT_EQ(times.snapshot().slowest.size(), StageTimes::kSlowestMax);
  times.record(3us, {.at = kStart + StageTimes::kKept});
  times.record(4us, {.at = kStart + StageTimes::kKept});
  const auto slowest = times.snapshot().slowest;
  ASSERT_EQ(slowest.size(), 2U);
  EXPECT_EQ(slowest[0].took, 4us);
  EXPECT_EQ(slowest[1].took, 3us);
}

TEST(StageTimes, of_two_shards_are_added) {
  StageTimes one;
  StageTimes other;
  for (int i = 0; i < 5; ++i) {
    one.record(Nanoseconds{10 + i}, {.at = kStart});
    other.record(Nanoseconds{12 + i}, {.at = kStart});
  }
  auto sum = one.snapshot();
  sum += other.snapshot();
  EXPECT_EQ(sum.times.count, 10U);
  ASSERT_EQ(sum.slowest.size(), StageTimes::kSlowestMax);
  EXPECT_EQ(sum.slowest[0].took, 16ns);
  EXPECT_EQ(sum.slowest[3].took, 14ns);
}

}  // namespace
}  // namespace mp::obs
