// A snapshot that was cut off is known only down to its last levels: how a book is renewed before
// it runs out of them, and what becomes of it if that comes too late.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "book/keeper.hpp"
#include "tests/unit/book/reference.hpp"

namespace mp::book {
namespace {

using test::level;

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
  Step rest(std::int64_t last, Levels bids, Levels asks) {
    Book body;
    body.last_sequence = last;
    body.bids = bids;
    body.asks = asks;
    return keeper.on_rest_snapshot(body, {}, {});
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

// A market walks far; the keeper gets snapshots of its best levels, early or late, ahead of the
// stream or behind.
class Walk final : public Keeper::Listener {
 public:
  Walk(const BookRule& rule, std::uint64_t seed)
      : rule_(rule), random_(seed), keeper_(rule, *this) {
    for (std::int64_t i = 0; i < 400; ++i) {
      now_.apply(std::vector<Level>{at(mid_ - 1 - i, 1)}, std::vector<Level>{at(mid_ + i, 1)});
    }
    history_.push_back(now_);
  }

  void step(unsigned answer_within) {
    move();
    const Step step = keeper_.on_update(latest_, {}, {});
    check();
    note(step, answer_within);
    if (!due_ || --*due_ > 0) return;
    due_.reset();
    const auto back = random_() % 4;
    const auto& from =
        history_[history_.size() - 1 - std::min<std::size_t>(back, history_.size() - 1)];
    Book whole;
    whole.last_sequence =
        number_ - static_cast<std::int64_t>(std::min<std::size_t>(back, history_.size() - 1));
    const auto bids = from.top(Side::buy, rule_.snapshot_levels);
    const auto asks = from.top(Side::sell, rule_.snapshot_levels);
    whole.bids = bids;
    whole.asks = asks;
    const Step answered = keeper_.on_rest_snapshot(whole, {}, {});
    check();
    note(answered, answer_within);
  }

  [[nodiscard]] const KeeperCounters& counters() const { return keeper_.counters(); }
  [[nodiscard]] std::uint64_t valid_steps() const { return valid_steps_; }

 private:
  // What a consumer makes of the events alone.
  void on_applied(const Book& body, const std::optional<Timestamp>&, Timestamp) override {
    if (body.is_snapshot) {
      consumer_.reset(body.bids, body.asks);
    } else {
      EXPECT_EQ(body.first_sequence, consumer_at_ + 1) << "a delta is told of once, in its turn";
      consumer_.apply(body.bids, body.asks);
    }
    consumer_at_ = *body.last_sequence;
    std::vector<Level> scratch;
    EXPECT_TRUE(test::same(consumer_, keeper_.book(), kLevelsMax, scratch));
  }
  void on_gap(GapReason, const Gap&) override {}

  // The market moves by up to three ticks; what it passes is gone, and some of the levels near it
  // change.
  void move() {
    std::vector<Level>& bids = bids_;
    std::vector<Level>& asks = asks_;
    bids.clear();
    asks.clear();
    drift_ = random_() % 50 == 0 ? -drift_ : drift_;
    const auto by = random_() % 3 == 0 ? static_cast<std::int64_t>(random_() % 4) * drift_ : 0;
    for (std::int64_t i = 0; i < by; ++i, ++mid_) {
      asks.push_back(at(mid_, 0));
      bids.push_back(at(mid_, 1));
    }
    for (std::int64_t i = 0; i < -by; ++i) {
      --mid_;
      bids.push_back(at(mid_, 0));
      asks.push_back(at(mid_, 1));
    }
    ++quantity_;
    const auto near = static_cast<std::int64_t>(random_() % 40);
    bids.push_back(at(mid_ - 1 - near, near > 0 && random_() % 3 == 0 ? 0 : quantity_));
    asks.push_back(at(mid_ + near, near > 0 && random_() % 3 == 0 ? 0 : quantity_));
    now_.apply(bids, asks);
    history_.push_back(now_);
    if (history_.size() > 8) history_.pop_front();
    latest_ = Book{};
    latest_.first_sequence = latest_.last_sequence = ++number_;
    latest_.bids = bids;
    latest_.asks = asks;
  }

  void note(Step step, unsigned answer_within) {
    const bool asks =
        step == Step::held || step == Step::resync || step == Step::refetch || step == Step::renew;
    if (asks && !due_) due_ = 1 + random_() % answer_within;
  }

  // Valid: the best prices are the market's, and so is all that is shown below them.
  void check() {
    if (!keeper_.valid()) return;
    ++valid_steps_;
    for (const Side side : {Side::buy, Side::sell}) {
      std::vector<Level> top;
      keeper_.top(side, kLevelsMax, top);
      ASSERT_FALSE(top.empty());
      EXPECT_EQ(side == Side::buy ? keeper_.book().best_bid() : keeper_.book().best_ask(), top[0]);
      EXPECT_EQ(top, now_.top(side, top.size()));
    }
  }

  BookRule rule_;
  std::mt19937_64 random_;
  Keeper keeper_;
  test::ReferenceBook now_;
  std::deque<test::ReferenceBook> history_;  // the latest last
  test::ReferenceBook consumer_;
  std::int64_t consumer_at_ = 0;
  std::vector<Level> bids_;
  std::vector<Level> asks_;
  Book latest_;
  std::int64_t number_ = 100;
  std::int64_t mid_ = 10'000;
  std::int64_t drift_ = 1;
  std::int64_t quantity_ = 1;
  std::optional<std::uint64_t> due_;
  std::uint64_t valid_steps_ = 0;
};

TEST(KnownRange, whenever_a_book_is_valid_its_best_prices_are_right) {
  BookRule rule = kCut;
  rule.snapshot_levels = 30;
  Walk walk{rule, 5};
  for (int i = 0; i < 4000 && !testing::Test::HasFailure(); ++i) walk.step(2);
  EXPECT_GT(walk.counters().renewals, 10U);
  EXPECT_GT(walk.valid_steps(), 3000U);
}

TEST(KnownRange, whenever_a_book_is_valid_though_snapshots_come_late) {
  BookRule rule = kCut;
  rule.snapshot_levels = 30;
  Walk walk{rule, 6};
  for (int i = 0; i < 4000 && !testing::Test::HasFailure(); ++i) walk.step(40);
  EXPECT_GT(walk.counters().gaps, 10U);
  EXPECT_GT(walk.counters().renewals, 0U);
  EXPECT_GT(walk.valid_steps(), 500U);
}

}  // namespace
}  // namespace mp::book
