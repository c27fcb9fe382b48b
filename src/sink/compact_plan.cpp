#include "sink/compact_plan.hpp"

#include <algorithm>
#include <tuple>

namespace mp::sink {
namespace {

// A run of fewer files than that must not be one large file and crumbs.
constexpr std::size_t kManyFiles = 8;

struct Period {
  Timestamp begin;
  bool day = false;
  friend bool operator==(const Period&, const Period&) = default;
};

std::optional<Period> closed_period(const CompactFile& file, const CompactRules& rules) {
  const Timestamp latest = file.parsed.stretch.latest;
  const auto day = std::chrono::floor<std::chrono::days>(latest);
  if (!rules.now || day + std::chrono::days{1} + rules.settle <= *rules.now)
    return Period{.begin = day, .day = true};
  const auto hour = std::chrono::floor<std::chrono::hours>(latest);
  if (hour + std::chrono::hours{1} + rules.settle <= *rules.now) return Period{.begin = hour};
  return std::nullopt;
}

bool is_worth_it(const CompactRun& run, const CompactRules& rules) {
  if (run.files.size() < 2) return false;
  if (!rules.now || run.files.size() >= kManyFiles) return true;
  std::uint64_t total = 0;
  std::uint64_t largest = 0;
  for (const CompactFile& file : run.files) {
    total += file.bytes;
    largest = std::max(largest, file.bytes);
  }
  return largest <= total / 4 * 3;
}

}  // namespace

std::vector<CompactRun> compact_runs(std::vector<CompactFile> files, const CompactRules& rules) {
  std::ranges::sort(files, {}, [](const CompactFile& file) {
    return std::tuple{file.parsed.who, file.parsed.shard, file.parsed.stretch.earliest,
                      file.parsed.stretch.first};
  });
  std::vector<CompactRun> out;
  CompactRun run;
  std::optional<Period> period_of_run;
  std::uint64_t bytes = 0;
  const auto end_run = [&] {
    if (is_worth_it(run, rules)) out.push_back(std::move(run));
    run = {};
    bytes = 0;
  };
  for (CompactFile& file : files) {
    const auto period = closed_period(file, rules);
    const bool fits = !run.files.empty() && period == period_of_run &&
                      bytes + file.bytes <= rules.file_bytes_max &&
                      file.parsed.who == run.made.who && file.parsed.shard == run.made.shard &&
                      join(run.made.stretch, file.parsed.stretch);
    if (!fits) {
      end_run();
      if (!period) continue;
      run.made = file.parsed;
      period_of_run = period;
    }
    bytes += file.bytes;
    run.files.push_back(std::move(file));
  }
  end_run();
  return out;
}

}  // namespace mp::sink
