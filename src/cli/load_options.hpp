// L6. The options of `simulate --load N`.
#pragma once

#include <CLI/App.hpp>

#include "cli/commands.hpp"

namespace mp::cli {

void add_load(CLI::App& app, SimulateLoadOptions& options);

}  // namespace mp::cli
