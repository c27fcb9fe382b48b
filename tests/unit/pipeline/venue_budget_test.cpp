// What a venue allows: so many calls and so much weight in any window, so many at once.
#include "pipeline/venue_budget.hpp"

#include <gtest/gtest.h>

#include <random>

namespace mp::pipeline {
namespace {

using namespace std::chrono_literals;

constexpr net::SteadyTime kStart{1000s};

venue::Limits limits_of(venue::Window calls, venue::Window weight, std::size_t at_once) {
  venue::Limits limits;
  limits.rest_calls = calls;
  limits.rest_weight = weight;
  limits.rest_calls_at_once = at_once;
  return limits;
}

TEST(VenueBudget, allows_as_many_calls_in_a_window_as_the_venue_and_no_more_at_once) {
  VenueBudget budget{limits_of({3, 1s}, {}, 2)};
  auto first = budget.begin_call(kStart, 1);
  auto second = budget.begin_call(kStart, 1);
  EXPECT_TRUE(first.taken() && second.taken());
  EXPECT_FALSE(budget.begin_call(kStart, 1).taken()) << "two are under way";
  first = VenueBudget::Call{};
  second = VenueBudget::Call{};
  EXPECT_TRUE(budget.begin_call(kStart + 500ms, 1).taken());
  EXPECT_FALSE(budget.begin_call(kStart + 999ms, 1).taken()) << "a fourth one in a second";
  EXPECT_EQ(budget.calls_free_at(kStart + 999ms, 1), kStart + 1s);
  EXPECT_TRUE(budget.begin_call(kStart + 1s, 1).taken());
}

TEST(VenueBudget, counts_the_weight_of_calls) {
  VenueBudget budget{limits_of({}, {100, 1min}, 100)};
  EXPECT_TRUE(budget.begin_call(kStart, 60).taken());
  EXPECT_TRUE(budget.begin_call(kStart + 10s, 40).taken());
  EXPECT_FALSE(budget.begin_call(kStart + 10s, 1).taken());
  EXPECT_EQ(budget.calls_free_at(kStart + 10s, 60), kStart + 60s);
  EXPECT_EQ(budget.calls_free_at(kStart + 10s, 61), kStart + 70s);
  EXPECT_TRUE(budget.begin_call(kStart + 61s, 60).taken());
  EXPECT_TRUE(budget.begin_call(kStart + 200s, 500).taken()) << "more than there is, when empty";
}

TEST(VenueBudget, makes_no_call_at_all_while_the_venue_wants_a_pause) {
  VenueBudget budget{limits_of({10, 1s}, {}, 2)};
  budget.pause_calls(kStart + 10s);
  budget.pause_calls(kStart + 5s);
  EXPECT_EQ(budget.calls_free_at(kStart, 1), kStart + 10s);
  EXPECT_FALSE(budget.begin_call(kStart + 9s, 1).taken());
  EXPECT_TRUE(budget.begin_call(kStart + 10s, 1).taken());
}

// Whoever asks whenever it is said to be free, spends the whole window and never more.
TEST(VenueBudget, never_spends_more_than_a_window_in_any_stretch_of_its_length) {
  std::mt19937 random{3};
  for (int round = 0; round < 50; ++round) {
    const std::uint32_t most = 20 + random() % 200;
    VenueBudget budget{limits_of({}, {most, 1s}, 1000)};
    std::vector<std::pair<net::SteadyTime, std::uint32_t>> spent;
    net::SteadyTime now = kStart;
    std::uint64_t sum = 0;
    while (now < kStart + 20s) {
      const std::uint32_t weight = 1 + random() % 20;
      now += std::chrono::milliseconds{random() % 3};
      now = std::max(now, budget.calls_free_at(now, weight));
      const auto call = budget.begin_call(now, weight);
      ASSERT_TRUE(call.taken());
      spent.emplace_back(now, weight);
      sum += weight;
    }
    for (std::size_t from = 0; from < spent.size(); ++from) {
      std::uint64_t inside = 0;
      for (std::size_t i = from; i < spent.size() && spent[i].first < spent[from].first + 1s; ++i)
        inside += spent[i].second;
      ASSERT_LE(inside, most);
    }
    EXPECT_GT(sum, std::uint64_t{most} * 20 * 6 / 10);
  }
}

}  // namespace
}  // namespace mp::pipeline
