// L6. Ctrl-C, SIGTERM and SIGHUP as a question that a loop can ask.
#pragma once

namespace mp::cli {

// From now on these signals only set the request; a second SIGINT or SIGTERM ends the program at
// once.
void watch_for_stop();
[[nodiscard]] bool stop_requested();

}  // namespace mp::cli
