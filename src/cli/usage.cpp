#include "cli/usage.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "cli/output.hpp"
#include "config/problem.hpp"
#include "core/result.hpp"

namespace mp::cli {
namespace {

// The command that was asked for; the program itself where none was.
const CLI::App& asked_of(const CLI::App& app) {
  const auto commands = app.get_subcommands();
  return commands.empty() ? app : *commands.front();
}

std::string unknown_option(const CLI::App& app, std::string_view word) {
  const CLI::App& command = asked_of(app);
  const auto name = word.substr(0, word.find('='));
  std::vector<std::string> names;
  for (const CLI::App* each : {&command, &app}) {
    for (const auto* option : each->get_options()) {
      if (!option->nonpositional() || option->get_group().empty()) continue;
      auto known = "--" + option->get_lnames().front();
      if (std::ranges::find(names, known) == names.end()) names.push_back(std::move(known));
    }
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  const auto of = &command == &app ? std::string{} : " of " + command.get_name();
  return fmt::format("there is no option `{}`{}; {}", name, of, config::suggestion(name, known));
}

std::string unknown_command(const CLI::App& app, std::string_view word) {
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  const std::vector<std::string_view> known(names.begin(), names.end());
  return fmt::format("there is no command `{}`; {}", word, config::suggestion(word, known));
}

// The first word, as they were typed, that nobody took.
std::string unexpected(const CLI::App& app, std::span<const char* const> words) {
  const auto rest = app.remaining(true);
  const auto first = std::ranges::find_if(
      words, [&](const char* word) { return std::ranges::find(rest, word) != rest.end(); });
  if (first == words.end()) return "there are words that no command expects";
  const std::string_view word{*first};
  if (word.starts_with('-') && word.size() > 1) return unknown_option(app, word);
  if (app.get_subcommands().empty()) return unknown_command(app, word);
  return fmt::format("`{}` expects no further word, but `{}` follows", asked_of(app).get_name(),
                     word);
}

std::string sentence_of(const CLI::App& app, const CLI::ParseError& error,
                        std::span<const char* const> words) {
  constexpr std::string_view kNotConverted = "Could not convert: ";
  const std::string_view text{error.what()};
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError))
    return unexpected(app, words);
  if (text.starts_with(kNotConverted))
    return fmt::format("{}: expected a whole number", text.substr(kNotConverted.size()));
  return std::string{text};
}

}  // namespace

int explain_usage(const CLI::App& app, const CLI::ParseError& error,
                  std::span<const char* const> words) {
  if (error.get_exit_code() == 0) return app.exit(error);
  const auto name = asked_of(app).get_name();
  complain(fmt::format("{}\n`marketprism {}{}--help` shows what there is",
                       sentence_of(app, error, words), &asked_of(app) == &app ? "" : name,
                       &asked_of(app) == &app ? "" : " "));
  return exit_code(ErrorKind::usage);
}

}  // namespace mp::cli
