#include "sink/query.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <iostream>

#include "cli/collect.hpp"
#include "cli/commands.hpp"
#include "cli/data_journals.hpp"
#include "cli/output.hpp"
#include "journal/shards.hpp"
#include "net/clock.hpp"
#include "pipeline/sink_runner_feed.hpp"
#include "sink/parquet_wants.hpp"

namespace mp::cli {

sink::DuckdbConfig duckdb_config() {
  sink::DuckdbConfig config;
  // A library kept somewhere else; otherwise it is found beside the program.
  if (const char* const library = std::getenv("MARKETPRISM_DUCKDB")) config.library = library;
  return config;
}

namespace {

// What the sink whose files are read has not written yet. Where there is no journal, files are all.
Result<sink::QueryTailConfig> tail_of(const std::filesystem::path& data_dir) {
  sink::QueryTailConfig out;
  const auto journal = journal_of(data_dir);
  if (!journal) return journal.error();
  const auto shards = journal::shards_in(*journal);
  if (!shards) return shards.error();
  for (const auto shard : *shards)
    out.journals.push_back({.shard = shard, .location = journal::shard_location(*journal, shard)});
  const auto wants = sink::noted_wants(data_dir / out.sink);
  if (!wants) return wants.error();
  auto runner = pipeline::settings_of_runner(*wants);
  if (!runner) return runner.error();
  out.wanted = [filter = runner->filter](const Event& event) mutable {
    return filter.passes(event);
  };
  out.until = net::now();
  return out;
}

}  // namespace

int query(const QueryOptions& options) {
  auto tail = tail_of(options.data_dir);
  auto query = sink::Query::open({.data_dir = options.data_dir,
                                  .duckdb = duckdb_config(),
                                  .tail = tail ? tail.take() : sink::QueryTailConfig{}});
  if (!query) return fail(query.error());
  const auto printed =
      (*query)->print(options.sql, *sink::query_format_named(options.format), std::cout);
  std::cout.flush();
  if (!printed) return fail(printed.error());
  const std::string why = tail ? (*query)->without_journal() : tail.error().message;
  if (!why.empty())
    complain("the newest rows, which are in the journal alone, are not among these: " + why);
  if (why.empty() && !(*query)->has_source())
    complain("nothing is there yet: a collector that runs writes its journal, and Parquet files");
  return 0;
}

}  // namespace mp::cli
