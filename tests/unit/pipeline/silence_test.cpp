#include "pipeline/silence.hpp"

#include <gtest/gtest.h>

#include <random>

namespace mp::pipeline {
namespace {

using namespace std::chrono_literals;

constexpr Silence::Rule kRule{.least = 10s, .means = 20, .longests = 3, .soon = 25s, .late = 600s};

class SilenceTest : public testing::Test {
 protected:
  SilenceTest() { silence_.begin(0, now_); }
  // Looks at it once a second.
  bool goes_by(std::chrono::seconds time, std::uint64_t said_a_second = 0) {
    bool out = false;
    for (auto left = time; left > 0s; left -= 1s) {
      now_ += 1s;
      count_ += said_a_second;
      out = silence_.out_of_habit(count_, now_) || out;
    }
    return out;
  }

  net::SteadyTime now_{1000s};
  std::uint64_t count_ = 0;
  Silence silence_{kRule};
};

TEST_F(SilenceTest, of_what_was_busy_is_found_soon) {
  EXPECT_FALSE(goes_by(60s, 5));
  EXPECT_FALSE(goes_by(9s));
  EXPECT_TRUE(goes_by(1s));
  EXPECT_EQ(silence_.silent_for(now_), 10s);
}

TEST_F(SilenceTest, is_found_again_later_and_later) {
  EXPECT_FALSE(goes_by(60s, 5));
  EXPECT_TRUE(goes_by(10s));
  EXPECT_FALSE(goes_by(9s));
  EXPECT_TRUE(goes_by(1s));
  EXPECT_FALSE(goes_by(19s));
  EXPECT_TRUE(goes_by(1s));
  EXPECT_FALSE(goes_by(5s, 1)) << "it speaks again";
  EXPECT_FALSE(goes_by(9s));
}

TEST_F(SilenceTest, of_what_never_spoke_is_habit_for_long) {
  EXPECT_FALSE(goes_by(599s));
  EXPECT_TRUE(silence_.never_heard());
  EXPECT_TRUE(goes_by(1s));
}

TEST_F(SilenceTest, of_a_quiet_one_is_habit) {
  for (int i = 0; i < 60; ++i) {
    EXPECT_FALSE(goes_by(1s, 1));
    EXPECT_FALSE(goes_by(19s));
  }
  EXPECT_FALSE(goes_by(570s));
}

// Whoever speaks by chance, once in `mean`, is left alone for a day.
TEST_F(SilenceTest, by_chance_is_habit) {
  for (const double mean : {0.2, 1.0, 5.0, 30.0, 120.0}) {
    std::mt19937_64 random{7};
    std::poisson_distribution<std::uint64_t> said{1 / mean};
    silence_.begin(count_, now_);
    int found = 0;
    for (int second = 0; second < 86'400; ++second) {
      now_ += 1s;
      count_ += said(random);
      found += silence_.out_of_habit(count_, now_) ? 1 : 0;
    }
    EXPECT_LE(found, mean > 100 ? 2 : 0) << mean;
  }
}

}  // namespace
}  // namespace mp::pipeline
