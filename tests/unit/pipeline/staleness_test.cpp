#include "pipeline/staleness.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace mp::pipeline {
namespace {

using namespace std::chrono_literals;

class StalenessTest : public testing::Test {
 protected:
  // Once a second for `time`, what comes is `delay` behind; when that was out of habit.
  std::vector<std::chrono::seconds> tell(std::chrono::milliseconds delay,
                                         std::chrono::seconds time) {
    std::vector<std::chrono::seconds> out;
    for (auto second = 1s; second <= time; ++second) {
      now_ += 1s;
      if (staleness_.out_of_habit(delay, now_)) out.push_back(second);
    }
    return out;
  }
  void nothing_comes(std::chrono::seconds time) {
    for (auto second = 0s; second < time; ++second) {
      now_ += 1s;
      EXPECT_FALSE(staleness_.out_of_habit(std::nullopt, now_));
    }
  }
  using Times = std::vector<std::chrono::seconds>;

  net::SteadyTime now_{5000s};
  Staleness staleness_;
};

TEST_F(StalenessTest, what_is_always_in_time_is_fine) {
  EXPECT_EQ(tell(80ms, 3600s), Times{});
  EXPECT_EQ(staleness_.habit(), Nanoseconds{80ms});
}

TEST_F(StalenessTest, what_lags_for_half_a_minute_is_late) {
  tell(80ms, 300s);
  EXPECT_EQ(tell(9s, 120s), Times{}) << "less than ten seconds may be anything";
  EXPECT_EQ(tell(11s, 31s), Times{31s});
  EXPECT_EQ(staleness_.delay(), Nanoseconds{11s});
}

TEST_F(StalenessTest, a_message_in_time_among_them_is_enough) {
  tell(80ms, 300s);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(tell(40s, 29s), Times{});
    EXPECT_EQ(tell(80ms, 1s), Times{});
  }
}

TEST_F(StalenessTest, a_clock_that_is_off_is_a_habit) {
  EXPECT_EQ(tell(50s, 3600s), Times{});
  EXPECT_EQ(tell(54s, 120s), Times{});
  EXPECT_EQ(tell(57s, 31s), Times{31s});
}

TEST_F(StalenessTest, a_clock_that_is_ahead_of_ours_is_one_too) {
  EXPECT_EQ(tell(-20s, 600s), Times{});
  EXPECT_EQ(tell(9s, 120s), Times{});
  EXPECT_EQ(tell(10001ms, 31s), Times{31s});
}

TEST_F(StalenessTest, it_is_said_with_growing_pauses_until_it_is_the_habit) {
  tell(80ms, 300s);
  const auto said = tell(20s, 3600s);
  EXPECT_EQ(said, (Times{31s, 92s, 213s, 454s})) << "30 s, then 60 s and so on";
  EXPECT_EQ(staleness_.habit(), Nanoseconds{20s});
}

TEST_F(StalenessTest, what_has_been_in_time_for_long_is_as_good_as_new) {
  tell(80ms, 300s);
  EXPECT_EQ(tell(20s, 40s), Times{31s});
  tell(80ms, 60s);
  EXPECT_EQ(tell(20s, 40s), Times{}) << "the second time takes longer";
  tell(80ms, 700s);
  EXPECT_EQ(tell(20s, 40s), Times{31s});
}

TEST_F(StalenessTest, what_says_nothing_is_not_late) {
  nothing_comes(3600s);
  tell(80ms, 60s);
  tell(20s, 1s);
  nothing_comes(3600s);
  EXPECT_EQ(staleness_.habit(), Nanoseconds{80ms}) << "as of the last minutes in which any came";
}

TEST_F(StalenessTest, a_new_connection_has_time_again_and_the_habit_of_the_last_one) {
  tell(80ms, 300s);
  EXPECT_EQ(tell(20s, 30s), Times{});
  staleness_.begin();
  EXPECT_EQ(tell(20s, 30s), Times{});
  EXPECT_EQ(tell(20s, 1s), Times{1s});
}

TEST_F(StalenessTest, when_our_clock_is_set_the_habit_goes_with_it) {
  tell(80ms, 300s);
  staleness_.clock_was_set(1h);
  EXPECT_EQ(staleness_.habit(), Nanoseconds{3600080ms});
  EXPECT_EQ(tell(3601s, 120s), Times{});
  EXPECT_EQ(tell(3610s, 31s), Times{31s});
  staleness_.clock_was_set(-1h);
  EXPECT_EQ(tell(1s, 1200s), Times{});
}

}  // namespace
}  // namespace mp::pipeline
