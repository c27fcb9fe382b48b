#include "cli/log_options.hpp"

#include <CLI/CLI.hpp>

namespace mp::cli {
namespace {

constexpr const char* kLevel = "--log";
constexpr const char* kFormat = "--log-format";

}  // namespace

void LogWish::apply(obs::Logger& log) const {
  log.set_level(obs::log_level_named(level).value_or(obs::LogLevel::warn));
  log.set_format(obs::log_format_named(format).value_or(obs::LogFormat::logfmt));
}

void add_log_options(CLI::App& app, LogWish& wish) {
  app.add_option(kLevel, wish.level, "Least severe log lines: debug, info, warn, error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  app.add_option(kFormat, wish.format, "text, logfmt or json")
      ->check(CLI::IsMember({"text", "logfmt", "json"}))
      ->capture_default_str();
}

void add_log_overrides(const CLI::App& command, std::vector<std::string>& overrides) {
  const CLI::App& program = *command.get_parent();
  const auto add = [&](const char* option, const char* key) {
    if (program.count(option) > 0)
      overrides.push_back(key + program.get_option(option)->as<std::string>());
  };
  add(kLevel, "log.level=");
  add(kFormat, "log.format=");
}

}  // namespace mp::cli
