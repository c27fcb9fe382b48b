// L6. What the command line says about the log.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "obs/log.hpp"

namespace mp::cli {

struct LogWish {
  std::string level = "warn";
  std::string format = "logfmt";

  void apply(obs::Logger& log) const;
};
// To the program, for all its commands.
void add_log_options(CLI::App& app, LogWish& wish);
// For a command that has a configuration, over which the command line goes.
void add_log_overrides(const CLI::App& command, std::vector<std::string>& overrides);

}  // namespace mp::cli
