// L6. Ctrl-C, SIGTERM and SIGHUP as a question that a loop can ask.
#pragma once

#include <chrono>
#include <optional>

namespace mp::cli {

// From now on these signals only set the request; a second SIGINT or SIGTERM ends the program at
// once.
void watch_for_stop();
[[nodiscard]] bool stop_requested();
// Returns once that is so, or after `longest`.
void wait_for_stop(std::optional<std::chrono::nanoseconds> longest);

}  // namespace mp::cli
