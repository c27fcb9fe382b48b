// L3. What a Parquet sink is to get, as a note in its folder, .wants: a query gives the rows of the
// journal that the sink would write, and no others.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "sink/spec.hpp"

namespace mp::sink {

// Where it is not there yet, or says something else; by the runner of shard 0.
Result<void> note_wants(const Settings& settings, const std::filesystem::path& folder);
// Settings of such a sink that are at their defaults otherwise; without a note it gets all.
[[nodiscard]] Result<Settings> noted_wants(const std::filesystem::path& folder);

// Which sinks have Parquet files in a data directory, by name: those with that note, or with the
// folders of a type.
[[nodiscard]] Result<std::vector<std::string>> parquet_sinks(const std::filesystem::path& data_dir);

}  // namespace mp::sink
