// A warm book must not allocate.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "book/checksum.hpp"
#include "book/keeper.hpp"
#include "tests/unit/book/reference.hpp"
#include "unit/allocations.hpp"

namespace mp::book {
namespace {

class Nobody final : public Keeper::Listener {
 public:
  void on_applied(const Book&, const std::optional<Timestamp>&, Timestamp) override {}
  void on_gap(GapReason, const Gap&) override {}
};

std::vector<Level> side(std::mt19937_64& random, std::int64_t from, std::size_t count) {
  std::vector<Level> levels;
  for (std::size_t i = 0; i < count; ++i) {
    levels.emplace_back(Price{{from + static_cast<std::int64_t>(random() % 400), -2}},
                        Quantity{{static_cast<std::int64_t>(random() % 3), 0}});
  }
  return levels;
}

TEST(Allocation, a_warm_keeper_makes_none) {
  Nobody nobody;
  Keeper keeper{{.start = BookStart::rest_snapshot, .link = BookLink::first}, nobody};
  std::mt19937_64 random{3};
  std::int64_t last = 0;
  std::size_t during = 0;
  std::vector<Level> top;
  for (int session = 0; session < 4; ++session) {
    keeper.on_disconnect();
    for (int round = 0; round < 2000; ++round) {
      const auto bids = side(random, 10'000, 8);
      const auto asks = side(random, 10'400, 8);
      const Book body{.is_snapshot = false,
                      .first_sequence = last + 1,
                      .last_sequence = last + 1,
                      .previous_sequence = std::nullopt,
                      .checksum = std::nullopt,
                      .bids = bids,
                      .asks = asks};
      Book snapshot = body;
      snapshot.bids = {};
      snapshot.asks = {};
      const std::size_t before = mp::test::allocations();
      const Step step = keeper.on_update(body, {}, std::nullopt);
      if (round == 100) {
        ASSERT_EQ(keeper.on_rest_snapshot(snapshot, {}, std::nullopt), Step::emit);
      }
      keeper.book().top(Side::buy, 20, top);
      (void)crc32_25(keeper.book());
      // What is held while a book waits for its snapshot may be allocated.
      if (session >= 2 && round > 100) during += mp::test::allocations() - before;
      ASSERT_EQ(step, round <= 100 ? Step::held : Step::emit);
      ++last;
    }
  }
  EXPECT_EQ(during, 0U);
  EXPECT_GT(keeper.book().bid_count(), 100U);
}

}  // namespace
}  // namespace mp::book
