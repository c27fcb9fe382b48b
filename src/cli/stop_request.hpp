// L6. Ctrl-C and SIGTERM as a question that a loop can ask.
#pragma once

namespace mp::cli {

// From now on SIGINT and SIGTERM only set the request; a second one ends the program at once.
void watch_for_stop();
[[nodiscard]] bool stop_requested();

}  // namespace mp::cli
