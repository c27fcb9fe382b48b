// What a feed has to do, which is next, and when.
#include "pipeline/work_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace mp::pipeline {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr net::SteadyTime kStart{1000s};

venue::RestCall call(std::string target, std::uint32_t weight = 1) {
  return {.target = std::move(target), .weight = weight};
}

class WorkQueueTest : public testing::Test {
 protected:
  WorkQueueTest() {
    limits_.rest_calls = {};
    limits_.rest_calls_at_once = 50;
    budget_ = std::make_unique<VenueBudget>(limits_);
  }
  std::optional<WorkQueue::Taken> take() { return work_.take(now_, *budget_); }
  // Takes what is due now, all of it, by target.
  std::vector<std::string> take_all() {
    std::vector<std::string> targets;
    while (auto taken = take()) {
      targets.push_back(taken->job.call.target);
      held_.insert_or_assign(taken->job.call.target, std::move(*taken));
    }
    return targets;
  }
  void done(const std::string& target, std::vector<venue::RestCall> further = {}) {
    work_.done(std::move(held_.at(target).job), std::move(further), now_);
    held_.erase(target);
  }
  std::chrono::milliseconds failed(const std::string& target) {
    const auto wait =
        work_.failed(std::move(held_.at(target).job), WorkQueue::Failure::passing, now_);
    held_.erase(target);
    return wait;
  }
  void wait_for_next() {
    const auto at = work_.wake_at(now_, *budget_);
    ASSERT_NE(at, net::SteadyTime::max());
    ASSERT_GT(at, now_);
    now_ = at;
  }

  venue::Limits limits_;
  std::unique_ptr<VenueBudget> budget_;
  std::mt19937_64 random_{1};
  WorkQueue work_{{.listing_every = 1800s}, random_};
  net::SteadyTime now_ = kStart;
  std::map<std::string, WorkQueue::Taken> held_;
  Stream a_;
  Stream b_;
};

TEST_F(WorkQueueTest, follows_a_listing_to_its_pages_and_asks_for_it_anew) {
  work_.add_listing(call("/l"), now_);
  EXPECT_FALSE(work_.listings_tried());
  EXPECT_THAT(take_all(), ElementsAre("/l"));
  done("/l", {call("/l?p=2"), call("/family")});
  EXPECT_FALSE(work_.listings_tried());
  EXPECT_THAT(take_all(), testing::UnorderedElementsAre("/l?p=2", "/family"));
  done("/family");
  EXPECT_FALSE(work_.listings_tried());
  done("/l?p=2");
  EXPECT_TRUE(work_.listings_tried());
  EXPECT_EQ(work_.listings_missing(), 0U);
  wait_for_next();
  EXPECT_EQ(now_, kStart + 1800s);
  EXPECT_THAT(take_all(), ElementsAre("/l"));
}

TEST_F(WorkQueueTest, a_further_listing_that_fails_holds_up_nothing_and_is_asked_for_by_itself) {
  work_.add_listing(call("/l"), now_);
  take_all();
  done("/l", {call("/x"), call("/y")});
  take_all();
  failed("/x");
  done("/y");
  EXPECT_TRUE(work_.listings_tried());
  EXPECT_TRUE(work_.any_listing_came());
  EXPECT_EQ(work_.listings_missing(), 1U);
  wait_for_next();
  EXPECT_LE(now_, kStart + 500ms);
  EXPECT_THAT(take_all(), ElementsAre("/x"));
  done("/x");
  EXPECT_EQ(work_.listings_missing(), 0U);
}

// A failing family must not be asked for once more by every round of its listing.
TEST_F(WorkQueueTest, a_new_round_takes_the_place_of_what_still_waits_of_the_one_before) {
  work_.add_listing(call("/l"), now_);
  std::map<std::string, int> asked;
  const auto end = kStart + 8h;
  while (now_ < end) {
    for (const auto& target : take_all()) {
      ++asked[target];
      if (target == "/l") {
        done(target, {call("/x")});
      } else {
        failed(target);
      }
    }
    EXPECT_LE(work_.size(), 2U);
    EXPECT_LE(work_.listings_missing(), 1U);
    if (now_ < work_.wake_at(now_, *budget_)) now_ = work_.wake_at(now_, *budget_);
  }
  EXPECT_EQ(asked["/l"], 16);
  EXPECT_LE(asked["/x"], 16 * (1800 / 16 + 8));  // every 16 to 32 s
}

TEST_F(WorkQueueTest, what_was_under_way_when_a_new_round_began_counts_for_nothing) {
  work_.add_listing(call("/l"), now_);
  take_all();
  done("/l", {call("/x")});
  take_all();
  failed("/x");
  now_ += 1s;
  take_all();  // /x once more, which takes very long
  now_ += 1800s;
  EXPECT_THAT(take_all(), ElementsAre("/l"));
  EXPECT_EQ(work_.listings_missing(), 0U);
  failed("/x");
  EXPECT_EQ(work_.listings_missing(), 0U);
  done("/l", {call("/x")});
  EXPECT_THAT(take_all(), ElementsAre("/x"));
  done("/x");
  EXPECT_TRUE(work_.listings_tried());
}

TEST_F(WorkQueueTest, bounds_what_one_listing_leads_to) {
  work_.add_listing(call("/l"), now_);
  take_all();
  std::vector<venue::RestCall> many(WorkQueue::kListingCallsMax + 10, call("/x"));
  const auto refused = work_.done(std::move(held_.at("/l").job), std::move(many), now_);
  EXPECT_EQ(refused, 11U);
  EXPECT_EQ(work_.size(), WorkQueue::kListingCallsMax - 1);
}

TEST_F(WorkQueueTest, tries_again_with_growing_pauses_for_ever) {
  work_.add_poll(call("/p"), nullptr, 10s, now_);
  std::chrono::milliseconds last{0};
  for (int i = 0; i < 50; ++i) {
    ASSERT_THAT(take_all(), ElementsAre("/p")) << i;
    const auto wait = failed("/p");
    EXPECT_GE(wait, i < 6 ? last / 2 : 16s);
    EXPECT_LE(wait, 32s);
    last = wait;
    wait_for_next();
  }
  take_all();
  done("/p");
  wait_for_next();
  EXPECT_THAT(take_all(), ElementsAre("/p"));
  EXPECT_LE(failed("/p"), 500ms) << "the pauses begin anew";
}

TEST_F(WorkQueueTest, a_stream_waits_for_one_repair_at_a_time) {
  for (int i = 0; i < 100; ++i) {
    work_.repair(a_, JobKind::snapshot, {.deep = call("/a")}, now_);
    work_.repair(b_, JobKind::snapshot, {.deep = call("/b")}, now_);
  }
  EXPECT_EQ(work_.size(), 2U);
  work_.drop_repairs(a_);
  EXPECT_EQ(work_.size(), 1U);
}

TEST_F(WorkQueueTest, repairs_that_follow_each_other_quickly_wait_longer_and_longer) {
  work_.repair(a_, JobKind::snapshot, {.deep = call("/a")}, now_);
  EXPECT_THAT(take_all(), ElementsAre("/a"));
  for (int i = 0; i < 8; ++i) {
    done("/a");
    work_.repair(a_, JobKind::snapshot, {.deep = call("/a")}, now_);
    EXPECT_THAT(take_all(), ElementsAre()) << i;
    const auto before = now_;
    wait_for_next();
    EXPECT_LE(now_ - before, 32s);
    if (i == 7) {
      EXPECT_GE(now_ - before, 16s);
    }
    EXPECT_THAT(take_all(), ElementsAre("/a"));
  }
  now_ += 61s;
  work_.repair(a_, JobKind::snapshot, {.deep = call("/a")}, now_);
  EXPECT_THAT(take_all(), ElementsAre("/a"));
}

TEST_F(WorkQueueTest, books_go_before_listings_and_these_before_polls) {
  work_.add_poll(call("/p"), nullptr, 10s, now_ - 5s);
  work_.add_listing(call("/l"), now_ - 3s);
  work_.repair(a_, JobKind::snapshot, {.deep = call("/a")}, now_);
  EXPECT_THAT(take_all(), ElementsAre("/a", "/l", "/p"));
}

WorkQueue::Snapshot snapshot_of(std::string symbol) {
  return {.deep = call("/deep/" + symbol, 50), .shallow = call("/shallow/" + symbol, 5)};
}

TEST_F(WorkQueueTest, takes_shallow_snapshots_while_deep_ones_would_not_do_for_all) {
  limits_.rest_weight = {100, 1min};
  budget_ = std::make_unique<VenueBudget>(limits_);
  Stream c;
  for (const Stream* each : {&a_, &b_, &c}) work_.expect_book(*each);
  work_.repair(a_, JobKind::snapshot, snapshot_of("a"), now_);
  EXPECT_THAT(take_all(), ElementsAre("/shallow/a")) << "three are awaited, which is 150";
  done("/shallow/a");
  now_ += 61s;
  work_.repair(b_, JobKind::snapshot, snapshot_of("b"), now_);
  EXPECT_THAT(take_all(), ElementsAre("/deep/b")) << "two are awaited, which is 100";
  done("/deep/b");
  work_.repair(c, JobKind::snapshot, snapshot_of("c"), now_);
  EXPECT_THAT(take_all(), ElementsAre("/deep/c"));
}

TEST_F(WorkQueueTest, a_book_that_nobody_wants_any_more_is_not_awaited) {
  limits_.rest_weight = {100, 1min};
  budget_ = std::make_unique<VenueBudget>(limits_);
  Stream c;
  for (const Stream* each : {&a_, &b_, &c}) work_.expect_book(*each);
  work_.repair(c, JobKind::snapshot, snapshot_of("c"), now_);
  work_.forget_book(c);
  work_.forget_book(c);
  work_.repair(a_, JobKind::snapshot, snapshot_of("a"), now_);
  EXPECT_THAT(take_all(), ElementsAre("/deep/a")) << "two are awaited, which is 100";
}

TEST_F(WorkQueueTest, the_books_that_were_named_first_go_first) {
  limits_.rest_calls_at_once = 1;
  budget_ = std::make_unique<VenueBudget>(limits_);
  work_.expect_book(a_);
  work_.expect_book(b_);
  work_.repair(b_, JobKind::snapshot, {.deep = call("/b")}, now_ - 2s);
  work_.repair(a_, JobKind::snapshot, {.deep = call("/a")}, now_ - 1s);
  EXPECT_THAT(take_all(), ElementsAre("/a"));
  done("/a");
  EXPECT_THAT(take_all(), ElementsAre("/b"));
}

TEST_F(WorkQueueTest, deepens_a_book_with_weight_that_nobody_else_wants) {
  limits_.rest_weight = {100, 1min};
  budget_ = std::make_unique<VenueBudget>(limits_);
  work_.deepen(a_, call("/deep", 50), now_);
  EXPECT_FALSE(work_.repairs(a_)) << "it is right already";
  work_.repair(b_, JobKind::snapshot, {.deep = call("/b", 1)}, now_);
  EXPECT_THAT(take_all(), ElementsAre("/b")) << "half of the weight stays";
  done("/b");
  EXPECT_THAT(take_all(), ElementsAre());
  wait_for_next();
  while (now_ < kStart + 59s) wait_for_next();
  while (take_all().empty()) wait_for_next();
  EXPECT_GE(now_, kStart + 60s);
  EXPECT_LE(now_, kStart + 62s);
}

TEST_F(WorkQueueTest, a_book_that_is_lost_wants_no_depth) {
  work_.deepen(a_, call("/deep"), now_);
  work_.repair(a_, JobKind::snapshot, {.deep = call("/a")}, now_);
  EXPECT_THAT(take_all(), ElementsAre("/a"));
  EXPECT_EQ(work_.size(), 0U);
}

TEST_F(WorkQueueTest, waits_for_its_turn_and_never_spins) {
  limits_.rest_weight = {100, 1min};
  budget_ = std::make_unique<VenueBudget>(limits_);
  for (int i = 0; i < 10; ++i) {
    work_.add_poll(call("/p" + std::to_string(i), 30), nullptr, 1h, now_);
  }
  int turns = 0;
  std::size_t made = 0;
  while (made < 10) {
    for (const auto& target : take_all()) {
      ++made;
      done(target);
    }
    if (made < 10) wait_for_next();
    ASSERT_LE(++turns, 12);
  }
  EXPECT_GE(now_, kStart + 3min);
  EXPECT_LE(now_, kStart + 3min + 3s);
}

TEST_F(WorkQueueTest, a_snapshot_on_the_socket_needs_no_turn_and_is_watched) {
  WorkQueue on_socket{{.snapshots_on_socket = true}, random_};
  budget_->pause_calls(now_ + 1h);
  on_socket.repair(a_, JobKind::snapshot, {}, now_);
  auto taken = on_socket.take(now_, *budget_);
  ASSERT_TRUE(taken.has_value());
  EXPECT_FALSE(taken->turn.taken());
  on_socket.watch(std::move(taken->job), now_);
  EXPECT_FALSE(on_socket.take(now_, *budget_).has_value());
  const auto again = on_socket.wake_at(now_, *budget_);
  EXPECT_GE(again, now_ + 10s);
  taken = on_socket.take(again, *budget_);
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->job.attempt, 1U);
}

}  // namespace
}  // namespace mp::pipeline
