// The conformance scenarios of book protocols that are about sequence numbers, by their numbers
// (docs: "Book conformance"). They are checked while compiling; the runtime tests only name them.
#include "book/sequencer.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "tests/unit/book/scenario.hpp"

namespace mp::book {
namespace {

using namespace test;
using enum Action;

constexpr Scenario spot_at_110() {
  Scenario scenario{kBinanceSpot};
  scenario.expect(delta(101, 110), hold).snapshot(105, Join::apply, std::array{apply});
  return scenario;
}

constexpr bool scenario_1() {
  return Scenario{kBinanceSpot}
      .expect(delta(91, 100), hold)
      .expect(delta(101, 110), hold)
      .snapshot(100, Join::apply, std::array{stale, apply})
      .ends_at(110);
}

constexpr bool scenario_2() {
  return spot_at_110().ends_at(110);
}

constexpr bool scenario_3() {
  return Scenario{kBinanceSpot}
      .expect(delta(101, 110), hold)
      .snapshot(110, Join::apply, std::array{stale})
      .expect(delta(111, 115), apply)
      .ends_at(115);
}

constexpr bool scenario_4() {
  return Scenario{kBinanceSpot}
      .expect(delta(101, 110), hold)
      .snapshot(99, Join::refetch)
      .expect(delta(111, 112), hold)
      .snapshot(100, Join::apply, std::array{apply, apply})
      .ends_at(112);
}

constexpr bool scenario_5() {
  return spot_at_110()
      .expect(delta(112, 115), resync, Gap{.from = 111, .to = 111, .missing = 1})
      .expect(delta(116, 120), hold)
      .ends_waiting();
}

constexpr bool scenario_6() {
  return spot_at_110().expect(delta(105, 109), stale).expect(delta(105, 111), apply).ends_at(111);
}

constexpr bool scenario_7() {
  return Scenario{kBinanceFutures}
      .expect(after(94, 95, 104), hold)
      .expect(after(104, 105, 110), hold)
      .snapshot(100, Join::apply, std::array{apply, apply})
      .ends_at(110);
}

constexpr bool scenario_8() {
  return Scenario{kBinanceFutures}
      .expect(after(100, 101, 104), hold)
      .snapshot(100, Join::apply, std::array{apply})
      .ends_at(104);
}

constexpr bool scenario_9() {
  return Scenario{kBinanceFutures}
      .expect(after(94, 95, 104), hold)
      .snapshot(100, Join::apply, std::array{apply})
      .expect(after(105, 106, 110), resync, Gap{.from = 105, .to = 105, .missing = std::nullopt})
      .ends_waiting();
}

constexpr Scenario okx_at_3() {
  Scenario scenario{kOkx};
  scenario.expect(whole(10), apply)
      .expect(after(10, 15), apply)
      .expect(after(15, 15), apply)
      .expect(after(15, 3), apply);
  return scenario;
}

constexpr bool scenario_10() {
  return okx_at_3().ends_at(3);
}

constexpr bool scenario_11() {
  return Scenario{kOkx}
      .expect(whole(10), apply)
      .expect(after(10, 15), apply)
      .expect(after(18, 20), resync, Gap{.from = 16, .to = 18, .missing = std::nullopt})
      .expect(after(20, 21), stale)
      .expect(whole(30), apply)
      .expect(after(30, 31), apply)
      .ends_at(31);
}

constexpr bool scenario_12() {
  return Scenario{kBybit}
      .expect(whole(100), apply)
      .expect(delta(101, 101), apply)
      .expect(whole(1), apply)
      .expect(delta(2, 2), apply)
      .ends_at(2);
}

constexpr bool scenario_16() {
  return Scenario{kDeribit}
      .expect(whole(1), apply)
      .expect(after(1, 2), apply)
      .expect(after(3, 5), resync, Gap{.from = 3, .to = 3, .missing = std::nullopt})
      .ends_waiting();
}

constexpr bool scenario_18() {
  return Scenario{kGateObu}
      .expect(whole(300), apply)
      .expect(delta(301, 306), apply)
      .expect(whole(400), apply)
      .expect(delta(401, 402), apply)
      .ends_at(402);
}

constexpr bool scenario_19() {
  return Scenario{kGateUpdate}
      .expect(delta(98, 103), hold)
      .snapshot(100, Join::apply, std::array{apply})
      .expect(delta(104, 104), apply)
      .expect(delta(106, 107), resync, Gap{.from = 105, .to = 105, .missing = 1})
      .ends_waiting();
}

// The message level of scenario 20: that only level 101 counts is for the venue's adapter.
constexpr bool scenario_20() {
  return Scenario{kKucoinSpot}
      .snapshot(100, Join::apply)
      .expect(delta(99, 101), apply)
      .ends_at(101);
}

constexpr bool scenario_21() {
  return Scenario{kKucoinFutures}
      .snapshot(100, Join::apply)
      .expect(delta(101, 101), apply)
      .expect(delta(103, 103), resync, Gap{.from = 102, .to = 102, .missing = 1})
      .ends_waiting();
}

constexpr bool scenario_22() {
  return Scenario{kBitget}
      .expect(whole(10), apply)
      .expect(after(8, 12), apply)
      .expect(after(12, 13), apply)
      .expect(after(11, 14), resync)
      .ends_waiting();
}

constexpr bool scenario_24() {
  return Scenario{kHyperliquid}
      .expect(whole(10), apply)
      .expect(whole(12), apply)
      .expect(whole(11), stale)
      .ends_at(12);
}

static_assert(scenario_1());
static_assert(scenario_2());
static_assert(scenario_3());
static_assert(scenario_4());
static_assert(scenario_5());
static_assert(scenario_6());
static_assert(scenario_7());
static_assert(scenario_8());
static_assert(scenario_9());
static_assert(scenario_10());
static_assert(scenario_11());
static_assert(scenario_12());
static_assert(scenario_16());
static_assert(scenario_18());
static_assert(scenario_19());
static_assert(scenario_20());
static_assert(scenario_21());
static_assert(scenario_22());
static_assert(scenario_24());

// Numbers that may restart: a lost restart must never look like old news.
static_assert(Scenario{kBybit}
                  .expect(whole(100), apply)
                  .expect(delta(2, 2), resync)  // snapshot u=1 was lost
                  .ends_waiting());
static_assert(Scenario{kOkx}
                  .expect(whole(15), apply)
                  .expect(after(3, 5), resync)  // (p=15, seq=3) was lost
                  .ends_waiting());
static_assert(Scenario{kOkx}.expect(whole(15), apply).expect(after(8, 20), resync).ends_waiting());

// The latest update sent twice is stale, also right after a reset to smaller numbers.
static_assert(okx_at_3().expect(after(15, 3), stale).expect(after(3, 4), apply).ends_at(4));
static_assert(Scenario{kBybit}
                  .expect(whole(100), apply)
                  .expect(delta(101, 101), apply)
                  .expect(delta(101, 101), stale)
                  .ends_at(101));
static_assert(Scenario{kBinanceFutures}
                  .snapshot(100, Join::apply)
                  .expect(after(90, 91, 99), stale)
                  .expect(after(99, 100, 104), apply)
                  .expect(after(99, 100, 104), stale)
                  .expect(after(103, 104, 108), resync)
                  .ends_waiting());

// Before a stream's snapshot, deltas are of no use; before a REST one, they are kept.
static_assert(Scenario{kBybit}.expect(delta(5, 5), stale).expect(whole(7), apply).ends_at(7));

// A hole among the held deltas: a snapshot inside it connects to nothing.
static_assert(Scenario{kBinanceSpot}
                  .expect(delta(1, 10), hold)
                  .expect(delta(21, 30), hold)
                  .snapshot(15, Join::refetch)
                  .snapshot(20, Join::apply, std::array{stale, apply})
                  .ends_at(30));
static_assert(Scenario{kBinanceFutures}
                  .expect(after(104, 105, 110), hold)
                  .snapshot(100, Join::refetch)
                  .snapshot(104, Join::apply, std::array{apply})
                  .ends_at(110));

// A snapshot on the stream replaces the book whatever the rule (Gate's order_book_update may send
// it).
static_assert(Scenario{kGateUpdate}
                  .expect(whole(50), apply)
                  .expect(delta(51, 51), apply)
                  .snapshot(60, Join::stale)
                  .ends_at(51));

// Without numbers where the rule needs them nothing can be right.
static_assert(Scenario{kBinanceSpot}.snapshot(std::nullopt, Join::refetch).ends_waiting());
static_assert(Scenario{kBybit}.expect(whole(1), apply).expect(kBareDelta, resync).ends_waiting());
static_assert(Scenario{kOkx}.expect(whole(1), apply).expect(delta(2, 2), resync).ends_waiting());
static_assert(Scenario{kBinanceSpot}.expect(delta(10, 9), resync).ends_waiting());
static_assert(Scenario{kOkx}.expect(kBareSnapshot, resync).ends_waiting());

// Where the venue gives none, order of arrival counts.
static_assert(Scenario{kCoinbaseExchange}
                  .expect(kBareDelta, stale)
                  .expect(kBareSnapshot, apply)
                  .expect(kBareDelta, apply)
                  .expect(kBareDelta, apply)
                  .expect(kBareSnapshot, apply)
                  .expect(kBareDelta, apply)
                  .snapshot(1, Join::stale)
                  .ends_in_step());
static_assert(Scenario{kBitstamp}
                  .expect(delta(9, 9), hold)
                  .expect(delta(11, 11), hold)
                  .snapshot(10, Join::apply, std::array{stale, apply})
                  .expect(delta(12, 12), apply)
                  .ends_at(12));

// A snapshot from before the first delta: what happened between them is in neither.
static_assert(Scenario{kBitstamp}
                  .expect(delta(11, 11), hold)
                  .expect(delta(12, 12), hold)
                  .snapshot(10, Join::refetch)
                  .snapshot(11, Join::apply, std::array{stale, apply})
                  .ends_at(12));
static_assert(
    Scenario{kBitstamp}.snapshot(10, Join::apply).expect(delta(11, 11), apply).ends_at(11));

// The ends of the number range.
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
static_assert(Scenario{kBinanceSpot}
                  .snapshot(kMost, Join::apply)
                  .expect(delta(kLeast, kLeast), stale)
                  .expect(delta(kMost, kMost), stale)
                  .ends_at(kMost));
static_assert(Scenario{kBinanceSpot}
                  .snapshot(kLeast, Join::apply)
                  .expect(delta(kMost, kMost), resync,
                          Gap{.from = kLeast + 1, .to = kMost - 1, .missing = std::nullopt})
                  .ends_waiting());

// OKX before 2022: no numbers, and a checksum with each message instead.
constexpr BookRule kOkxWithChecksum{.start = BookStart::stream_snapshot,
                                    .link = BookLink::previous,
                                    .checksum = BookChecksum::crc32_25};
static_assert(Scenario{kOkxWithChecksum}
                  .expect(kBareDelta, stale)
                  .expect(kBareSnapshot, apply)
                  .expect(kBareDelta, apply)
                  .expect(whole(10), apply)
                  .expect(after(10, 11), apply)
                  .expect(kBareDelta, resync)
                  .ends_waiting());
// For coverage tools and for the list of tests: the same functions, run.
TEST(Sequencer, binance_spot_scenarios_1_to_6) {
  EXPECT_TRUE(scenario_1() && scenario_2() && scenario_3());
  EXPECT_TRUE(scenario_4() && scenario_5() && scenario_6());
}
TEST(Sequencer, binance_futures_scenarios_7_to_9) {
  EXPECT_TRUE(scenario_7() && scenario_8() && scenario_9());
}
TEST(Sequencer, okx_scenarios_10_and_11) {
  EXPECT_TRUE(scenario_10() && scenario_11());
}
TEST(Sequencer, bybit_scenario_12) {
  EXPECT_TRUE(scenario_12());
}
TEST(Sequencer, deribit_scenario_16) {
  EXPECT_TRUE(scenario_16());
}
TEST(Sequencer, gate_scenarios_18_and_19) {
  EXPECT_TRUE(scenario_18() && scenario_19());
}
TEST(Sequencer, kucoin_scenarios_20_and_21) {
  EXPECT_TRUE(scenario_20() && scenario_21());
}
TEST(Sequencer, bitget_scenario_22) {
  EXPECT_TRUE(scenario_22());
}
TEST(Sequencer, hyperliquid_scenario_24) {
  EXPECT_TRUE(scenario_24());
}

}  // namespace
}  // namespace mp::book
