// Binance's weight of REST calls, as the simulated venue and the load generator count it.
#include "sim/weight_meter.hpp"

#include <gtest/gtest.h>

namespace mp::sim {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kStart{1'795'000'020s};  // a minute begins
constexpr const char* kDeep = "/api/v3/depth?symbol=A&limit=1000";

TEST(WeightMeter, weighs_a_book_by_its_levels) {
  EXPECT_EQ(weight_of("/api/v3/exchangeInfo"), 20U);
  EXPECT_EQ(weight_of("/api/v3/depth?symbol=A"), 5U);
  EXPECT_EQ(weight_of("/api/v3/depth?symbol=A&limit=500"), 25U);
  EXPECT_EQ(weight_of(kDeep), 50U);
  EXPECT_EQ(weight_of("/api/v3/depth?symbol=A&limit=5000"), 250U);
}

TEST(WeightMeter, refuses_what_is_too_much_until_the_minute_ends) {
  WeightMeter meter{100};
  EXPECT_EQ(meter.count(kDeep, kStart).status, 200U);
  EXPECT_EQ(meter.count(kDeep, kStart + 20s).headers.front().second, "100");
  const auto refused = meter.count(kDeep, kStart + 20s);
  EXPECT_EQ(refused.status, 429U);
  EXPECT_EQ(refused.headers.back().second, "40");
  EXPECT_EQ(meter.count(kDeep, kStart + 60s).status, 200U);
}

TEST(WeightMeter, bans_who_goes_on_calling) {
  WeightMeter meter{100};
  for (int i = 0; i < 12; ++i) EXPECT_NE(meter.count(kDeep, kStart).status, 418U) << i;
  const auto banned = meter.count(kDeep, kStart);
  EXPECT_EQ(banned.status, 418U);
  EXPECT_EQ(banned.headers.back().second, "120");
  EXPECT_EQ(meter.count(kDeep, kStart + 119s).status, 418U);
  EXPECT_EQ(meter.count(kDeep, kStart + 120s).status, 200U);
}

TEST(WeightMeter, without_a_limit_refuses_nothing) {
  WeightMeter meter{0};
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(meter.count(kDeep, kStart).status, 200U);
}

}  // namespace
}  // namespace mp::sim
