// L6. The options of `replay --serve`.
#pragma once

#include <CLI/App.hpp>

#include "cli/commands.hpp"

namespace mp::cli {

// All but --for. --speed is of a plain replay too.
void add_serving(CLI::App& app, ServeOptions& options);
// Throws CLI::ValidationError for what only a served recording can have.
void check_not_served(const CLI::App& app, const ServeOptions& options);

}  // namespace mp::cli
