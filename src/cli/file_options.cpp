#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.hpp"
#include "cli/file_commands.hpp"

namespace mp::cli {
namespace {

using Chosen = std::function<int(obs::Logger&)>;

void add_data(CLI::App& app, std::string& data_dir) {
  app.add_option("--data", data_dir, "The data directory")->capture_default_str();
}

void add_query(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<QueryOptions>();
  auto* query_app = app.add_subcommand("query", "SQL over what was collected");
  query_app->description(
      "Runs SQL over the Parquet files of a data directory. There is a view per channel: trade,\n"
      "quote, book, ticker, candle, funding, open_interest, mark_price, instrument, status, ...\n\n"
      "Examples:\n"
      "  marketprism query \"SELECT venue, instrument, count(*) FROM trade GROUP BY ALL\"\n"
      "  marketprism query --data marketprism-demo --format csv \"FROM quote LIMIT 10\"\n");
  query_app->add_option("sql", options->sql, "The statement")->required();
  query_app->add_option("--data", options->data_dir, "The data directory")->capture_default_str();
  query_app->add_option("--sink", options->sink, "Whose files, where several sinks write Parquet")
      ->type_name("NAME");
  query_app->add_option("--format", options->format, "table, csv or ndjson")
      ->check(CLI::IsMember({"table", "csv", "ndjson"}))
      ->capture_default_str();
  query_app->callback(
      [options, &chosen] { chosen = [options](obs::Logger&) { return query(*options); }; });
}

void add_compact(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<CompactOptions>();
  auto* command = app.add_subcommand("compact", "One Parquet file in the place of many");
  command->description(
      "Makes one file, sorted by ts_recv, of the Parquet files of each type, venue and day, up to\n"
      "a size. A collector does it by itself with hours and days that have ended; this does all\n"
      "there is, now, and a collector may run meanwhile. It may be killed at any moment.\n\n"
      "Examples:\n"
      "  marketprism compact\n"
      "  marketprism compact /srv/market --sink archive\n");
  command->add_option("dir", options->data_dir, "The data directory")->capture_default_str();
  command->add_option("--sink", options->sink, "Whose files: the name of a sink of type parquet")
      ->capture_default_str();
  command
      ->add_option("--file-mebibytes", options->file_mebibytes,
                   "The largest file that is made, roughly")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  command->callback(
      [options, &chosen] { chosen = [options](obs::Logger&) { return compact(*options); }; });
}

void add_dlq(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<DlqOptions>();
  auto* command = app.add_subcommand("dlq", "Dead letters: events that a sink refused for good");
  command->description(
      "Events that a sink refused for good lie in the data directory, with the reason. A\n"
      "collector may run meanwhile.\n\n"
      "Examples:\n"
      "  marketprism dlq ls\n"
      "  marketprism dlq show archive --limit 5\n"
      "  marketprism dlq replay archive --config marketprism.toml\n");
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* what, int (*run)(const DlqOptions&)) {
    auto* part = command->add_subcommand(name, what);
    add_data(*part, options->data_dir);
    part->callback([options, run, &chosen] {
      chosen = [options, run](obs::Logger&) { return run(*options); };
    });
    return part;
  };
  add("ls", "How many, of each sink and reason", &dlq_list);
  auto* show = add("show", "The letters themselves, as lines of JSON", &dlq_show);
  show->add_option("sink", options->sink, "Of this sink alone");
  show->add_option("--limit", options->limit, "At most so many; 0: all")
      ->check(CLI::Range(0, 1'000'000'000))
      ->capture_default_str();
  auto* replay =
      add("replay", "Sends them to their sink again; what it takes is removed", &dlq_replay);
  replay->add_option("sink", options->sink, "The sink")->required();
  replay->add_option("--config", options->config, "The configuration that has the sink's section");
  replay->add_option("--set", options->overrides, "KEY=VALUE of the configuration");
}

}  // namespace

void add_file_commands(CLI::App& app, Chosen& chosen) {
  add_query(app, chosen);
  add_compact(app, chosen);
  add_dlq(app, chosen);
}

}  // namespace mp::cli
