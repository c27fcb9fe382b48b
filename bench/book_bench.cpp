// Nanoseconds per level change of order books with 1,000 levels a side: one that stays in the
// cache, and 500 that do not. The prices walk; most changes are near the best, as on real venues.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "book/checksum.hpp"
#include "book/keeper.hpp"
#include "book/order_book.hpp"

namespace {

using mp::Level;
using namespace mp::book;

constexpr std::int64_t kLevels = 1000;
constexpr std::int64_t kMid = 9'000'000;
constexpr std::size_t kChanges = std::size_t{1} << 16U;

enum class Exponents { one, mixed };

mp::Price price_of(std::int64_t ticks, Exponents exponents) {
  mp::Decimal price{ticks, -2};
  if (exponents == Exponents::mixed) {
    while (price.exponent < 0 && price.mantissa % 10 == 0) {
      price.mantissa /= 10;
      ++price.exponent;
    }
  }
  return {price};
}

OrderBook full_book(Exponents exponents) {
  std::vector<Level> bids;
  std::vector<Level> asks;
  for (std::int64_t i = 1; i <= kLevels; ++i) {
    bids.emplace_back(price_of(kMid - i, exponents), mp::Quantity{{i, -3}});
    asks.emplace_back(price_of(kMid + i, exponents), mp::Quantity{{i, -3}});
  }
  OrderBook book;
  book.reset(bids, asks);
  return book;
}

// A third removes, the rest sets; the distance from the middle is geometric with a mean of 20
// ticks. Each removal is followed, later, by a set nearby, so that the book keeps its size.
std::vector<Level> changes(std::int64_t direction, Exponents exponents) {
  std::mt19937_64 random{17};
  std::geometric_distribution<std::int64_t> distance{0.05};
  std::vector<Level> out;
  for (std::size_t i = 0; i < kChanges; ++i) {
    const std::int64_t ticks = kMid + direction * (1 + std::min(distance(random), kLevels - 1));
    const auto quantity = random() % 3 == 0 ? 0 : static_cast<std::int64_t>(random() % 100'000 + 1);
    out.emplace_back(price_of(ticks, exponents), mp::Quantity{{quantity, -3}});
  }
  return out;
}

void change_books(benchmark::State& state, std::size_t books, Exponents exponents) {
  std::vector<OrderBook> all(books, full_book(exponents));
  const auto bids = changes(-1, exponents);
  const auto asks = changes(1, exponents);
  constexpr std::size_t kPerMessage = 4;  // of each side
  std::size_t at = 0;
  std::size_t which = 0;
  for (auto _ : state) {
    OrderBook& book = all[which];
    which = which + 1 < books ? which + 1 : 0;
    book.apply(mp::Levels{bids}.subspan(at, kPerMessage),
               mp::Levels{asks}.subspan(at, kPerMessage));
    benchmark::DoNotOptimize(book.best_bid());
    benchmark::DoNotOptimize(book.best_ask());
    at = (at + kPerMessage) % kChanges;
  }
  const auto level_changes = static_cast<double>(state.iterations()) * 2 * kPerMessage;
  state.counters["per_change"] =
      benchmark::Counter(level_changes, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void keep_book(benchmark::State& state) {
  class Nobody final : public Keeper::Listener {
   public:
    void on_applied(const mp::Book& body, const std::optional<mp::Timestamp>&,
                    mp::Timestamp) override {
      benchmark::DoNotOptimize(body.bids.data());
    }
    void on_gap(GapReason, const Gap&) override {}
  } nobody;
  Keeper keeper{{.start = mp::BookStart::rest_snapshot, .link = mp::BookLink::first}, nobody};
  const OrderBook start = full_book(Exponents::one);
  std::vector<Level> bids;
  std::vector<Level> asks;
  start.top(mp::Side::buy, kLevels, bids);
  start.top(mp::Side::sell, kLevels, asks);
  mp::Book body{.is_snapshot = true,
                .first_sequence = {},
                .last_sequence = 0,
                .previous_sequence = {},
                .checksum = {},
                .bids = bids,
                .asks = asks};
  if (keeper.on_rest_snapshot(body, {}, {}) != Step::emit) state.SkipWithError("no snapshot");
  const auto bid_changes = changes(-1, Exponents::one);
  const auto ask_changes = changes(1, Exponents::one);
  std::int64_t sequence = 0;
  for (auto _ : state) {
    const auto at = static_cast<std::size_t>(sequence * 10) % (kChanges - 10);
    ++sequence;
    body = {.is_snapshot = false,
            .first_sequence = sequence,
            .last_sequence = sequence,
            .previous_sequence = {},
            .checksum = {},
            .bids = mp::Levels{bid_changes}.subspan(at, 10),
            .asks = mp::Levels{ask_changes}.subspan(at, 10)};
    benchmark::DoNotOptimize(keeper.on_update(body, {}, {}));
  }
}

void checksum(benchmark::State& state) {
  const OrderBook book = full_book(Exponents::one);
  for (auto _ : state) benchmark::DoNotOptimize(crc32_25(book));
}

BENCHMARK_CAPTURE(change_books, one_hot, 1, Exponents::one);
BENCHMARK_CAPTURE(change_books, one_hot_mixed_exponents, 1, Exponents::mixed);
BENCHMARK_CAPTURE(change_books, cold_500, 500, Exponents::one);
BENCHMARK_CAPTURE(change_books, cold_500_mixed_exponents, 500, Exponents::mixed);
BENCHMARK(keep_book);  // a delta of 10 + 10 levels through sequencer, book and checks
BENCHMARK(checksum);

}  // namespace
