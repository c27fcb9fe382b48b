#include "book/keeper.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "book/checksum.hpp"
#include "tests/unit/book/reference.hpp"

namespace mp::book {
namespace {

using test::level;

constexpr BookRule kBinanceSpot{.start = BookStart::rest_snapshot, .link = BookLink::first};
constexpr BookRule kBybit{.start = BookStart::stream_snapshot, .link = BookLink::first};
constexpr BookRule kOkx{.start = BookStart::stream_snapshot,
                        .link = BookLink::previous,
                        .checksum = BookChecksum::crc32_25};

// Writes down what a keeper tells, one line each, with the best bid at that moment.
class Log final : public Keeper::Listener {
 public:
  explicit Log(const BookRule& rule) : keeper(rule, *this) {}

  void on_applied(const Book& body, const std::optional<Timestamp>& ts_event,
                  Timestamp ts_recv) override {
    std::string line = body.is_snapshot ? "snapshot" : "delta";
    if (body.last_sequence) line += " " + std::to_string(*body.last_sequence);
    line += " recv " + std::to_string(to_nanoseconds(ts_recv));
    line += ts_event ? " event " + std::to_string(to_nanoseconds(*ts_event)) : " event -";
    const auto bid = keeper.book().best_bid();
    line += !bid ? " bid -" : " bid " + to_string(bid->price().decimal);
    lines.push_back(line);
  }

  void on_gap(GapReason reason, const Gap& gap) override {
    EXPECT_FALSE(keeper.valid()) << "a gap must be told of when the book is invalid already";
    std::string line = "gap ";
    line += name_of(reason);
    if (gap.from) line += " from " + std::to_string(*gap.from);
    if (gap.to) line += " to " + std::to_string(*gap.to);
    if (gap.missing) line += " missing " + std::to_string(*gap.missing);
    lines.push_back(line);
  }

  Step update(const Book& body, std::int64_t recv = 0, std::optional<std::int64_t> event = {}) {
    return keeper.on_update(body, from_nanoseconds(recv), time(event));
  }
  Step rest(const Book& body, std::int64_t recv = 0, std::optional<std::int64_t> event = {}) {
    return keeper.on_rest_snapshot(body, from_nanoseconds(recv), time(event));
  }

  std::vector<std::string> lines;
  Keeper keeper;

 private:
  static std::optional<Timestamp> time(std::optional<std::int64_t> nanoseconds) {
    if (!nanoseconds) return std::nullopt;
    return from_nanoseconds(*nanoseconds);
  }
};

using Lines = std::vector<std::string>;

const std::vector<Level> kBid100{level("100", "1")};
const std::vector<Level> kBid101{level("101", "1")};
const std::vector<Level> kBid102{level("102", "1")};
const std::vector<Level> kAsk103{level("103", "1")};

Book delta(std::int64_t first, std::int64_t last, Levels bids, Levels asks = {}) {
  return {.is_snapshot = false,
          .first_sequence = first,
          .last_sequence = last,
          .previous_sequence = std::nullopt,
          .checksum = std::nullopt,
          .bids = bids,
          .asks = asks};
}
Book whole(std::int64_t last, Levels bids, Levels asks = {}) {
  return {.is_snapshot = true,
          .first_sequence = std::nullopt,
          .last_sequence = last,
          .previous_sequence = std::nullopt,
          .checksum = std::nullopt,
          .bids = bids,
          .asks = asks};
}

TEST(Keeper, emits_the_snapshot_then_each_held_delta_with_its_own_times) {
  Log log{kBinanceSpot};
  EXPECT_TRUE(log.keeper.wants_rest_snapshot());
  EXPECT_EQ(log.update(delta(91, 100, kAsk103), 1, 11), Step::held);
  EXPECT_EQ(log.update(delta(101, 105, kBid101), 2, 12), Step::held);
  EXPECT_EQ(log.update(delta(106, 110, kBid102), 3), Step::held);
  EXPECT_FALSE(log.keeper.valid());
  EXPECT_EQ(log.rest(whole(100, kBid100, kAsk103), 4), Step::emit);
  EXPECT_TRUE(log.keeper.valid());
  EXPECT_EQ(log.update(delta(111, 111, kBid100), 5, 15), Step::emit);
  EXPECT_EQ(log.lines,
            (Lines{"snapshot 100 recv 4 event - bid 100", "delta 105 recv 2 event 12 bid 101",
                   "delta 110 recv 3 event - bid 102", "delta 111 recv 5 event 15 bid 102"}));
  const KeeperCounters& counters = log.keeper.counters();
  EXPECT_EQ(counters.held, 3U);
  EXPECT_EQ(counters.stale, 1U);
  EXPECT_EQ(counters.applied, 4U);
  EXPECT_EQ(counters.gaps, 0U);
}

TEST(Keeper, asks_again_when_the_snapshot_is_too_old_and_keeps_what_it_holds) {
  Log log{kBinanceSpot};
  EXPECT_EQ(log.update(delta(101, 110, kBid101)), Step::held);
  EXPECT_EQ(log.rest(whole(99, kBid100)), Step::refetch);
  EXPECT_EQ(log.keeper.held_count(), 1U);
  EXPECT_EQ(log.rest(whole(105, kBid100)), Step::emit);
  EXPECT_EQ(log.lines.size(), 2U);
  EXPECT_EQ(log.keeper.counters().refetches, 1U);
}

TEST(Keeper, holds_the_delta_that_showed_the_gap_for_the_next_snapshot) {
  Log log{kBinanceSpot};
  EXPECT_EQ(log.rest(whole(100, kBid100)), Step::emit);
  EXPECT_EQ(log.update(delta(103, 104, kBid102)), Step::resync);
  EXPECT_FALSE(log.keeper.valid());
  EXPECT_FALSE(log.keeper.book().best_bid());
  EXPECT_EQ(log.update(delta(105, 105, kBid101)), Step::held);
  EXPECT_EQ(log.rest(whole(102, kBid100)), Step::emit);
  EXPECT_EQ(log.lines,
            (Lines{"snapshot 100 recv 0 event - bid 100", "gap sequence from 101 to 102 missing 2",
                   "snapshot 102 recv 0 event - bid 100", "delta 104 recv 0 event - bid 102",
                   "delta 105 recv 0 event - bid 102"}));
  EXPECT_EQ(log.keeper.counters().gaps, 1U);
  EXPECT_EQ(log.keeper.counters().resyncs, 1U);
}

TEST(Keeper, finds_a_gap_among_the_held_deltas_and_keeps_those_behind_it) {
  Log log{kBinanceSpot};
  EXPECT_EQ(log.update(delta(101, 101, kBid101)), Step::held);
  EXPECT_EQ(log.update(delta(103, 103, kBid102)), Step::held);
  EXPECT_EQ(log.update(delta(104, 104, kBid101)), Step::held);
  EXPECT_EQ(log.rest(whole(100, kBid100)), Step::resync);
  EXPECT_EQ(log.keeper.held_count(), 2U);
  EXPECT_EQ(log.rest(whole(102, kBid100)), Step::emit);
  EXPECT_EQ(log.lines.back(), "delta 104 recv 0 event - bid 102");
  EXPECT_EQ(log.lines[2], "gap sequence from 102 to 102 missing 1");
}

TEST(Keeper, ignores_a_snapshot_that_nobody_waits_for) {
  Log log{kBinanceSpot};
  EXPECT_EQ(log.rest(whole(100, kBid100)), Step::emit);
  EXPECT_EQ(log.rest(whole(90, kBid101)), Step::stale);
  EXPECT_EQ(log.keeper.book().best_bid()->price(), kBid100.front().price());
}

TEST(Keeper, scenario_13_says_nothing_of_a_repeated_snapshot) {
  Log log{kBybit};
  EXPECT_EQ(log.update(whole(100, kBid100, kAsk103)), Step::emit);
  EXPECT_EQ(log.update(whole(100, kBid100, kAsk103)), Step::stale);
  EXPECT_EQ(log.lines.size(), 1U);
  // The same number with another content is a restart, not a repetition.
  EXPECT_EQ(log.update(whole(100, kBid101, kAsk103)), Step::emit);
  EXPECT_EQ(log.lines.back(), "snapshot 100 recv 0 event - bid 101");
}

TEST(Keeper, scenario_15_a_wrong_checksum_invalidates_the_book) {
  Log log{kOkx};
  OrderBook expected;
  expected.reset(kBid100, kAsk103);
  Book snapshot = whole(10, kBid100, kAsk103);
  snapshot.checksum = crc32_25(expected);
  EXPECT_EQ(log.update(snapshot), Step::emit);

  Book change = delta(0, 11, kBid101);
  change.first_sequence.reset();
  change.previous_sequence = 10;
  change.checksum = crc32_25(expected);  // that of the book before
  EXPECT_EQ(log.update(change), Step::resync);
  EXPECT_FALSE(log.keeper.valid());
  EXPECT_EQ(log.lines.back(), "gap checksum");
  EXPECT_EQ(log.keeper.counters().checksums_checked, 2U);
  EXPECT_EQ(log.keeper.counters().checksums_failed, 1U);
  EXPECT_EQ(log.update(snapshot), Step::emit);
}

TEST(Keeper, scenario_23_checks_no_checksum_of_zero) {
  Log log{kOkx};
  Book snapshot = whole(10, kBid100, kAsk103);
  snapshot.checksum = 0;
  EXPECT_EQ(log.update(snapshot), Step::emit);
  EXPECT_EQ(log.keeper.counters().checksums_checked, 0U);
}

TEST(Keeper, scenario_26_a_crossed_book_is_invalid) {
  Log log{kBybit};
  EXPECT_EQ(log.update(whole(1, kBid100, kAsk103)), Step::emit);
  const std::vector<Level> bid{level("103.0", "1")};
  EXPECT_EQ(log.update(delta(2, 2, bid)), Step::resync);
  EXPECT_EQ(log.update(delta(3, 3, kBid101)), Step::stale);
  EXPECT_EQ(log.lines, (Lines{"snapshot 1 recv 0 event - bid 100", "gap crossed"}));
  EXPECT_EQ(log.keeper.counters().crossed, 1U);
  EXPECT_EQ(log.keeper.counters().gaps, 1U);
}

TEST(Keeper, scenario_28_forgets_the_book_when_the_session_ends) {
  Log log{kBybit};
  EXPECT_EQ(log.update(whole(1, kBid102, kAsk103)), Step::emit);
  log.keeper.on_disconnect();
  EXPECT_FALSE(log.keeper.valid());
  EXPECT_FALSE(log.keeper.book().best_bid());
  EXPECT_EQ(log.update(delta(2, 2, kBid101)), Step::stale);
  EXPECT_EQ(log.update(whole(1, kBid100, kAsk103)), Step::emit);
  EXPECT_EQ(log.lines.back(), "snapshot 1 recv 0 event - bid 100");
  EXPECT_EQ(log.keeper.book().bid_count(), 1U);
  EXPECT_EQ(log.keeper.counters().gaps, 0U);
}

TEST(Keeper, scenario_28_forgets_what_it_held_when_the_session_ends) {
  Log log{kBinanceSpot};
  EXPECT_EQ(log.update(delta(101, 101, kBid101)), Step::held);
  log.keeper.on_disconnect();
  EXPECT_EQ(log.keeper.held_count(), 0U);
  EXPECT_EQ(log.rest(whole(100, kBid100)), Step::emit);
  EXPECT_EQ(log.lines, (Lines{"snapshot 100 recv 0 event - bid 100"}));
}

TEST(Keeper, scenario_29_bounds_the_count_of_what_it_holds) {
  BookRule rule = kBinanceSpot;
  rule.held_max = 2;
  Log log{rule};
  EXPECT_EQ(log.update(delta(1, 1, kBid100)), Step::held);
  EXPECT_EQ(log.update(delta(2, 2, kBid100)), Step::held);
  EXPECT_EQ(log.update(delta(3, 3, kBid100)), Step::resync);
  EXPECT_EQ(log.keeper.held_count(), 1U);
  EXPECT_EQ(log.lines, (Lines{"gap held_overflow"}));
  // A snapshot of before the overflow does not reach what is held now.
  EXPECT_EQ(log.rest(whole(1, kBid100)), Step::refetch);
  EXPECT_EQ(log.rest(whole(2, kBid100)), Step::emit);
  EXPECT_EQ(log.keeper.counters().gaps, 1U);
}

TEST(Keeper, scenario_29_says_only_once_that_it_holds_too_much_for_one_snapshot) {
  BookRule rule = kBinanceSpot;
  rule.held_max = 2;
  Log log{rule};
  for (std::int64_t i = 1; i < 100; ++i) (void)log.update(delta(i, i, kBid100));
  EXPECT_EQ(log.lines, (Lines{"gap held_overflow"}));
  EXPECT_EQ(log.rest(whole(98, kBid100)), Step::emit);
  EXPECT_EQ(log.update(delta(101, 101, kBid101)), Step::resync) << "100 is missing";
  for (std::int64_t i = 102; i < 110; ++i) (void)log.update(delta(i, i, kBid100));
  EXPECT_EQ(log.keeper.counters().gaps, 3U);
}

TEST(Keeper, books_that_wait_share_the_bytes_that_all_may_hold) {
  struct Nobody final : Keeper::Listener {
    void on_applied(const Book&, const std::optional<Timestamp>&, Timestamp) override {}
    void on_gap(GapReason reason, const Gap&) override { last = reason; }
    std::optional<GapReason> last;
  } nobody;
  HeldRoom room{1000};
  std::optional<Keeper> first{std::in_place, kBinanceSpot, nobody, &room};
  Keeper second{kBinanceSpot, nobody, &room};
  std::int64_t number = 1;
  while (first->on_update(delta(number, number, kBid100), {}, {}) == Step::held) ++number;
  EXPECT_GT(number, 3);
  EXPECT_EQ(nobody.last, GapReason::held_overflow) << "who can hold no more begins anew";
  EXPECT_EQ(first->held_count(), 1U);
  number = 1;
  while (second.on_update(delta(number, number, kBid100), {}, {}) == Step::held) ++number;
  EXPECT_LE(room.used(), 1000U);
  first.reset();
  second.on_disconnect();
  EXPECT_EQ(room.used(), 0U);
}

TEST(Keeper, scenario_29_bounds_the_bytes_of_what_it_holds) {
  Log log{kBinanceSpot};
  const std::vector<Level> many(kHeldBytesMax / sizeof(Level) / 2 - 100, level("1", "1"));
  EXPECT_EQ(log.update(delta(1, 1, many)), Step::held);
  EXPECT_EQ(log.update(delta(2, 2, many)), Step::held);
  EXPECT_EQ(log.update(delta(3, 3, many)), Step::resync);
  EXPECT_EQ(log.keeper.held_count(), 1U);
  // One delta that is too big by itself is not held at all.
  const std::vector<Level> too_many(kHeldBytesMax / sizeof(Level) + 1, level("1", "1"));
  EXPECT_EQ(log.update(delta(4, 4, too_many)), Step::resync);
  EXPECT_EQ(log.keeper.held_count(), 0U);
}

TEST(Keeper, joins_a_snapshot_that_was_asked_for_on_the_socket) {
  Log log{{.start = BookStart::socket_snapshot, .link = BookLink::previous}};
  const auto after = [](std::int64_t previous, std::int64_t last, Levels bids) {
    Book body = delta(0, last, bids);
    body.first_sequence.reset();
    body.previous_sequence = previous;
    return body;
  };
  EXPECT_TRUE(log.keeper.wants_rest_snapshot());
  EXPECT_EQ(log.update(after(99, 100, kBid102)), Step::held);
  EXPECT_EQ(log.update(after(100, 101, kBid101), 2), Step::held);
  EXPECT_EQ(log.update(whole(98, kBid100, kAsk103)), Step::refetch);
  EXPECT_EQ(log.update(whole(100, kBid100, kAsk103), 3), Step::emit);
  EXPECT_EQ(log.update(whole(100, kBid100, kAsk103)), Step::stale);  // nobody asked
  EXPECT_EQ(log.update(after(101, 102, kBid102), 4), Step::emit);
  EXPECT_EQ(log.update(after(103, 104, kBid102)), Step::resync);
  EXPECT_TRUE(log.keeper.wants_rest_snapshot());
  EXPECT_EQ(log.lines,
            (Lines{"snapshot 100 recv 3 event - bid 100", "delta 101 recv 2 event - bid 101",
                   "delta 102 recv 4 event - bid 102", "gap sequence from 103 to 103"}));
}

TEST(Keeper, takes_every_message_as_a_whole_book_where_the_rule_says_so) {
  Log log{{.start = BookStart::every_message, .link = BookLink::first}};
  EXPECT_EQ(log.update(whole(10, kBid102)), Step::emit);
  Book again = whole(12, kBid100);
  again.is_snapshot = false;
  EXPECT_EQ(log.update(again), Step::emit);
  EXPECT_EQ(log.update(whole(11, kBid101)), Step::stale);
  EXPECT_EQ(log.lines.back(), "snapshot 12 recv 0 event - bid 100");
  EXPECT_EQ(log.keeper.book().bid_count(), 1U);
}

}  // namespace
}  // namespace mp::book
