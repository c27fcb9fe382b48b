// L6. The options of the commands that collect, and what several commands have in common.
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "obs/log.hpp"

namespace mp::cli {

// What the command line asks for.
using Chosen = std::function<int(obs::Logger&)>;

// A summary, then examples, as each command's help begins.
[[nodiscard]] std::string examples(const char* summary, const char* lines);

void add_shards(CLI::App& app, std::uint64_t& shards);
void add_listen(CLI::App& app, std::string& listen);
void add_set(CLI::App& app, std::vector<std::string>& overrides);

void add_run(CLI::App& app, Chosen& chosen);
void add_record(CLI::App& app, Chosen& chosen);

}  // namespace mp::cli
