// L6. From what a user asked to what a collector is made of.
#pragma once

#include <string>
#include <vector>

#include "config/parse.hpp"
#include "pipeline/collector.hpp"
#include "sink/duckdb.hpp"

namespace mp::cli {

// What the configuration may name.
[[nodiscard]] config::Known known_to_this_program();

// Whether they name a configuration file.
[[nodiscard]] bool is_file(const std::vector<std::string>& targets);
// One configuration file, or VENUE:INSTRUMENT words. `overrides`: config/override.hpp.
[[nodiscard]] Result<config::Config> load_targets(const std::vector<std::string>& targets,
                                                  const std::vector<std::string>& overrides = {});

// A feed of a venue as the configuration has it, which wants nothing yet.
[[nodiscard]] pipeline::FeedConfig feed_config(const config::Config& config,
                                               const std::string& venue);

enum class Sinks : std::uint8_t { as_configured, none };
[[nodiscard]] pipeline::CollectorConfig collector_config(const config::Config& config, Sinks sinks);

// Where DuckDB is looked for, and its bounds.
[[nodiscard]] sink::DuckdbConfig duckdb_config();

// The configuration's word on the log.
void obey(const config::Log& wanted, obs::Logger& log);

// Makes the folder and its parents; one sentence when that is not allowed.
[[nodiscard]] Result<void> make_directory(const std::filesystem::path& dir);

}  // namespace mp::cli
