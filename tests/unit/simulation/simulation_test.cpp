// Feeds in made-up time, against a made-up venue, through faults that chance picks. A rule that is
// broken names the seed, and how to see that run:
//   MP_FIRST_SEED=17 MP_SEEDS=1 MP_TELL=1 build/dev/tests/simulation_test --gtest_filter=TEST
// MP_SEEDS says how many are tried; with MP_DAYS=1 one in ten is a day and not an hour.
#include <gtest/gtest.h>

#include <cstdlib>

#include "unit/simulation/world.hpp"

namespace mp::simulation {
namespace {

std::uint64_t number_from(const char* name, std::uint64_t usually) {
  const char* const text = std::getenv(name);
  return text == nullptr ? usually : std::strtoull(text, nullptr, 10);
}

std::vector<Fault> all_faults() {
  std::vector<Fault> out;
  for (std::size_t i = 0; i < kFaultCount; ++i) out.push_back(static_cast<Fault>(i));
  return out;
}

constexpr int kFailedMax = 5;  // seeds, before the rest is left out

class Simulation : public testing::Test {
 protected:
  // Runs `plan` with each seed, of which one in twenty a second time.
  template <class PlanOf, class Check>
  void try_seeds(std::uint64_t usually, PlanOf&& plan_of, Check&& check) {
    const std::uint64_t first = number_from("MP_FIRST_SEED", 1);
    const std::uint64_t count = number_from("MP_SEEDS", usually);
    Checker::Sums sums;
    std::uint64_t connects = 0;
    std::uint64_t weight = 0;
    int faults = 0;
    int failed = 0;
    std::uint64_t tried = 0;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
      Plan plan = plan_of(seed);
      plan.seed = seed;
      plan.tells = number_from("MP_TELL", 0) != 0;
      const Report report = World{plan}.run();
      ++tried;
      failed += report.broken.empty() ? 0 : 1;
      for (const auto& what : report.broken) ADD_FAILURE() << "seed " << seed << ", at " << what;
      check(seed, report);
      if (seed % 20 == 0) EXPECT_EQ(World{plan}.run().trace, report.trace) << "seed " << seed;
      sums.trades += report.sums.trades;
      sums.books += report.sums.books;
      sums.gaps += report.sums.gaps;
      sums.marked += report.sums.marked;
      sums.filled += report.sums.filled;
      sums.resynced += report.sums.resynced;
      connects += report.connects;
      weight = std::max(weight, report.weight_most);
      for (const auto& [fault, times] : report.faults) faults += times;
      if (failed == kFailedMax) break;
    }
    std::printf(
        "%llu seeds, %d faults: %llu trades, %llu books, %llu gaps, %lld trades filled in, "
        "%lld missing and marked, %llu connects, at most %llu of weight in a minute\n",
        static_cast<unsigned long long>(tried), faults,
        static_cast<unsigned long long>(sums.trades), static_cast<unsigned long long>(sums.books),
        static_cast<unsigned long long>(sums.gaps), static_cast<long long>(sums.filled),
        static_cast<long long>(sums.marked), static_cast<unsigned long long>(connects),
        static_cast<unsigned long long>(weight));
  }
  // A trade may come by one connection just before the one before it comes by the other: that is
  // told, and healed.
  static void expect_nothing_lost(std::uint64_t seed, const Report& report) {
    EXPECT_EQ(report.sums.book_gaps, 0U) << "seed " << seed;
    EXPECT_EQ(report.sums.marked + report.sums.filled, 0) << "seed " << seed;
  }
};

TEST_F(Simulation, keeps_its_promises_through_all_faults) {
  const bool days = number_from("MP_DAYS", 0) != 0;
  try_seeds(
      20,
      [&](std::uint64_t seed) {
        return Plan{.time = days && seed % 10 == 0 ? std::chrono::hours{24} : std::chrono::hours{1},
                    .faults = all_faults(),
                    .legs = seed % 2 == 0 ? 2U : 1U,
                    .lifetime = seed % 3 == 0 ? std::chrono::minutes{20} : std::chrono::minutes{0}};
      },
      [](std::uint64_t, const Report&) {});
}

// One of two legs may fail in any way: nothing is missing, not for a moment.
TEST_F(Simulation, loses_nothing_by_what_happens_to_one_of_two_legs) {
  try_seeds(
      10,
      [](std::uint64_t) {
        return Plan{.fault_every = std::chrono::minutes{4},
                    .faults = {Fault::cut, Fault::mute, Fault::dead, Fault::skip, Fault::twice,
                               Fault::goodbye},
                    .one_at_a_time = true,
                    .legs = 2};
      },
      [](std::uint64_t seed, const Report& report) { expect_nothing_lost(seed, report); });
}

// Planned changes of connections lose nothing, with a single leg.
TEST_F(Simulation, loses_nothing_by_rotation) {
  try_seeds(
      10,
      [](std::uint64_t) {
        return Plan{.faults = {Fault::goodbye, Fault::twice}, .lifetime = std::chrono::minutes{10}};
      },
      [](std::uint64_t seed, const Report& report) {
        expect_nothing_lost(seed, report);
        EXPECT_GT(report.connects, 5U) << "seed " << seed;
      });
}

}  // namespace
}  // namespace mp::simulation
