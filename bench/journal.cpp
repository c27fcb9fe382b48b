// Journal: appending and reading, in memory and on the disk.
#include "journal/journal.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <vector>

#include "bench/events.hpp"
#include "bench/work.hpp"
#include "core/assert.hpp"

namespace mp::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kEvents = 1'500'000;
constexpr std::size_t kSubjects = 50;
constexpr std::size_t kPerPublish = 64;

struct Rates {
  double append_cpu = 0;  // M events for each second of the thread's CPU time
  double append_wall = 0;
  double read_cpu = 0;
};

double millions_per(double seconds) {
  return static_cast<double>(kEvents) / seconds * 1e-6;
}

Result<Rates> run(const fs::path& dir) {
  std::error_code ignored;
  fs::remove_all(dir, ignored);
  journal::Config config;
  config.dir = dir;
  config.retention_bytes = std::uint64_t{1} << 30U;
  auto writer = journal::Writer::open(config);
  if (!writer) return writer.error();
  std::vector<journal::SubjectId> subjects;
  for (std::size_t i = 0; i < kSubjects; ++i) {
    subjects.push_back((*writer)->subject("binance", fmt::format("L{:05}USDT", i), ""));
  }
  Events events;
  Rates rates;
  const double cpu = seconds_of(CLOCK_THREAD_CPUTIME_ID);
  const double wall = seconds_of(CLOCK_MONOTONIC);
  for (std::size_t i = 0; i < kEvents; ++i) {
    const bool kept = (*writer)->append(subjects[i % kSubjects], events.next(i));
    MP_ASSERT(kept);
    if (i % kPerPublish == 0) (*writer)->publish();
  }
  (*writer)->publish();
  rates.append_cpu = millions_per(seconds_of(CLOCK_THREAD_CPUTIME_ID) - cpu);
  rates.append_wall = millions_per(seconds_of(CLOCK_MONOTONIC) - wall);

  auto reader = journal::Reader::open(
      {.location = (*writer)->location(), .name = {}, .from = journal::From::oldest});
  if (!reader) return reader.error();
  const double start = seconds_of(CLOCK_THREAD_CPUTIME_ID);
  std::size_t count = 0;
  while ((*reader)->next() == journal::Next::event) {
    asm volatile("" : : "r"(&(*reader)->event()) : "memory");
    if (++count % kPerPublish == 0) (*reader)->release();
  }
  rates.read_cpu = millions_per(seconds_of(CLOCK_THREAD_CPUTIME_ID) - start);
  MP_ASSERT(count == kEvents);
  return rates;
}

}  // namespace

Result<void> bench_journal(const Options& options, const Report& report) {
  const std::array places = {std::pair{"memory", options.scratch / "journal"},
                             std::pair{"disk", options.disk / "journal"}};
  for (const auto& [name, dir] : places) {
    std::array<Measurement, 3> rows;
    rows[0].name = fmt::format("journal append, {}", name);
    rows[0].target = Target{Target::Is::at_least, 5};
    rows[1].name = fmt::format("journal append, {}, wall time", name);
    rows[2].name = fmt::format("journal read, {}", name);
    rows[2].target = Target{Target::Is::at_least, 10};
    for (Measurement& row : rows) {
      row.unit = "M events/s";
      row.input =
          fmt::format("{} events: trades, quotes, deltas of 5 + 5 levels by turns", kEvents);
    }
    for (int round = 0; round <= options.rounds; ++round) {
      const auto rates = run(dir);
      if (!rates) return rates.error();
      if (round == 0) continue;
      rows[0].ours.values.push_back(rates->append_cpu);
      rows[1].ours.values.push_back(rates->append_wall);
      rows[2].ours.values.push_back(rates->read_cpu);
    }
    for (const Measurement& row : rows) report(row);
    std::error_code ignored;
    fs::remove_all(dir, ignored);
  }
  return {};
}

}  // namespace mp::bench
