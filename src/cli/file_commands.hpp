// L6. The commands for what was collected, with their options: query, compact, dlq.
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "obs/log.hpp"

namespace mp::cli {

// `marketprism compact`: one Parquet file in the place of many.
struct CompactOptions {
  std::string data_dir = "data";
  std::string sink = "parquet";  // the name of its section, and of its folder
  std::uint64_t file_mebibytes = 512;
};
[[nodiscard]] int compact(const CompactOptions& options);

// `marketprism dlq`: what sinks refused for good.
struct DlqOptions {
  std::string data_dir = "data";
  std::string sink;                    // empty: all
  std::uint64_t limit = 20;            // of show; 0: all
  std::string config;                  // of replay: where the sink's section is
  std::vector<std::string> overrides;  // KEY=VALUE: config/override.hpp
};
[[nodiscard]] int dlq_list(const DlqOptions& options);
[[nodiscard]] int dlq_show(const DlqOptions& options);
[[nodiscard]] int dlq_replay(const DlqOptions& options);

// Adds the commands; `chosen` is set when the command line asks for one.
void add_file_commands(CLI::App& app, std::function<int(obs::Logger&)>& chosen);

}  // namespace mp::cli
