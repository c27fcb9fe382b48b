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
  auto query = sink::Query::open({.data_dir = options.data_dir, .duckdb = duckdb_config()});
  if (!query) return fail(query.error());
  const auto printed =
      (*query)->print(options.sql, *sink::query_format_named(options.format), std::cout);
  std::cout.flush();
  if (!printed) return fail(printed.error());
  if (!(*query)->has_files()) {
    complain(
        "there are no Parquet files there yet: a collector writes them once a minute "
        "(flush_age in [sink.parquet]); `marketprism tap --all` shows what its journal has");
  }
  return 0;
}

}  // namespace mp::cli
