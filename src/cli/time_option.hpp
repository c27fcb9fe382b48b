// L6. --for TIME and its kind: 20s, 5m, 2h.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <optional>
#include <string>

namespace mp::cli {

// Refuses what is no time, and one that nobody would live to see the end of.
void add_time(CLI::App& app, std::optional<std::chrono::seconds>& time,
              const std::string& name = "--for",
              const std::string& help = "End after this time: 20s, 5m, 2h");

}  // namespace mp::cli
