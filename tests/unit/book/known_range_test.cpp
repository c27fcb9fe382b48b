// A snapshot that was cut off is known only down to its last levels: how a book is renewed before
// it runs out of them, and what becomes of it if that comes too late.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "book/keeper.hpp"

namespace mp::book {
namespace {

// Snapshots of 20 levels a side: with one known level left, a book runs low.
constexpr BookRule kCut{
    .start = BookStart::rest_snapshot, .link = BookLink::first, .snapshot_levels = 20};

Level at(std::int64_t price, std::int64_t quantity) {
  return {Price{{price, 0}}, Quantity{{quantity, 0}}};
}

std::vector<Level> run(std::int64_t from, int count, std::int64_t step, std::int64_t quantity = 1) {
  std::vector<Level> out;
  for (int i = 0; i < count; ++i) out.push_back(at(from + i * step, quantity));
  return out;
}

class Log final : public Keeper::Listener {
 public:
  explicit Log(const BookRule& rule) : keeper(rule, *this) {}

  void on_applied(const Book& body, const std::optional<Timestamp>&, Timestamp) override {
    std::string line = body.is_snapshot ? "snapshot" : "delta";
    line += " " + std::to_string(*body.last_sequence);
    line += " of " + std::to_string(body.bids.size()) + " and " + std::to_string(body.asks.size());
    if (body.known_bid) line += " bids to " + to_string(body.known_bid->decimal);
    if (body.known_ask) line += " asks to " + to_string(body.known_ask->decimal);
    lines.push_back(line);
  }
  void on_gap(GapReason reason, const Gap&) override {
    EXPECT_FALSE(keeper.valid());
    lines.push_back("gap " + std::string{name_of(reason)});
  }
  Step update(std::int64_t number, Levels bids, Levels asks = {}) {
    Book body;
    body.first_sequence = body.last_sequence = number;
    body.bids = bids;
    body.asks = asks;
    return keeper.on_update(body, {}, {});
  }
  Step rest(std::int64_t last, Levels bids, Levels asks, std::size_t levels_max = 0) {
    Book body;
    body.last_sequence = last;
    body.bids = bids;
    body.asks = asks;
    return keeper.on_rest_snapshot(body, {}, {}, levels_max);
  }

  std::vector<std::string> lines;
  Keeper keeper;
};
using Lines = std::vector<std::string>;

// Bids from 100 down to 81, asks from 101 up to 120.
const std::vector<Level> kBids = run(100, 20, -1);
const std::vector<Level> kAsks = run(101, 20, 1);

TEST(KnownRange, says_how_far_a_cut_off_snapshot_is_known) {
  Log log{kCut};
  EXPECT_EQ(log.rest(10, kBids, kAsks), Step::emit);
  EXPECT_EQ(log.update(11, run(50, 1, -1)), Step::emit);
  EXPECT_EQ(log.lines,
            (Lines{"snapshot 10 of 20 and 20 bids to 81 asks to 120", "delta 11 of 1 and 0"}));
}

TEST(KnownRange, is_the_whole_side_where_nothing_was_cut_off) {
  Log log{kCut};
  EXPECT_EQ(log.rest(10, run(100, 19, -1), kAsks), Step::emit);
  EXPECT_EQ(log.update(11, run(100, 19, -1, 0)), Step::emit);  // nobody bids
  EXPECT_EQ(log.lines, (Lines{"snapshot 10 of 19 and 20 asks to 120", "delta 11 of 19 and 0"}));
  EXPECT_TRUE(log.keeper.valid());
}

TEST(KnownRange, is_nobodys_business_where_the_rule_says_nothing_of_it) {
  BookRule rule = kCut;
  rule.snapshot_levels = 0;
  Log log{rule};
  EXPECT_EQ(log.rest(10, kBids, kAsks), Step::emit);
  EXPECT_EQ(log.update(11, run(100, 20, -1, 0)), Step::emit);
  EXPECT_EQ(log.lines, (Lines{"snapshot 10 of 20 and 20", "delta 11 of 20 and 0"}));
}

TEST(KnownRange, ends_in_a_gap_when_the_market_leaves_it) {
  Log log{kCut};
  EXPECT_EQ(log.rest(10, kBids, kAsks), Step::emit);
  EXPECT_EQ(log.update(11, run(100, 20, -1, 0), run(80, 1, 1)), Step::resync);
  EXPECT_FALSE(log.keeper.valid());
  EXPECT_TRUE(log.keeper.wants_rest_snapshot());
  EXPECT_FALSE(log.keeper.book().best_bid());
  EXPECT_EQ(log.update(12, run(50, 1, -1)), Step::held);
  // One from before is too old to be joined to what was held; one of that number is the whole
  // story.
  EXPECT_EQ(log.rest(9, kBids, kAsks), Step::refetch);
  EXPECT_EQ(log.rest(11, run(79, 20, -1), run(80, 41, 1)), Step::emit);
  EXPECT_EQ(log.lines,
            (Lines{"snapshot 10 of 20 and 20 bids to 81 asks to 120", "gap depth",
                   "snapshot 11 of 20 and 41 bids to 60 asks to 120", "delta 12 of 1 and 0"}));
}

TEST(KnownRange, ends_in_a_gap_though_a_level_beyond_it_is_there) {
  Log log{kCut};
  EXPECT_EQ(log.rest(10, kBids, kAsks), Step::emit);
  EXPECT_EQ(log.update(11, run(50, 1, -1)), Step::emit);
  EXPECT_EQ(log.update(12, run(100, 20, -1, 0)), Step::resync);
  EXPECT_EQ(log.lines.back(), "gap depth");
}

TEST(KnownRange, has_two_sides) {
  Log log{kCut};
  EXPECT_EQ(log.rest(10, kBids, kAsks), Step::emit);
  EXPECT_EQ(log.update(11, {}, run(101, 19, 1, 0)), Step::renew);
  EXPECT_EQ(log.update(12, {}, run(120, 1, 1, 0)), Step::resync);
  EXPECT_EQ(log.lines.back(), "gap depth");
}

TEST(KnownRange, hides_what_lies_beyond_it_from_the_top) {
  Log log{kCut};
  EXPECT_EQ(log.rest(10, kBids, kAsks), Step::emit);
  EXPECT_EQ(log.update(11, run(50, 1, -1), run(200, 1, 1)), Step::emit);
  std::vector<Level> top;
  log.keeper.top(Side::buy, 100, top);
  EXPECT_EQ(top, kBids);
  log.keeper.top(Side::sell, 100, top);
  EXPECT_EQ(top, kAsks);
}

TEST(KnownRange, is_renewed_before_it_ends_and_stays_valid) {
  Log log{kCut};
  EXPECT_EQ(log.rest(10, kBids, kAsks), Step::emit);
  EXPECT_FALSE(log.keeper.wants_rest_snapshot());
  EXPECT_EQ(log.update(11, run(100, 19, -1, 0), run(82, 1, 1)), Step::renew);
  EXPECT_TRUE(log.keeper.valid());
  EXPECT_TRUE(log.keeper.wants_rest_snapshot());
  EXPECT_EQ(log.update(12, run(70, 1, -1, 5)), Step::renew);
  EXPECT_EQ(log.update(13, run(81, 1, -1, 7)), Step::renew);
  // As the venue had it at 12: what came at 13 goes into it, and is not told of again.
  auto bids = run(81, 20, -1);
  bids[11] = at(70, 5);
  EXPECT_EQ(log.rest(12, bids, run(82, 39, 1)), Step::emit);
  EXPECT_FALSE(log.keeper.wants_rest_snapshot());
  EXPECT_EQ(log.keeper.book().best_bid(), at(81, 7));
  EXPECT_EQ(log.update(14, run(79, 1, -1, 0)), Step::emit);
  EXPECT_EQ(log.lines,
            (Lines{"snapshot 10 of 20 and 20 bids to 81 asks to 120", "delta 11 of 19 and 1",
                   "delta 12 of 1 and 0", "delta 13 of 1 and 0",
                   "snapshot 13 of 20 and 39 bids to 62 asks to 120", "delta 14 of 1 and 0"}));
  EXPECT_EQ(log.keeper.counters().renewals, 1U);
  EXPECT_EQ(log.keeper.counters().gaps, 0U);
}

TEST(KnownRange, is_renewed_by_a_snapshot_ahead_of_the_stream) {
  Log log{kCut};
  EXPECT_EQ(log.rest(10, kBids, kAsks), Step::emit);
  EXPECT_EQ(log.update(11, run(100, 19, -1, 0)), Step::renew);
  EXPECT_EQ(log.rest(13, run(81, 20, -1), kAsks), Step::emit);
  EXPECT_EQ(log.update(12, run(81, 1, -1, 9)), Step::stale);
  EXPECT_EQ(log.update(13, run(81, 1, -1, 1)), Step::stale);
  EXPECT_EQ(log.update(14, run(81, 1, -1, 3)), Step::emit);
  EXPECT_EQ(log.lines.back(), "delta 14 of 1 and 0");
}

TEST(KnownRange, is_not_renewed_by_a_snapshot_from_before_it_ran_low) {
  Log log{kCut};
  EXPECT_EQ(log.rest(10, kBids, kAsks), Step::emit);
  EXPECT_EQ(log.update(11, run(100, 18, -1, 0)), Step::emit);
  EXPECT_EQ(log.update(12, run(82, 1, -1, 0)), Step::renew);
  EXPECT_EQ(log.rest(10, kBids, kAsks), Step::refetch);  // 11 is gone
  EXPECT_TRUE(log.keeper.valid());
  EXPECT_EQ(log.rest(11, run(82, 20, -1), kAsks), Step::emit);
  EXPECT_EQ(log.keeper.book().best_bid(), at(81, 1));
}

TEST(KnownRange, a_gap_in_the_numbers_ends_a_renewal) {
  Log log{kCut};
  EXPECT_EQ(log.rest(10, kBids, kAsks), Step::emit);
  EXPECT_EQ(log.update(11, run(100, 19, -1, 0)), Step::renew);
  EXPECT_EQ(log.update(13, run(79, 1, -1)), Step::resync);
  EXPECT_EQ(log.rest(11, run(81, 20, -1), kAsks), Step::refetch);
  EXPECT_EQ(log.rest(12, run(81, 20, -1), kAsks), Step::emit);
  EXPECT_EQ(log.lines.back(), "delta 13 of 1 and 0");
}

TEST(KnownRange, emits_nothing_twice_when_the_renewal_comes_too_late) {
  Log log{kCut};
  EXPECT_EQ(log.rest(10, kBids, kAsks), Step::emit);
  EXPECT_EQ(log.update(11, run(100, 19, -1, 0)), Step::renew);
  EXPECT_EQ(log.update(12, run(81, 1, -1, 0)), Step::resync);
  EXPECT_EQ(log.update(13, run(70, 1, -1, 5)), Step::held);
  EXPECT_EQ(log.rest(10, kBids, kAsks), Step::resync);  // it would end at 12 just as well
  EXPECT_EQ(log.rest(11, run(81, 20, -1), kAsks), Step::emit);
  EXPECT_EQ(log.lines,
            (Lines{"snapshot 10 of 20 and 20 bids to 81 asks to 120", "delta 11 of 19 and 0",
                   "gap depth", "snapshot 11 of 1 and 20 bids to 81 asks to 120", "gap depth",
                   "snapshot 11 of 20 and 20 bids to 62 asks to 120", "delta 12 of 1 and 0",
                   "delta 13 of 1 and 0"}));
}

TEST(KnownRange, bounds_what_it_keeps_for_a_renewal) {
  BookRule rule = kCut;
  rule.held_max = 3;
  Log log{rule};
  EXPECT_EQ(log.rest(10, kBids, kAsks), Step::emit);
  EXPECT_EQ(log.update(11, run(100, 19, -1, 0)), Step::renew);
  for (std::int64_t number = 12; number < 40; ++number) {
    EXPECT_EQ(log.update(number, run(81, 1, -1, number)), Step::renew);
    EXPECT_LE(log.keeper.held_count(), 3U);
  }
  EXPECT_EQ(log.rest(20, run(81, 20, -1), kAsks), Step::refetch);
  EXPECT_EQ(log.rest(38, run(81, 20, -1), kAsks), Step::emit);
  EXPECT_EQ(log.keeper.book().best_bid(), at(81, 39));
  EXPECT_EQ(log.keeper.held_count(), 0U);
}

TEST(KnownRange, is_forgotten_when_the_session_ends) {
  Log log{kCut};
  EXPECT_EQ(log.rest(10, kBids, kAsks), Step::emit);
  EXPECT_EQ(log.update(11, run(100, 19, -1, 0)), Step::renew);
  log.keeper.on_disconnect();
  EXPECT_EQ(log.keeper.held_count(), 0U);
  EXPECT_EQ(log.rest(5, run(10, 3, -1), run(11, 3, 1)), Step::emit);
  EXPECT_EQ(log.update(6, run(10, 3, -1, 0)), Step::emit);
  EXPECT_EQ(log.lines.back(), "delta 6 of 3 and 0");
}

// --- shallow first, deeper later ---

TEST(KnownRange, of_a_shallow_snapshot_ends_with_its_own_levels) {
  Log log{kCut};
  EXPECT_EQ(log.rest(10, run(100, 5, -1), run(101, 5, 1), 5), Step::emit);
  EXPECT_TRUE(log.keeper.is_shallow());
  EXPECT_FALSE(log.keeper.wants_rest_snapshot());
  EXPECT_EQ(log.lines, (Lines{"snapshot 10 of 5 and 5 bids to 96 asks to 105"}));
}

TEST(KnownRange, of_a_shallow_snapshot_that_nothing_was_cut_off_is_the_whole_book) {
  Log log{kCut};
  EXPECT_EQ(log.rest(10, run(100, 4, -1), run(101, 4, 1), 5), Step::emit);
  EXPECT_FALSE(log.keeper.is_shallow());
}

TEST(KnownRange, gets_deeper_and_no_delta_is_lost_or_told_of_twice) {
  Log log{kCut};
  EXPECT_EQ(log.rest(10, run(100, 5, -1), run(101, 5, 1), 5), Step::emit);
  EXPECT_EQ(log.update(11, run(90, 1, -1, 3)), Step::emit);
  EXPECT_EQ(log.keeper.held_count(), 0U) << "nothing is kept before the deeper one is asked for";
  log.keeper.await_deeper();
  EXPECT_EQ(log.update(12, run(100, 1, -1, 7)), Step::renew);
  EXPECT_EQ(log.update(13, run(99, 1, -1, 8)), Step::renew);
  EXPECT_TRUE(log.keeper.valid());
  // As the venue had it at 12.
  auto bids = run(100, 20, -1);
  bids[0] = at(100, 7);
  EXPECT_EQ(log.rest(12, bids, kAsks), Step::emit);
  EXPECT_FALSE(log.keeper.is_shallow());
  EXPECT_EQ(log.keeper.held_count(), 0U);
  EXPECT_EQ(log.keeper.book().bid(1), at(99, 8));
  EXPECT_EQ(log.update(14, run(99, 1, -1, 9)), Step::emit);
  EXPECT_EQ(log.lines,
            (Lines{"snapshot 10 of 5 and 5 bids to 96 asks to 105", "delta 11 of 1 and 0",
                   "delta 12 of 1 and 0", "delta 13 of 1 and 0",
                   "snapshot 13 of 20 and 20 bids to 81 asks to 120", "delta 14 of 1 and 0"}));
}

TEST(KnownRange, stays_as_it_is_when_the_deeper_snapshot_does_not_come_or_is_too_old) {
  Log log{kCut};
  EXPECT_EQ(log.rest(10, run(100, 5, -1), run(101, 5, 1), 5), Step::emit);
  EXPECT_EQ(log.update(11, run(90, 1, -1, 3)), Step::emit);
  log.keeper.await_deeper();
  EXPECT_EQ(log.update(12, run(100, 1, -1, 7)), Step::renew);
  EXPECT_EQ(log.rest(10, kBids, kAsks), Step::refetch);
  EXPECT_TRUE(log.keeper.valid());
  log.keeper.give_up_deeper();
  EXPECT_EQ(log.keeper.held_count(), 0U);
  EXPECT_EQ(log.update(13, run(100, 1, -1, 8)), Step::emit);
  EXPECT_TRUE(log.keeper.is_shallow());
  EXPECT_EQ(log.rest(13, kBids, kAsks), Step::stale) << "nobody waits for it now";
}

}  // namespace
}  // namespace mp::book
