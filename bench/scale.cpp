// Whether a message costs the same with few and many instruments and connections, and how much
// memory many books take.
#include <fmt/format.h>

#include <algorithm>

#include "bench/e2e.hpp"

namespace mp::bench {
namespace {

constexpr std::uint64_t kMessages = 1'000'000;
constexpr std::size_t kLevels = 100;  // of a book's side, where the count of books is the subject

struct Point {
  std::string name;
  std::size_t instruments;
  std::size_t sessions;
};

// One row for each point, and one for how far they lie apart.
Result<void> measure(const Options& options, const std::string& what,
                     const std::vector<Point>& points, const Report& report) {
  std::vector<Measurement> rows(points.size());
  Measurement spread;
  for (int round = 0; round < options.rounds; ++round) {
    std::vector<double> costs;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const std::size_t topics =
          (points[i].instruments * 3 + points[i].sessions - 1) / points[i].sessions;
      const LoadOptions load{.instruments = points[i].instruments,
                             .levels = kLevels,
                             .messages = kMessages,
                             .wait_for_snapshots = true,
                             .ca_file = {}};
      CollectOptions collect;
      collect.topics_per_session = topics;
      const auto run = collect_once(options, load, collect);
      if (!run) return run.error();
      costs.push_back(run->collected.cpu_seconds / run->collected.frames * 1e6);
      rows[i].ours.values.push_back(costs.back());
    }
    spread.ours.values.push_back(std::ranges::max(costs) / std::ranges::min(costs));
  }
  for (std::size_t i = 0; i < points.size(); ++i) {
    rows[i].name = "scale, " + points[i].name;
    rows[i].input = fmt::format("{} messages, full records, books of {} levels, {} connections",
                                kMessages, kLevels, points[i].sessions);
    rows[i].unit = "us/message";
    report(rows[i]);
  }
  spread.name = "scale, " + what + ": dearest against cheapest";
  spread.input = "the rows above";
  spread.unit = "x";
  spread.target = Target{Target::Is::at_most, 1.25};
  report(spread);
  return {};
}

Result<void> measure_memory(const Options& options, const Report& report) {
  constexpr std::size_t kInstruments = 1000;
  constexpr std::size_t kFullBook = 1000;
  const LoadOptions load{.instruments = kInstruments,
                         .levels = kFullBook,
                         .messages = kMessages,
                         .wait_for_snapshots = true,
                         .ca_file = {}};
  CollectOptions collect;
  collect.topics_per_session = kInstruments;
  const auto run = collect_once(options, load, collect);
  if (!run) return run.error();
  Measurement row;
  row.name = "memory, 1,000 instruments, depth 1,000";
  row.input = "3 connections; resident memory at its peak, the journal's pages apart";
  row.unit = "MiB";
  row.target = Target{Target::Is::at_most, 64};
  row.ours.values.push_back(run->collected.rss_peak / (1 << 20U));
  report(row);
  return {};
}

}  // namespace

Result<void> bench_scale(const Options& options, const Report& report) {
  if (auto done = measure_memory(options, report); !done) return done;
  const std::vector<Point> instruments = {{"10 instruments", 10, 1},
                                          {"100 instruments", 100, 1},
                                          {"1,000 instruments", 1000, 1},
                                          {"10,000 instruments", 10'000, 1}};
  if (auto done = measure(options, "instruments", instruments, report); !done) return done;
  const std::vector<Point> sessions = {
      {"1 connection", 100, 1}, {"10 connections", 100, 10}, {"100 connections", 100, 100}};
  return measure(options, "connections", sessions, report);
}

}  // namespace mp::bench
