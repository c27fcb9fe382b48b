// L6. docs/sinks.md: the sinks as their specs say them.
#pragma once

#include <string>

namespace mp::cli {

[[nodiscard]] std::string sink_document();

}  // namespace mp::cli
