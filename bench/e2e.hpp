// A run of the whole collector: the load generator and the collector, each a process of its own.
#pragma once

#include <filesystem>

#include "bench/collect.hpp"
#include "bench/load_process.hpp"
#include "bench/work.hpp"

namespace mp::bench {

struct CollectRun {
  LoadProcess load;
  CollectProcess collector;
  std::filesystem::path journal_dir;
};

// Both run; the measured part begins when load.wait_begin() returns.
[[nodiscard]] Result<CollectRun> start_run(const Options& options, LoadOptions load,
                                           CollectOptions collect);

// What came of a whole run.
struct CollectedRun {
  LoadFacts load;
  CollectFacts collected;
};

// Runs the load and collects it from its first message to its last; a gap is an error.
[[nodiscard]] Result<CollectedRun> collect_once(const Options& options, const LoadOptions& load,
                                                const CollectOptions& collect);

}  // namespace mp::bench
