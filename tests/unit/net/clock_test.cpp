#include "net/clock.hpp"

#include <gtest/gtest.h>

namespace mp::net {
namespace {

using std::chrono::seconds;

constexpr Timestamp at(std::int64_t second) {
  return Timestamp{seconds{1'700'000'000 + second}};
}
constexpr SteadyTime steady(std::int64_t second) {
  return SteadyTime{seconds{second}};
}

TEST(ReceiveClock, follows_the_wall_clock_forward) {
  ReceiveClock clock;
  EXPECT_EQ(clock.stamp(at(0), steady(0)), at(0));
  EXPECT_EQ(clock.stamp(at(3600), steady(1)), at(3600));
  EXPECT_EQ(clock.steps_back(), 0U);
}

TEST(ReceiveClock, goes_on_at_the_steady_pace_when_the_wall_clock_is_set_back) {
  ReceiveClock clock;
  EXPECT_EQ(clock.stamp(at(3600), steady(0)), at(3600));
  EXPECT_EQ(clock.stamp(at(1), steady(1)), at(3601));
  EXPECT_EQ(clock.stamp(at(5), steady(5)), at(3605));
  EXPECT_EQ(clock.steps_back(), 1U);
  EXPECT_EQ(clock.stamp(at(3606), steady(5)), at(3606));
  EXPECT_EQ(clock.stamp(at(0), steady(6)), at(3607));
  EXPECT_EQ(clock.steps_back(), 2U);
}

TEST(ReceiveClock, never_goes_back_by_a_little_either) {
  ReceiveClock clock;
  const Timestamp first = clock.stamp(at(10), steady(0));
  EXPECT_EQ(clock.stamp(at(10) - Nanoseconds{500}, steady(0)), first);
  EXPECT_EQ(clock.steps_back(), 0U);
}

TEST(Clock, tells_utc) {
  EXPECT_GT(now(), at(0));
}

}  // namespace
}  // namespace mp::net
