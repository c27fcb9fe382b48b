// L6. The options of `list instruments`.
#pragma once

#include <CLI/App.hpp>

#include "cli/commands.hpp"

namespace mp::cli {

void add_listed_instruments(CLI::App& app, ListInstrumentsOptions& options);

}  // namespace mp::cli
