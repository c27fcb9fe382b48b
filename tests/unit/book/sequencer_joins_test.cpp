// How a snapshot that was asked for joins the deltas around it, venue by venue. Checked while
// compiling.
#include <array>
#include <span>
#include <utility>

#include "tests/unit/book/scenario.hpp"

namespace mp::book {
namespace {

using namespace test;
using enum Action;

// HTX: the snapshot is asked for on the socket, and joined as one of REST is.
static_assert(Scenario{kHtx}
                  .expect(after(99, 100), hold)
                  .expect(after(100, 101), hold)
                  .expect(after(101, 102), hold)
                  .snapshot(98, Join::refetch)
                  .snapshot(100, Join::apply, std::array{stale, apply, apply})
                  .expect(after(102, 103), apply)
                  .expect(after(104, 105), resync,
                          Gap{.from = 104, .to = 104, .missing = std::nullopt})
                  .expect(after(105, 106), hold)
                  .snapshot(105, Join::apply, std::array{apply})
                  .ends_at(106));

// Binance's futures: any of L inside the first event, at its end, or right before it.
static_assert(Scenario{kBinanceFutures}
                  .expect(after(94, 95, 104), hold)
                  .snapshot(104, Join::apply, std::array{stale})
                  .expect(after(104, 106, 110), apply)
                  .ends_at(110));
static_assert(Scenario{kBinanceFutures}
                  .expect(after(94, 97, 104), hold)
                  .snapshot(95, Join::apply, std::array{apply})
                  .ends_at(104));

// KuCoin's spot book in mid-stream: a message may reach back, and one that brings nothing new is
// stale.
static_assert(Scenario{kKucoinSpot}
                  .snapshot(100, Join::apply)
                  .expect(delta(101, 103), apply)
                  .expect(delta(102, 105), apply)
                  .expect(delta(104, 105), stale)
                  .expect(delta(107, 108), resync, Gap{.from = 106, .to = 106, .missing = 1})
                  .ends_waiting());

// A renewal, while the stream is in step at 110: the deltas that came meanwhile bridge what the
// snapshot is older than the book, or it is of no use.
constexpr bool renews(std::int64_t last, std::span<const Update> held, Join join) {
  Sequencer sequencer{kBinanceSpot};
  if (sequencer.on_snapshot(100, {}) != Join::apply) return false;
  for (const auto& [first, end] : {std::pair{101, 105}, std::pair{106, 110}}) {
    if (sequencer.on_update(delta(first, end)).action != apply) return false;
  }
  return sequencer.on_snapshot(last, held) == Join::stale &&
         sequencer.on_snapshot(last, held, Renewal::yes) == join && sequencer.in_step();
}
constexpr std::array kMeanwhile{delta(101, 105), delta(106, 110)};
static_assert(renews(110, {}, Join::apply));
static_assert(renews(120, {}, Join::apply));
static_assert(renews(109, {}, Join::refetch));
static_assert(renews(107, kMeanwhile, Join::apply));
static_assert(renews(107, std::span{kMeanwhile}.last(1), Join::apply));
static_assert(renews(105, std::span{kMeanwhile}.last(1), Join::apply));
static_assert(renews(104, std::span{kMeanwhile}.last(1), Join::refetch));
static_assert(renews(100, kMeanwhile, Join::apply));
static_assert(renews(99, kMeanwhile, Join::refetch));

}  // namespace
}  // namespace mp::book
