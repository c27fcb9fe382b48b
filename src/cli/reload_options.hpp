// L6. The options of `reload`.
#pragma once

#include <CLI/App.hpp>

#include "cli/commands.hpp"

namespace mp::cli {

void add_reload_options(CLI::App& app, ReloadOptions& options);

}  // namespace mp::cli
