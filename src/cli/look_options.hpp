// L6. The commands that look at a collector, with their options: top, tap, doctor,
// profile, memory.
#pragma once

#include <CLI/App.hpp>
#include <functional>

#include "cli/commands.hpp"

namespace mp::cli {

// Adds the commands; `chosen` is set when the command line asks for one.
void add_looks(CLI::App& app, std::function<int(obs::Logger&)>& chosen);

}  // namespace mp::cli
