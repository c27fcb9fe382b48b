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
  int rounds = 7;
  std::vector<std::filesystem::path> recordings;  // of real sessions, beside what is simulated
  std::filesystem::path scratch;                  // an existing folder for journals and files
};

using Report = std::function<void(const Measurement&)>;

[[nodiscard]] Result<void> bench_decode(const Options& options, const Report& report);
[[nodiscard]] Result<void> bench_book(const Options& options, const Report& report);

}  // namespace mp::bench
