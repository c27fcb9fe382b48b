#include "pipeline/trade_watch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

namespace mp::pipeline {
namespace {

using Kind = TradeWatch::Kind;

TEST(TradeWatch, finds_what_is_missing_late_and_twice) {
  TradeWatch watch;
  EXPECT_EQ(watch.judge(1000, {}).kind, Kind::next);
  EXPECT_EQ(watch.judge(1001, {}).kind, Kind::next);
  const auto gap = watch.judge(1005, {});
  EXPECT_EQ(gap.kind, Kind::gap);
  EXPECT_EQ(gap.from, 1002);
  EXPECT_EQ(gap.to, 1004);
  EXPECT_EQ(watch.judge(1005, {}).kind, Kind::copy);
  EXPECT_EQ(watch.judge(1003, {}).kind, Kind::late);
  EXPECT_EQ(watch.judge(1003, {}).kind, Kind::copy);
  EXPECT_EQ(watch.judge(1002, {}).kind, Kind::late);
  EXPECT_EQ(watch.judge(1004, {}).kind, Kind::late);
  EXPECT_EQ(watch.judge(1006, {}).kind, Kind::next);
}

TEST(TradeWatch, takes_a_number_far_behind_for_a_new_count) {
  TradeWatch watch;
  EXPECT_EQ(watch.judge(5'000'000'000, {}).kind, Kind::next);
  EXPECT_EQ(watch.judge(1, {}).kind, Kind::next);
  EXPECT_EQ(watch.judge(2, {}).kind, Kind::next);
}

TEST(TradeWatch, doubts_one_number_far_ahead) {
  TradeWatch watch;
  (void)watch.judge(5'000'000, {});
  EXPECT_EQ(watch.judge(5'000'001 + (1 << 24), {}).kind, Kind::next) << "it is told";
  const auto gap = watch.judge(5'000'002, {});
  EXPECT_EQ(gap.kind, Kind::gap);
  EXPECT_EQ(gap.from, 5'000'001);
  EXPECT_EQ(gap.to, 5'000'001);
  EXPECT_EQ(gap.missing, 1);
  EXPECT_EQ(watch.judge(5'000'003, {}).kind, Kind::next);
}

TEST(TradeWatch, believes_a_leap_that_goes_on) {
  TradeWatch watch;
  (void)watch.judge(100, {});
  EXPECT_EQ(watch.judge(9'000'000, {}).kind, Kind::next);
  EXPECT_EQ(watch.judge(9'000'000, {}).kind, Kind::copy);
  const auto gap = watch.judge(9'000'003, {});
  EXPECT_EQ(gap.kind, Kind::gap);
  EXPECT_EQ(gap.from, 101);
  EXPECT_EQ(gap.to, 9'000'002);
  EXPECT_EQ(gap.missing, 9'000'002 - 100 - 1) << "one of them came";
  EXPECT_EQ(watch.judge(9'000'000, {}).kind, Kind::copy);
  EXPECT_EQ(watch.judge(9'000'001, {}).kind, Kind::late);
  EXPECT_EQ(watch.judge(9'000'004, {}).kind, Kind::next);
}

TEST(TradeWatch, reads_whole_numbers_only) {
  EXPECT_EQ(TradeWatch::number_of("12"), 12);
  for (const auto* text : {"", "x", "1x", "-1", "1.5", "99999999999999999999"})
    EXPECT_EQ(TradeWatch::number_of(text), std::nullopt) << text;
}

// Any order, any loss: each trade is told of once, and what is missing is what was said to be.
TEST(TradeWatch, accounts_for_every_trade) {
  std::mt19937 random{11};
  for (int round = 0; round < 200; ++round) {
    std::vector<std::int64_t> ids;
    for (std::int64_t id = 100; id < 400; ++id) {
      if (random() % 20 != 0) ids.push_back(id);
      if (random() % 20 == 0) ids.push_back(id);
    }
    for (std::size_t i = 1; i < ids.size(); ++i) {
      if (random() % 10 == 0) std::swap(ids[i], ids[std::max<std::size_t>(i, 5) - random() % 5]);
    }
    TradeWatch watch;
    std::set<std::int64_t> told;
    std::set<std::int64_t> missing;
    std::int64_t highest = ids.front();
    for (const auto id : ids) {
      const auto answer = watch.judge(id, {});
      highest = std::max(highest, id);
      if (answer.kind == Kind::gap) {
        for (auto each = answer.from; each <= answer.to; ++each)
          ASSERT_TRUE(missing.insert(each).second && !told.contains(each));
      }
      if (answer.kind == Kind::late) {
        ASSERT_EQ(missing.erase(id), 1U);
      }
      if (answer.kind == Kind::copy) {
        ASSERT_TRUE(told.contains(id));
      } else if (id >= ids.front()) {
        ASSERT_TRUE(told.insert(id).second) << id;
      }
    }
    for (std::int64_t id = ids.front(); id <= highest; ++id)
      ASSERT_NE(told.contains(id), missing.contains(id)) << id;
  }
}

TEST(TradeWatch, tells_what_is_still_missing) {
  TradeWatch watch;
  (void)watch.judge(10, {});
  (void)watch.judge(20, {});
  (void)watch.judge(30, {});
  using Range = TradeWatch::Range;
  EXPECT_EQ(watch.missing_in({1, 100}), (Range{11, 19}));
  EXPECT_EQ(watch.missing_in({15, 25}), (Range{15, 19}));
  EXPECT_TRUE(watch.fill(11));
  EXPECT_FALSE(watch.fill(11));
  EXPECT_FALSE(watch.fill(31)) << "the stream says it by itself";
  EXPECT_EQ(watch.missing_in({1, 100}), (Range{12, 19}));
  EXPECT_EQ(watch.missing_in({31, 100}), std::nullopt);
}

TEST(TradeWatch, what_was_given_up_may_still_come) {
  TradeWatch watch;
  (void)watch.judge(10, {});
  (void)watch.judge(20, {});
  watch.give_up({1, 14});
  using Range = TradeWatch::Range;
  EXPECT_EQ(watch.missing_in({1, 100}), (Range{15, 19}));
  EXPECT_EQ(watch.missing().all(), (std::vector<Range>{{15, 19}}));
  EXPECT_EQ(watch.judge(12, {}).kind, Kind::late);
  EXPECT_EQ(watch.judge(12, {}).kind, Kind::copy);
  EXPECT_EQ(watch.judge(17, {}).kind, Kind::late);
}

TEST(TradeWatch, knows_what_an_earlier_run_missed) {
  TradeHoles missing;
  missing.add({21, 23});
  TradeWatch watch{41, missing};
  EXPECT_EQ(watch.missing_in({1, 100}), (TradeRange{21, 23}));
  EXPECT_EQ(watch.judge(22, {}).kind, Kind::late);
  EXPECT_EQ(watch.judge(24, {}).kind, Kind::copy);
  EXPECT_EQ(watch.judge(42, {}).kind, Kind::next);
}

TEST(TradeWatch, goes_on_behind_an_earlier_run) {
  TradeWatch watch{41};
  EXPECT_EQ(watch.judge(40, {}).kind, TradeWatch::Kind::copy) << "told by that run";
  const auto gap = watch.judge(45, {});
  EXPECT_EQ(gap.kind, TradeWatch::Kind::gap);
  EXPECT_EQ(gap.from, 42);
  EXPECT_EQ(gap.to, 44);
  EXPECT_EQ(gap.since, std::nullopt);
}

}  // namespace
}  // namespace mp::pipeline
