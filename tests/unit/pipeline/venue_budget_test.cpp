// What a venue allows: so many calls and so much weight in any window, so many at once.
#include "pipeline/venue_budget.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

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
  const auto free_at = budget.calls_free_at(kStart + 999ms, 1);
  EXPECT_GE(free_at, kStart + 1s);
  EXPECT_LE(free_at, kStart + 1s + 20ms) << "a window is counted in sixtieths";
  EXPECT_TRUE(budget.begin_call(free_at, 1).taken());
}

TEST(VenueBudget, counts_the_weight_of_calls) {
  VenueBudget budget{limits_of({}, {100, 1min}, 100)};
  EXPECT_TRUE(budget.begin_call(kStart, 60).taken());
  EXPECT_TRUE(budget.begin_call(kStart + 10s, 40).taken());
  EXPECT_FALSE(budget.begin_call(kStart + 10s, 1).taken());
  EXPECT_EQ(budget.calls_free_at(kStart + 10s, 60), kStart + 61s);
  EXPECT_EQ(budget.calls_free_at(kStart + 10s, 61), kStart + 71s);
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

TEST(VenueBudget, leaves_half_of_the_weight_where_it_is_told_to) {
  VenueBudget budget{limits_of({}, {100, 1min}, 100)};
  using Leave = VenueBudget::Leave;
  EXPECT_TRUE(budget.begin_call(kStart, 50, Leave::half).taken());
  EXPECT_FALSE(budget.begin_call(kStart, 1, Leave::half).taken());
  EXPECT_TRUE(budget.has_weight(50, kStart));
  EXPECT_FALSE(budget.has_weight(51, kStart));
  EXPECT_TRUE(budget.begin_call(kStart, 50).taken());
}

TEST(VenueBudget, learns_from_the_venue_what_others_at_our_address_have_spent) {
  auto limits = limits_of({}, {100, 1min}, 100);
  limits.rest_spent = {"x-used"};
  VenueBudget budget{limits};
  EXPECT_TRUE(budget.begin_call(kStart, 20).taken());
  budget.learn_spent("20", kStart);
  EXPECT_EQ(budget.weight_spent(kStart), 20U);
  budget.learn_spent("70", kStart);
  budget.learn_spent("70", kStart);
  budget.learn_spent("5", kStart + 1s);  // its minute began anew
  EXPECT_EQ(budget.weight_spent(kStart + 1s), 70U);
  EXPECT_FALSE(budget.begin_call(kStart + 1s, 31).taken());
  EXPECT_TRUE(budget.begin_call(kStart + 1s, 30).taken());
  for (const auto* nonsense : {"", "-1", "many", "7 ", "99999999999999999999999"})
    budget.learn_spent(nonsense, kStart + 1s);
  EXPECT_EQ(budget.weight_spent(kStart + 1s), 100U);
}

TEST(VenueBudget, learns_it_too_where_the_venue_tells_what_is_left) {
  auto limits = limits_of({}, {2000, 30s}, 100);
  limits.rest_spent = {"x-left", venue::SpentHeader::Tells::left};
  VenueBudget budget{limits};
  budget.learn_spent("1500", kStart);
  EXPECT_EQ(budget.weight_spent(kStart), 500U);
  budget.learn_spent("9000", kStart);  // it allows us more than we knew
  EXPECT_EQ(budget.weight_spent(kStart), 500U);
}

TEST(VenueBudget, threads_together_spend_no_more_than_there_is) {
  VenueBudget budget{limits_of({}, {1000, 1min}, 1000)};
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int call = 0; call < 1000; ++call) {
        if (budget.begin_call(kStart, 1).taken()) ++taken;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(taken, 1000);
  EXPECT_GT(taken, 900);
}

TEST(CallLimit, leaves_each_venue_its_share) {
  CallLimit limit{10};
  const auto one = limit.add_venue();
  const auto two = limit.add_venue();
  int of_one = 0;
  while (limit.begin(one)) ++of_one;
  EXPECT_EQ(of_one, 5);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(limit.begin(two)) << i;
  EXPECT_FALSE(limit.begin(two));
  EXPECT_EQ(limit.active(), 10U);
  limit.end(two);
  EXPECT_FALSE(limit.begin(one));
  EXPECT_TRUE(limit.begin(two));
}

TEST(CallLimit, has_a_rest_for_who_comes_first_and_never_more_than_there_is) {
  CallLimit limit;
  std::vector<CallLimit::Venue> venues;
  for (int i = 0; i < 20; ++i) venues.push_back(limit.add_venue());
  std::size_t of_first = 0;
  while (limit.begin(venues[0])) ++of_first;
  EXPECT_EQ(of_first, 50 - 19 * 2);
  for (const auto venue : venues) {
    while (limit.begin(venue)) {
    }
  }
  EXPECT_EQ(limit.active(), CallLimit::kCallsMax);
  CallLimit crowded;
  std::size_t begun = 0;
  for (int i = 0; i < 60; ++i) venues[static_cast<std::size_t>(i) % 20] = crowded.add_venue();
  for (CallLimit::Venue venue = 0; venue < 60; ++venue) begun += crowded.begin(venue) ? 1U : 0U;
  EXPECT_EQ(begun, 50U);
}

TEST(VenueBudget, takes_its_calls_from_those_of_all_venues) {
  CallLimit all{2};
  VenueBudget one{limits_of({}, {}, 10), {.calls = &all}};
  VenueBudget two{limits_of({}, {}, 10), {.calls = &all}};
  auto first = one.begin_call(kStart, 1);
  EXPECT_TRUE(first.taken());
  EXPECT_FALSE(one.begin_call(kStart, 1).taken());
  EXPECT_TRUE(two.begin_call(kStart, 1).taken());
  first = VenueBudget::Call{};
  EXPECT_EQ(all.active(), 0U);
  EXPECT_TRUE(one.begin_call(kStart, 1).taken());
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
