// L6. --for TIME: 20s, 5m, 2h.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <optional>

namespace mp::cli {

// Refuses what is no time, and one that nobody would live to see the end of.
void add_time(CLI::App& app, std::optional<std::chrono::seconds>& time);

}  // namespace mp::cli
