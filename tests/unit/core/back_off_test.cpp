#include "core/back_off.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace mp {
namespace {

using namespace std::chrono_literals;

TEST(BackOff, doubles_up_to_its_longest) {
  constexpr BackOff kPauses{.first = 500ms, .most = 32s};
  EXPECT_EQ(kPauses.longest(0), 500ms);
  EXPECT_EQ(kPauses.longest(1), 1s);
  EXPECT_EQ(kPauses.longest(5), 16s);
  EXPECT_EQ(kPauses.longest(6), 32s);
  EXPECT_EQ(kPauses.longest(7), 32s);
  EXPECT_EQ(kPauses.longest(std::numeric_limits<unsigned>::max()), 32s);
  EXPECT_EQ((BackOff{.first = 1min, .most = 10s}.longest(0)), 10s);
}

TEST(BackOff, may_grow_quicker) {
  constexpr BackOff kPauses{.first = 5s, .most = 1h, .doublings = 2};
  EXPECT_EQ(kPauses.longest(1), 20s);
  EXPECT_EQ(kPauses.longest(2), 80s);
  EXPECT_EQ(kPauses.longest(20), 1h);
}

TEST(BackOff, spreads_evenly) {
  constexpr auto kHigh = std::numeric_limits<std::uint32_t>::max();
  EXPECT_EQ(spread(1s, 0), 0ms);
  EXPECT_EQ(spread(1s, kHigh), 999ms);
  EXPECT_EQ(spread(1s, kHigh / 2 + 1), 500ms);
  EXPECT_EQ(spread_upper(1s, 0), 500ms);
  EXPECT_EQ(spread_upper(1s, kHigh), 999ms);
  EXPECT_EQ(spread(24h * 24, kHigh) / 1h, 24 * 24 - 1);
}

}  // namespace
}  // namespace mp
