#include "sink/query.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
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
Result<sink::QueryTailConfig> tail_of(const std::filesystem::path& data_dir,
                                      const std::string& sink) {
  sink::QueryTailConfig out{.journals = {}, .sink = sink};
  const auto journal = journal_of(data_dir);
  if (!journal) return journal.error();
  const auto shards = journal::shards_in(*journal);
  if (!shards) return shards.error();
  for (const auto shard : *shards)
    out.journals.push_back({.shard = shard, .location = journal::shard_location(*journal, shard)});
  out.until = net::now();
  if (sink.empty()) return out;  // all of it
  const auto wants = sink::noted_wants(data_dir / sink);
  if (!wants) return wants.error();
  auto runner = pipeline::settings_of_runner(*wants);
  if (!runner) return runner.error();
  out.wanted = [filter = runner->filter](const Event& event) mutable {
    return filter.passes(event);
  };
  return out;
}

// Whose files are read; empty: none has written any. What others wrote may be the same once more.
Result<std::string> chosen_sink(const QueryOptions& options) {
  const auto sinks = sink::parquet_sinks(options.data_dir);
  if (!sinks) return sinks.error();
  std::string chosen = options.sink;
  if (chosen.empty() && std::ranges::find(*sinks, "parquet") != sinks->end()) chosen = "parquet";
  if (chosen.empty() && sinks->size() == 1) chosen = sinks->front();
  const auto names = fmt::format("{}", fmt::join(*sinks, ", "));
  if (chosen.empty() && !sinks->empty()) {
    return Error{ErrorKind::usage,
                 fmt::format("several sinks have Parquet files in {}: {}; expected one of them as "
                             "--sink",
                             options.data_dir, names)};
  }
  if (!options.sink.empty() && std::ranges::find(*sinks, chosen) == sinks->end()) {
    return Error{
        ErrorKind::usage,
        fmt::format("--sink {}: no sink of that name has Parquet files in {}; there are: {}",
                    chosen, options.data_dir, sinks->empty() ? "none" : names)};
  }
  if (options.sink.empty() && sinks->size() > 1)
    complain(fmt::format("of the sinks {}, the files of {} are read; --sink takes another", names,
                         chosen));
  return chosen;
}

}  // namespace

int query(const QueryOptions& options) {
  const auto sink = chosen_sink(options);
  if (!sink) return fail(sink.error());
  auto tail = tail_of(options.data_dir, *sink);
  sink::QueryTailConfig files_alone{.journals = {}, .sink = *sink};
  auto query = sink::Query::open({.data_dir = options.data_dir,
                                  .duckdb = duckdb_config(),
                                  .tail = tail ? tail.take() : std::move(files_alone)});
  if (!query) return fail(query.error());
  const auto why = tail ? (*query)->without_journal() : std::optional{tail.error()};
  if (why && !(*query)->has_source()) return fail(*why);  // no rows would not be the truth
  const auto printed =
      (*query)->print(options.sql, *sink::query_format_named(options.format), std::cout);
  std::cout.flush();
  if (!printed) return fail(printed.error());
  if (why)
    complain("the newest rows, which are in the journal alone, are not among these: " +
             why->message);
  if (!why && !(*query)->has_source())
    complain("nothing is there yet: a collector that runs writes its journal, and Parquet files");
  return 0;
}

}  // namespace mp::cli
