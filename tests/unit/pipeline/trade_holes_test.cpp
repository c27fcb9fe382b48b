#include "pipeline/trade_holes.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace mp::pipeline {
namespace {

using Ranges = std::vector<TradeRange>;

TEST(TradeHoles, shrink_split_and_end) {
  TradeHoles holes;
  holes.add({10, 20});
  EXPECT_TRUE(holes.take(10));
  EXPECT_TRUE(holes.take(20));
  EXPECT_TRUE(holes.take(15));
  EXPECT_FALSE(holes.take(15));
  EXPECT_EQ(holes.all(), (Ranges{{11, 14}, {16, 19}}));
  EXPECT_TRUE(holes.take({13, 17}));
  EXPECT_EQ(holes.all(), (Ranges{{11, 12}, {18, 19}}));
  EXPECT_FALSE(holes.take({13, 17}));
  EXPECT_TRUE(holes.take({0, 100}));
  EXPECT_EQ(holes.all(), Ranges{});
}

TEST(TradeHoles, the_oldest_is_forgotten) {
  TradeHoles holes;
  for (std::int64_t i = 0; i < 100; ++i) holes.add({i * 10, i * 10 + 5});
  EXPECT_EQ(holes.all().size(), TradeHoles::kMost);
  EXPECT_EQ(holes.all().front(), (TradeRange{360, 365}));
  EXPECT_TRUE(holes.take(990 + 2));
  EXPECT_EQ(holes.all().size(), TradeHoles::kMost);
  EXPECT_EQ(holes.all().front(), (TradeRange{370, 375})) << "of two parts both count";
}

TEST(TradeHoles, are_what_a_set_of_numbers_says) {
  std::mt19937 random{3};
  for (int round = 0; round < 300; ++round) {
    TradeHoles holes;
    std::set<std::int64_t> missing;
    std::int64_t next = 1;
    for (int step = 0; step < 60; ++step) {
      const std::int64_t at = static_cast<std::int64_t>(random() % 200);
      const std::int64_t length = static_cast<std::int64_t>(random() % 8);
      if (random() % 3 == 0 && holes.all().size() < TradeHoles::kMost / 2) {
        holes.add({next, next + length});
        for (auto id = next; id <= next + length; ++id) missing.insert(id);
        next += length + 2;
        continue;
      }
      bool any = false;
      for (auto id = at; id <= at + length; ++id) any = missing.erase(id) > 0 || any;
      ASSERT_EQ(holes.take({at, at + length}), any);
      std::set<std::int64_t> left;
      for (const auto& hole : holes.all()) {
        for (auto id = hole.from; id <= hole.to; ++id) ASSERT_TRUE(left.insert(id).second);
      }
      ASSERT_EQ(left, missing);
      const auto first = holes.first_in({at, at + length + 20});
      const auto expected = missing.lower_bound(at);
      const bool is_there = expected != missing.end() && *expected <= at + length + 20;
      ASSERT_EQ(first.has_value(), is_there);
      if (first) ASSERT_EQ(first->from, *expected);
    }
  }
}

}  // namespace
}  // namespace mp::pipeline
