// L5. The sections of sinks, [sink.NAME]: their keys are those of the type's spec (sink/spec.hpp).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/document.hpp"
#include "config/parse.hpp"
#include "sink/spec.hpp"

namespace mp::config {

// The table below `sink`.
void read_sinks(const Node& node, Config& config, std::vector<Problem>& problems);

// A value as a file would have it; empty when it is empty.
[[nodiscard]] std::string format(const sink::Value& value);

}  // namespace mp::config
