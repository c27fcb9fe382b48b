#include "sink/query.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <iostream>

#include "cli/collect.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace mp::cli {

sink::DuckdbConfig duckdb_config() {
  sink::DuckdbConfig config;
  // A library kept somewhere else; otherwise it is found beside the program.
  if (const char* const library = std::getenv("MARKETPRISM_DUCKDB")) config.library = library;
  return config;
}

int query(const QueryOptions& options) {
  if (!std::filesystem::is_directory(options.data_dir)) {
    return fail({ErrorKind::io,
                 fmt::format("there is no data directory {}; name the one that `run` or `demo` "
                             "wrote with --data",
                             options.data_dir)});
  }
  auto query = sink::Query::open({.data_dir = options.data_dir, .duckdb = duckdb_config()});
  if (!query) return fail(query.error());
  const auto printed =
      (*query)->print(options.sql, *sink::query_format_named(options.format), std::cout);
  std::cout.flush();
  if (!printed) return fail(printed.error());
  return 0;
}

}  // namespace mp::cli
