// The parts of `marketprism bench`, one function for each; each hands its rows to `report` as they
// come.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "bench/measure.hpp"
#include "core/result.hpp"

namespace mp::bench {

struct Options {
  int rounds = 3;
  std::vector<std::filesystem::path> recordings;  // of real sessions, beside what is simulated
  std::string venue;  // whose they are, where no floor is asked for; empty: as they say, with one
  // Existing folders for journals and files: in memory, where there is such a place, and on a disk.
  std::filesystem::path scratch;
  std::filesystem::path disk;
};

using Report = std::function<void(const Measurement&)>;

[[nodiscard]] Result<void> bench_decode(const Options& options, const Report& report);
[[nodiscard]] Result<void> bench_receive(const Options& options, const Report& report);
[[nodiscard]] Result<void> bench_journal(const Options& options, const Report& report);
[[nodiscard]] Result<void> bench_e2e(const Options& options, const Report& report);
[[nodiscard]] Result<void> bench_scale(const Options& options, const Report& report);
[[nodiscard]] Result<void> bench_latency(const Options& options, const Report& report);
[[nodiscard]] Result<void> bench_book(const Options& options, const Report& report);
[[nodiscard]] Result<void> bench_sink(const Options& options, const Report& report);

}  // namespace mp::bench
