// Each fault by itself, again and again: what it costs, how soon it is noticed, and when all is
// whole again. The rows are those of docs/faults.md; MP_DAYS=1 makes twelve hours of each row.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "unit/simulation/world.hpp"

namespace mp::simulation {
namespace {

bool is_long() {
  const char* const text = std::getenv("MP_DAYS");
  return text != nullptr && std::string_view{text} == "1";
}

using Times = std::vector<std::chrono::nanoseconds>;

// "0.4 / 2.1": the median and the longest, in seconds.
std::string seconds_of(Times times) {
  if (times.empty()) return "-";
  std::ranges::sort(times);
  const auto text = [](std::chrono::nanoseconds time) {
    return fmt::format("{:.1f}", std::chrono::duration<double>(time).count());
  };
  return text(times[times.size() / 2]) + " / " + text(times.back());
}

struct Row {
  std::string name;
  Plan plan;
  // One of two legs has it, or a change of connections that was planned.
  bool costs_nothing = false;
  bool asks_nothing = false;  // nobody has to notice it
  std::chrono::seconds noticed_within{3600};

  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }
};

// Behind the end of a fault, besides once more its own time: a venue that was away for minutes is
// asked again more and more seldom.
constexpr std::chrono::seconds kWholeWithin{30};

class FaultTable : public testing::TestWithParam<Row> {
 protected:
  static void SetUpTestSuite() {
    fmt::print(
        "| fault | legs | injected | trades | lost | had by REST | marked | noticed after s | "
        "whole "
        "after s |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
  }
};

TEST_P(FaultTable, row) {
  const Row& row = GetParam();
  Plan plan = row.plan;
  plan.tells = std::getenv("MP_TELL") != nullptr;
  plan.time = is_long() ? std::chrono::hours{12} : std::chrono::hours{2};
  const Report report = World{plan}.run();
  for (const auto& what : report.broken) ADD_FAILURE() << what;
  Times noticed;
  Times whole;
  for (std::size_t i = 0; i < report.struck.size(); ++i) {
    const Struck& struck = report.struck[i];
    const bool followed = i + 1 < report.struck.size() && report.struck[i + 1].begin < struck.end;
    EXPECT_TRUE(struck.whole || followed)
        << "fault " << i << " of " << (struck.end - struck.begin) / std::chrono::milliseconds{1}
        << " ms was never mended";
    if (struck.noticed && !row.asks_nothing) noticed.push_back(*struck.noticed);
    if (!struck.whole) continue;
    whole.push_back(*struck.whole);
    EXPECT_LE(*struck.whole, struck.end - struck.begin + kWholeWithin) << "fault " << i;
  }
  fmt::print("| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", row.name, plan.legs,
             report.struck.size(), report.sums.trades, report.broken.size(), report.sums.filled,
             report.sums.marked, seconds_of(noticed), seconds_of(whole));
  EXPECT_FALSE(report.struck.empty());
  for (const auto time : noticed) EXPECT_LE(time, row.noticed_within);
  if (!row.costs_nothing) return;
  EXPECT_EQ(report.sums.marked + report.sums.filled, 0);
  EXPECT_EQ(report.sums.book_gaps, 0U);
}

std::vector<Row> rows() {
  std::vector<Row> out;
  for (unsigned legs = 1; legs <= 2; ++legs) {
    for (std::size_t i = 0; i < kFaultCount; ++i) {
      const auto fault = static_cast<Fault>(i);
      const bool of_one = fault < Fault::garble;  // connection
      Row row{.name = std::string{name_of(fault)},
              .plan = {.seed = 1 + i,
                       .fault_every = std::chrono::minutes{21},
                       .faults = {fault},
                       .one_at_a_time = true,
                       .with_cut = true,
                       .legs = legs},
              .costs_nothing =
                  fault == Fault::twice || fault == Fault::goodbye || (legs == 2 && of_one)};
      if (fault == Fault::mute || fault == Fault::dead)
        row.noticed_within = std::chrono::seconds{30};
      out.push_back(std::move(row));
    }
  }
  out.push_back({.name = "rotation",
                 .plan = {.faults = {Fault::twice},
                          .one_at_a_time = true,
                          .lifetime = std::chrono::minutes{10}},
                 .costs_nothing = true,
                 .asks_nothing = true});
  return out;
}

INSTANTIATE_TEST_SUITE_P(Faults, FaultTable, testing::ValuesIn(rows()), [](const auto& instance) {
  return fmt::format("{}_{}_legs", instance.param.name, instance.param.plan.legs);
});

// Two legs, one of all connections reset each minute on the average: nearly all comes in time.
TEST(Availability, of_two_legs_with_a_reset_each_minute) {
  Checker::Sums sums;
  int resets = 0;
  const std::uint64_t seeds = is_long() ? 200 : 10;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const Report report = World{{.seed = seed,
                                 .time = std::chrono::minutes{30},
                                 .fault_every = std::chrono::minutes{1},
                                 .faults = {Fault::cut},
                                 .legs = 2}}
                              .run();
    for (const auto& what : report.broken) ADD_FAILURE() << "seed " << seed << ", at " << what;
    sums.trades += report.sums.trades;
    sums.in_time += report.sums.in_time;
    sums.filled += report.sums.filled;
    sums.marked += report.sums.marked;
    resets += static_cast<int>(report.struck.size());
  }
  const double all = static_cast<double>(sums.trades) + static_cast<double>(sums.marked);
  const double share = static_cast<double>(sums.in_time) / all;
  fmt::print("{} half hours, {} resets: {} trades, {} had by REST, {} marked, {:.4f} % in time\n",
             seeds, resets, sums.trades, sums.filled, sums.marked, share * 100);
  EXPECT_GE(share, 0.9999);
}

}  // namespace
}  // namespace mp::simulation
