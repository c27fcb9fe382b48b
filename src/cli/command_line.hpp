// L6. The command line: the one place that knows CLI11. Parses, calls the command, gives its exit
// code.
#pragma once

namespace mp::cli {

[[nodiscard]] int run_command_line(int argc, const char* const* argv);

}  // namespace mp::cli
