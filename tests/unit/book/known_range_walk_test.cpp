// A market walks far from what its snapshots had: whenever a book is valid, its best prices are
// right, and a consumer of its events has the same ones.
#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <vector>

#include "book/keeper.hpp"
#include "tests/unit/book/reference.hpp"

namespace mp::book {
namespace {

constexpr BookRule kCut{.start = BookStart::rest_snapshot, .link = BookLink::first};

Level at(std::int64_t price, std::int64_t quantity) {
  return {Price{{price, 0}}, Quantity{{quantity, 0}}};
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

  // Snapshots for a book that is not valid have so many levels.
  std::size_t shallow = 0;

  void step(unsigned answer_within) {
    if (keeper_.is_shallow() && !due_ && random_() % 4 == 0) {
      keeper_.await_deeper();
      due_ = 1 + random_() % answer_within;
    }
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
    const auto levels_max = keeper_.valid() ? 0 : shallow;
    const auto levels = levels_max == 0 ? rule_.snapshot_levels : levels_max;
    const auto bids = from.top(Side::buy, levels);
    const auto asks = from.top(Side::sell, levels);
    whole.bids = bids;
    whole.asks = asks;
    const Step answered = keeper_.on_rest_snapshot(whole, {}, {}, levels_max);
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

TEST(KnownRange, whenever_a_book_is_valid_that_begins_shallow) {
  std::uint64_t renewals = 0;
  for (std::uint64_t seed = 0; seed < 10 && !testing::Test::HasFailure(); ++seed) {
    BookRule rule = kCut;
    rule.snapshot_levels = 60;
    Walk walk{rule, 100 + seed};
    walk.shallow = 10;
    for (int i = 0; i < 1000 && !testing::Test::HasFailure(); ++i) walk.step(8);
    renewals += walk.counters().renewals;
    EXPECT_GT(walk.valid_steps(), 500U);
  }
  EXPECT_GT(renewals, 20U);
}

}  // namespace
}  // namespace mp::book
