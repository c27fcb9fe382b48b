#include "book/order_book.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

#include "tests/unit/book/reference.hpp"

namespace mp::book {
namespace {

using test::level;

std::vector<std::string> prices(const OrderBook& book, Side side) {
  std::vector<Level> levels;
  book.top(side, kLevelsMax, levels);
  std::vector<std::string> texts;
  for (const Level& one : levels) texts.push_back(to_string(one.price().decimal));
  return texts;
}

using Texts = std::vector<std::string>;

TEST(OrderBook, takes_a_snapshot_in_any_order) {
  OrderBook book;
  const std::vector<Level> bids{level("99", "1"), level("101", "2"), level("100", "3")};
  const std::vector<Level> asks{level("105", "1"), level("103", "2"), level("104", "3")};
  book.reset(bids, asks);
  EXPECT_EQ(prices(book, Side::buy), (Texts{"101", "100", "99"}));
  EXPECT_EQ(prices(book, Side::sell), (Texts{"103", "104", "105"}));
  EXPECT_EQ(book.best_bid()->quantity(), Quantity{*parse_decimal("2")});
  EXPECT_EQ(book.best_ask()->price(), Price{*parse_decimal("103")});
  EXPECT_FALSE(book.crossed());
}

TEST(OrderBook, sets_quantities_absolutely_and_removes_at_zero) {
  OrderBook book;
  book.apply(std::vector<Level>{level("10", "1"), level("11", "1")}, {});
  book.apply(std::vector<Level>{level("10", "5"), level("11", "0.000")}, {});
  ASSERT_EQ(book.bid_count(), 1U);
  EXPECT_EQ(to_string(book.best_bid()->quantity().decimal), "5");
}

TEST(OrderBook, does_not_mind_removing_what_is_not_there) {
  OrderBook book;
  book.apply(std::vector<Level>{level("10", "0")}, std::vector<Level>{level("11", "0")});
  EXPECT_FALSE(book.best_bid());
  EXPECT_FALSE(book.best_ask());
  EXPECT_FALSE(book.crossed());
}

TEST(OrderBook, takes_one_price_spelled_in_two_ways_as_one_level) {
  OrderBook book;
  book.apply(std::vector<Level>{level("1.0", "7"), level("2", "1")}, {});
  book.apply(std::vector<Level>{level("1.00", "8.50")}, {});
  ASSERT_EQ(book.bid_count(), 2U);
  EXPECT_EQ(to_string(book.bid(1).price().decimal), "1.00");
  EXPECT_EQ(to_string(book.bid(1).quantity().decimal), "8.50");
  book.apply(std::vector<Level>{level("1", "0")}, {});
  EXPECT_EQ(prices(book, Side::buy), (Texts{"2"}));
  book.reset(std::vector<Level>{level("3", "1"), level("3.0", "2"), level("4", "0")}, {});
  EXPECT_EQ(prices(book, Side::buy), (Texts{"3.0"}));
}

TEST(OrderBook, scenario_14_drops_what_lies_beyond_its_depth_after_each_message) {
  OrderBook book{2};
  book.reset(std::vector<Level>{level("10", "1"), level("9", "1"), level("8", "1")},
             std::vector<Level>{level("11", "1"), level("12", "1"), level("13", "1")});
  EXPECT_EQ(prices(book, Side::buy), (Texts{"10", "9"}));
  book.apply(std::vector<Level>{level("10.5", "1")}, std::vector<Level>{level("10.9", "1")});
  EXPECT_EQ(prices(book, Side::buy), (Texts{"10.5", "10"}));
  EXPECT_EQ(prices(book, Side::sell), (Texts{"10.9", "11"}));
  // Within one message the depth may be exceeded for a moment.
  book.apply(std::vector<Level>{level("9.5", "1"), level("10.5", "0")}, {});
  EXPECT_EQ(prices(book, Side::buy), (Texts{"10", "9.5"}));
}

TEST(OrderBook, sees_crossed_and_locked_books) {
  OrderBook book;
  book.reset(std::vector<Level>{level("10", "1")}, std::vector<Level>{level("10.00", "1")});
  EXPECT_TRUE(book.crossed());
  book.reset(std::vector<Level>{level("10.01", "1")}, std::vector<Level>{level("10", "1")});
  EXPECT_TRUE(book.crossed());
  book.reset(std::vector<Level>{level("9.99", "1")}, std::vector<Level>{level("10", "1")});
  EXPECT_FALSE(book.crossed());
}

TEST(OrderBook, bounds_its_size_and_counts_what_it_drops) {
  OrderBook book;
  std::vector<Level> asks;
  for (std::size_t i = 0; i < kLevelsMax + 10; ++i)
    asks.emplace_back(Price{{static_cast<std::int64_t>(i + 1), -2}}, Quantity{{1, 0}});
  book.apply({}, asks);
  EXPECT_EQ(book.ask_count(), kLevelsMax);
  EXPECT_EQ(book.overflowed(), 10U);
  EXPECT_EQ(to_string(book.best_ask()->price().decimal), "0.01");
}

TEST(OrderBook, compares_itself_with_a_snapshot_by_value) {
  OrderBook book;
  const std::vector<Level> bids{level("10", "1"), level("9", "1")};
  const std::vector<Level> asks{level("11", "1")};
  book.reset(bids, asks);
  EXPECT_TRUE(book.equals(bids, asks));
  EXPECT_TRUE(book.equals(std::vector<Level>{level("10.0", "1.0"), level("9", "1")}, asks));
  EXPECT_FALSE(book.equals(bids, {}));
  EXPECT_FALSE(book.equals(asks, bids));
}

// More than 58 bits.
const Level kHuge{Price{{std::numeric_limits<std::int64_t>::max(), -8}}, Quantity{{1, 0}}};

TEST(OrderBook, keeps_what_does_not_fit_16_bytes_and_goes_back_on_reset) {
  Ladder<Best::lowest> asks;
  asks.apply(std::vector<Level>{level("1.50", "2.0"), level("3", "1")});
  EXPECT_FALSE(asks.is_wide());
  asks.apply(std::vector<Level>{level("2", "1.00"), kHuge, level("2.5", "4")});
  EXPECT_TRUE(asks.is_wide());
  ASSERT_EQ(asks.size(), 5U);
  EXPECT_TRUE(test::identical(asks.at(0), level("1.50", "2.0")));
  EXPECT_TRUE(test::identical(asks.at(1), level("2", "1.00")));
  EXPECT_TRUE(test::identical(asks.at(4), kHuge));
  asks.apply(std::vector<Level>{level("92233720368.54775807", "0"), level("1.5", "0")});
  EXPECT_EQ(asks.size(), 3U);
  asks.reset(std::vector<Level>{level("1.5", "1")});
  EXPECT_FALSE(asks.is_wide());
  EXPECT_TRUE(test::identical(*asks.best(), level("1.5", "1")));
  asks.reset(std::vector<Level>{level("1.5", "1"), kHuge});
  EXPECT_TRUE(asks.is_wide());
  EXPECT_EQ(asks.size(), 2U);
  asks.clear();
  EXPECT_FALSE(asks.is_wide());
  EXPECT_FALSE(asks.best());
}

TEST(OrderBook, keeps_quantities_that_do_not_fit_16_bytes) {
  const Level huge{Price{{1, 0}}, Quantity{{kNumberEnd, -8}}};
  const Level large{Price{{2, 0}}, Quantity{{kNumberEnd - 1, -8}}};
  for (const Level& one : {huge, large}) {
    Ladder<Best::highest> bids;
    bids.apply(std::vector<Level>{one});
    EXPECT_EQ(bids.is_wide(), one.quantity_mantissa == kNumberEnd);
    EXPECT_TRUE(test::identical(*bids.best(), one));
  }
}

TEST(OrderBook, keeps_zeros_that_a_mantissa_has_no_room_for) {
  OrderBook book;
  const std::vector<Level> levels{level("100.00000000000000000000", "1.000000000000000000000"),
                                  level("99.5", "2.000")};
  book.reset(levels, {});
  EXPECT_TRUE(test::identical(book.bid(0), levels[0]));
  EXPECT_TRUE(test::identical(book.bid(1), levels[1]));
  book.reset(std::vector<Level>{levels[1]}, {});
  book.apply(std::vector<Level>{levels[0]}, {});
  EXPECT_TRUE(test::identical(book.bid(0), levels[0]));
  // Removing looks at values alone, so it needs no other form.
  book.reset(std::vector<Level>{level("100.00", "1")}, {});
  book.apply(std::vector<Level>{level("100.0000000000000000000000", "0.00000000000000000000")}, {});
  EXPECT_EQ(book.bid_count(), 0U);
}

TEST(OrderBook, gives_back_the_digits_after_finer_prices_have_come) {
  OrderBook book;
  book.apply(std::vector<Level>{level("10", "1"), level("-3", "1"), level("0", "1")}, {});
  book.apply(std::vector<Level>{level("9.5", "1"), level("0.0", "2")}, {});
  book.apply(std::vector<Level>{level("9.2500", "1"), level("10.0000000", "0")}, {});
  EXPECT_EQ(prices(book, Side::buy), (Texts{"9.5", "9.2500", "0.0", "-3"}));
  // Finer than any that is there, and so nothing to remove.
  book.apply(std::vector<Level>{level("9.25000001", "0"), level("9.25000000", "0")}, {});
  EXPECT_EQ(prices(book, Side::buy), (Texts{"9.5", "0.0", "-3"}));
}

TEST(OrderBook, takes_prices_of_the_ends_of_the_range_of_exponents) {
  const Level coarse{Price{{1, kDecimalExponentMax}}, Quantity{{1, kDecimalExponentMin}}};
  const Level fine{Price{{1, kDecimalExponentMin}}, Quantity{{1, kDecimalExponentMax}}};
  const Level zero{Price{{0, kDecimalExponentMax}}, Quantity{{1, 0}}};
  for (const auto& order : {std::vector{coarse, fine, zero}, std::vector{zero, fine, coarse}}) {
    OrderBook book;
    for (const Level& one : order) book.apply(std::vector<Level>{one}, std::vector<Level>{one});
    for (std::size_t rank = 0; rank < 3; ++rank) {
      const Level expected = std::vector{coarse, fine, zero}[rank];
      EXPECT_TRUE(test::identical(book.bid(rank), expected));
      EXPECT_TRUE(test::identical(book.ask(2 - rank), expected));
    }
  }
}

// Levels of 1,000 prices at two decimals, best first.
std::vector<Level> thousand(std::int64_t from, std::int64_t step) {
  std::vector<Level> levels;
  for (int i = 0; i < 1000; ++i, from += step)
    levels.emplace_back(Price{{from, -2}}, Quantity{{7, -3}});
  return levels;
}

TEST(OrderBook, takes_little_more_than_16_bytes_a_level) {
  OrderBook book;
  book.reset(thousand(6'000'000, -7), thousand(6'000'100, 7));
  EXPECT_LE(book.memory_bytes(), 2000U * 18);
  // A worst case for blocks: nearly all levels go, and others come between those that are left.
  for (int round = 0; round < 50; ++round) {
    std::vector<Level> bids = thousand(6'000'000 + round % 7, -7);
    for (std::size_t i = 0; i < bids.size(); ++i)
      if (i % 16 != static_cast<std::size_t>(round) % 16) bids[i].quantity_mantissa = 0;
    book.apply(bids, {});
    book.apply(thousand(6'000'000 + (round + 1) % 7, -7), {});
    for (Level& level : bids) level.quantity_mantissa = 0;
    book.apply(bids, {});
    ASSERT_EQ(book.bid_count(), 1000U);
  }
  EXPECT_LE(book.memory_bytes(), 2000U * 24);
}

struct Walk {
  std::size_t depth_max;
  std::int64_t spread_of_prices;
  std::size_t changes_max;
  int rounds;
};

// Prices near a centre that walks, in differing exponents, a third of them removals, sides not kept
// apart: whatever a venue could send.
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, const Walk& walk) : random_(seed), walk_(walk) {}

  void next(std::vector<Level>& changes) {
    changes.resize(random_() % (walk_.changes_max + 1));
    centre_ += static_cast<std::int64_t>(random_() % 3) - 1;
    for (Level& change : changes) change = one();
  }

  bool chance(unsigned one_in) { return random_() % one_in == 0; }

 private:
  Level one() {
    const auto spread = static_cast<std::uint64_t>(walk_.spread_of_prices);
    Decimal price{centre_ + static_cast<std::int64_t>(random_() % spread), -2};
    for (auto more = random_() % 3; more > 0; --more) {
      price.mantissa *= 10;
      --price.exponent;
    }
    const bool remove = random_() % 3 == 0;
    const auto quantity = remove ? 0 : static_cast<std::int64_t>(random_() % 100'000);
    return {Price{price}, Quantity{{quantity, -3}}};
  }

  std::mt19937_64 random_;
  Walk walk_;
  std::int64_t centre_ = 5'000'000;
};

class OrderBookWalk : public testing::TestWithParam<Walk> {};

TEST_P(OrderBookWalk, equals_a_map_after_each_message) {
  const Walk walk = GetParam();
  RandomStream stream{42, walk};
  OrderBook book{walk.depth_max};
  test::ReferenceBook reference{walk.depth_max};
  std::vector<Level> bids;
  std::vector<Level> asks;
  std::vector<Level> scratch;
  for (int round = 0; round < walk.rounds; ++round) {
    stream.next(bids);
    stream.next(asks);
    if (stream.chance(1000)) {
      book.reset(bids, asks);
      reference.reset(bids, asks);
    } else {
      book.apply(bids, asks);
      reference.apply(bids, asks);
    }
    const std::size_t depth = round % 100 == 0 ? kLevelsMax : 10;
    ASSERT_TRUE(test::same(reference, book, depth, scratch)) << "after message " << round;
  }
}

// 5 million level changes in all.
INSTANTIATE_TEST_SUITE_P(
    , OrderBookWalk,
    testing::Values(
        Walk{.depth_max = 0, .spread_of_prices = 20, .changes_max = 3, .rounds = 300'000},
        Walk{.depth_max = 0, .spread_of_prices = 1000, .changes_max = 20, .rounds = 100'000},
        Walk{.depth_max = 200, .spread_of_prices = 400, .changes_max = 40, .rounds = 50'000},
        Walk{.depth_max = 10, .spread_of_prices = 50, .changes_max = 5, .rounds = 150'000},
        Walk{.depth_max = 0, .spread_of_prices = 3000, .changes_max = 4000, .rounds = 60}));

}  // namespace
}  // namespace mp::book
