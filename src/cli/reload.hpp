// L6. Applies a configuration that was read anew to a running collector.
#pragma once

#include "cli/desk.hpp"
#include "config/config.hpp"
#include "obs/log.hpp"
#include "pipeline/collector.hpp"

namespace mp::cli {

// What of it may change while it runs: feeds, and the log's level and form. `running` is what runs
// afterwards. An error changes nothing.
[[nodiscard]] Desk::Answer apply(const Result<config::Config>& fresh, config::Config& running,
                                 pipeline::Collector& collector, obs::Logger& log);

}  // namespace mp::cli
