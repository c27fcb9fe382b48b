// Which copy is the first, of what several sessions say.
#include "pipeline/arbiter.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "core/identity.hpp"

namespace mp::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Event trade(std::optional<std::string_view> id, std::int64_t price, Timestamp ts_recv,
            std::optional<Timestamp> ts_event = Timestamp{seconds{7}}) {
  Event event;
  event.venue = "v";
  event.symbol = "S";
  event.ts_event = ts_event;
  event.ts_recv = ts_recv;
  event.body = Trade{.trade_id = id,
                     .price = {{.mantissa = price}},
                     .quantity = {{.mantissa = 1}},
                     .side = Side::buy};
  return event;
}

TEST(Identity, is_what_the_venue_sent_and_nothing_of_ours) {
  Event one = trade("17", 5, Timestamp{seconds{1}});
  Event two = trade("17", 5, Timestamp{seconds{2}});
  two.seq = 99;
  two.instrument = "A-B";
  EXPECT_EQ(identity_of(one), identity_of(two));
  two.symbol = "T";
  EXPECT_NE(identity_of(one), identity_of(two));
  EXPECT_NE(identity_of(trade("18", 5, {})), identity_of(trade("17", 5, {})));
  EXPECT_NE(identity_of(trade(std::nullopt, 5, {})), identity_of(trade(std::nullopt, 6, {})));
  EXPECT_EQ(identity_of(trade(std::nullopt, 5, {})), identity_of(trade(std::nullopt, 5, {})));
  EXPECT_EQ(identity_basis(trade("1", 5, {})), IdentityBasis::id);
  EXPECT_EQ(identity_basis(trade(std::nullopt, 5, {})), IdentityBasis::content);
  EXPECT_EQ(identity_basis(trade(std::nullopt, 5, {}, std::nullopt)), IdentityBasis::none);
}

TEST(Identity, of_a_book_takes_in_every_level) {
  const std::array<Level, 2> levels{Level{Price{{1}}, Quantity{{2}}},
                                    Level{Price{{3}}, Quantity{{4}}}};
  Event one;
  one.body = Book{.last_sequence = 4, .bids = levels};
  Event two = one;
  EXPECT_EQ(identity_of(one), identity_of(two));
  std::get<Book>(two.body).bids = Levels{levels}.first(1);
  EXPECT_NE(identity_of(one), identity_of(two));
}

TEST(Arbiter, takes_the_first_copy_of_each_trade_and_says_how_late_the_other_was) {
  Arbiter arbiter;
  const Timestamp t{seconds{100}};
  EXPECT_TRUE(arbiter.judge(trade("1", 5, t), 1).is_first);
  const auto copy = arbiter.judge(trade("1", 5, t + milliseconds{3}), 2);
  EXPECT_FALSE(copy.is_first);
  EXPECT_EQ(copy.behind, milliseconds{3});
  EXPECT_TRUE(arbiter.judge(trade("2", 5, t), 2).is_first);
  EXPECT_FALSE(arbiter.judge(trade("2", 5, t), 1).is_first);
  EXPECT_FALSE(arbiter.judge(trade("2", 5, t), 2).is_first);  // the venue sent it twice
}

TEST(Arbiter, keeps_two_trades_that_are_alike_when_they_have_no_id) {
  Arbiter arbiter;
  const auto judge = [&](SessionId session) {
    return arbiter.judge(trade(std::nullopt, 5, Timestamp{seconds{100}}), session).is_first;
  };
  EXPECT_TRUE(judge(1));
  EXPECT_TRUE(judge(1));
  EXPECT_FALSE(judge(2));
  EXPECT_FALSE(judge(2));
  EXPECT_TRUE(judge(2));  // a third one, which session 1 has not told yet
  EXPECT_FALSE(judge(1));
}

TEST(Arbiter, listens_to_one_session_where_events_cannot_be_told_apart) {
  Arbiter arbiter;
  Timestamp now{seconds{100}};
  const auto judge = [&](SessionId session) {
    return arbiter.judge(trade(std::nullopt, 5, now, std::nullopt), session).is_first;
  };
  EXPECT_TRUE(judge(1));
  EXPECT_FALSE(judge(2));
  EXPECT_TRUE(judge(1));
  arbiter.ended(1);
  EXPECT_TRUE(judge(2));
  EXPECT_FALSE(judge(3));
  now += seconds{2};  // session 2 is silent while session 3 goes on
  for (unsigned i = 2; i < Source::kOthersMax; ++i) EXPECT_FALSE(judge(3)) << i;
  EXPECT_TRUE(judge(3));
  EXPECT_FALSE(judge(2));
}

// Against a reference that never forgets: whatever lags by less than kLagMax is known as a copy,
// and nothing is taken for a copy that is none.
TEST(RecentIdentities, knows_every_copy_that_is_not_too_late) {
  RecentIdentities recent;
  using Meaning = RecentIdentities::Meaning;
  std::mt19937_64 random{7};
  Timestamp now{seconds{1000}};
  std::uint64_t next = 0;
  const auto spread = [](std::uint64_t i) { return i * 0x9E37'79B9'7F4A'7C15U; };
  for (int i = 0; i < 200'000; ++i) {
    now += milliseconds{random() % 20};
    const auto known = recent.seen(spread(next), Meaning::once, 1, now);
    ASSERT_FALSE(known.has_value()) << next;
    // About ten milliseconds each: within a second there are some hundred.
    const std::uint64_t back = random() % std::min<std::uint64_t>(next + 1, 50);
    ASSERT_TRUE(recent.seen(spread(next - back), Meaning::once, 2, now).has_value());
    ++next;
  }
  EXPECT_LE(recent.size(), RecentIdentities::kMost);
}

TEST(RecentIdentities, grows_with_the_rate_and_not_beyond_its_bound) {
  RecentIdentities slow;
  RecentIdentities quick;
  using Meaning = RecentIdentities::Meaning;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    (void)slow.seen(i * 7919, Meaning::once, 1, Timestamp{seconds{i}});
    (void)quick.seen(i * 7919, Meaning::once, 1, Timestamp{milliseconds{i}});
  }
  EXPECT_EQ(slow.size(), RecentIdentities::kLeast);
  EXPECT_EQ(quick.size(), RecentIdentities::kMost);
}

}  // namespace
}  // namespace mp::pipeline
