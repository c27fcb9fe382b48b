#include "pipeline/availability.hpp"

#include <gtest/gtest.h>

namespace mp::pipeline {
namespace {

using namespace std::chrono_literals;

constexpr net::SteadyTime kStart{1000h};

TEST(Availability, knows_nothing_before_it_began) {
  const Availability availability;
  EXPECT_EQ(availability.over(60min, kStart), Uptime{});
}

TEST(Availability, counts_what_was_live_of_what_was_wanted) {
  Availability availability;
  availability.set({.wanted = 1, .live = 0}, kStart);
  availability.set({.wanted = 1, .live = 1}, kStart + 2s);
  EXPECT_EQ(availability.over(60min, kStart + 10s), (Uptime{.wanted = 10s, .live = 8s}));
  availability.set({.wanted = 3, .live = 1}, kStart + 10s);
  EXPECT_EQ(availability.over(60min, kStart + 20s), (Uptime{.wanted = 40s, .live = 18s}));
  availability.set({}, kStart + 20s);
  EXPECT_EQ(availability.over(60min, kStart + 30s), (Uptime{.wanted = 40s, .live = 18s}));
}

TEST(Availability, an_hour_forgets_what_a_day_knows) {
  Availability availability;
  availability.set({.wanted = 1, .live = 0}, kStart);
  availability.set({.wanted = 1, .live = 1}, kStart + 30min);
  const auto now = kStart + 90min;
  EXPECT_EQ(availability.over(60min, now), (Uptime{.wanted = 1h, .live = 1h}));
  EXPECT_EQ(availability.over(Availability::kKept, now), (Uptime{.wanted = 90min, .live = 1h}));
  EXPECT_EQ(availability.over(60min, now - 1min), (Uptime{.wanted = 1h, .live = 59min}));
}

TEST(Availability, remembers_a_day_and_no_more) {
  Availability availability;
  availability.set({.wanted = 1, .live = 0}, kStart);
  auto now = kStart;
  for (int i = 0; i < 3 * 24 * 4; ++i) {  // down for three days, said each quarter of an hour
    now += 15min;
    availability.set({.wanted = 1, .live = 0}, now);
  }
  availability.set({.wanted = 1, .live = 1}, now);
  EXPECT_EQ(availability.over(Availability::kKept, now), (Uptime{.wanted = 24h, .live = 0s}));
  now += 48h;  // in one step
  EXPECT_EQ(availability.over(Availability::kKept, now), (Uptime{.wanted = 24h, .live = 24h}));
  availability.set({.wanted = 1, .live = 1}, now);
  EXPECT_EQ(availability.over(Availability::kKept, now), (Uptime{.wanted = 24h, .live = 24h}));
}

TEST(Availability, a_time_that_does_not_go_on_adds_nothing) {
  Availability availability;
  availability.set({.wanted = 1, .live = 1}, kStart + 10s);
  availability.set({.wanted = 1, .live = 0}, kStart);
  EXPECT_EQ(availability.over(60min, kStart + 10s), Uptime{});
  EXPECT_EQ(availability.over(60min, kStart + 15s), (Uptime{.wanted = 5s, .live = 0s}));
}

}  // namespace
}  // namespace mp::pipeline
