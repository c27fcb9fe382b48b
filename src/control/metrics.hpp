// L5. Metrics: the collector as a page of Prometheus' text format.
#pragma once

#include <string>

#include "control/observer.hpp"

namespace mp::control {

inline constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

// Names: docs/metrics.md. Labels are bounded: venues, channels, sinks, never instruments.
void append_metrics(const pipeline::Collector& collector, Observer& observer,
                    std::string_view version, std::string& out);

}  // namespace mp::control
