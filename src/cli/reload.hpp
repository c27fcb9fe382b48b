// L6. Applies a configuration that was read anew to a running collector.
#pragma once

#include "cli/desk.hpp"
#include "config/config.hpp"
#include "pipeline/collector.hpp"

namespace mp::cli {

// What of it may change while it runs; `running` is what runs afterwards. An error changes nothing.
[[nodiscard]] Desk::Answer apply(const Result<config::Config>& fresh, config::Config& running,
                                 pipeline::Collector& collector);

}  // namespace mp::cli
