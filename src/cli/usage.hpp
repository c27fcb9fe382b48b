// L6. What is said of a command line that cannot be understood: one sentence, and what was meant.
#pragma once

#include <span>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace mp::cli {

// Prints help or a version, where that was asked for; else why the words cannot be understood.
// Returns the exit code. `words`: of the command line, without the program.
[[nodiscard]] int explain_usage(const CLI::App& app, const CLI::ParseError& error,
                                std::span<const char* const> words);

}  // namespace mp::cli
