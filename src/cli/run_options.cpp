#include "cli/run_options.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.hpp"
#include "cli/log_options.hpp"
#include "cli/time_option.hpp"
#include "config/config.hpp"
#include "journal/shards.hpp"
#include "pipeline/feed_config.hpp"

namespace mp::cli {
namespace {

// What run and record have in common.
void add_collecting(CLI::App& app, RunOptions& options) {
  app.add_option("targets", options.targets,
                 "VENUE:INSTRUMENT[,INSTRUMENT...][@CHANNEL,...], or a configuration file")
      ->required();
  add_time(app, options.time);
  add_set(app, options.overrides);
  app.add_option("--data", options.data_dir,
                 "Where the data goes (default: as configured, else "
                 "./data)");
  app.add_flag("--plain", options.plain, "Lines instead of a live table");
}

void choose_run(CLI::App& app, const std::shared_ptr<RunOptions>& options, Chosen& chosen) {
  app.callback([options, &app, &chosen] {
    add_log_overrides(app, options->overrides);
    chosen = [options](obs::Logger& log) { return run(*options, log); };
  });
}

}  // namespace

std::string examples(const char* summary, const char* lines) {
  return std::string{summary} + "\n\nExamples:\n" + lines;
}

void add_shards(CLI::App& app, std::uint64_t& shards) {
  app.add_option("--shards", shards, "Threads that collect, each with a journal of its own")
      ->check(CLI::Range(1U, journal::kShardsMax));
}

void add_listen(CLI::App& app, std::string& listen) {
  app.add_option("--listen", listen,
                 "Where the page and the metrics are: HOST:PORT, or none (default: as configured, "
                 "else " +
                     std::string{config::kListenUsual} + ")");
}

void add_set(CLI::App& app, std::vector<std::string>& overrides) {
  app.add_option("--set", overrides,
                 "A key of the configuration: collector.legs=2, sink.ndjson.enabled=true, "
                 "binance.ws_url=wss://127.0.0.1:9443, feed.1.interval=5m")
      ->type_name("KEY=VALUE");
}

void add_run(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<RunOptions>();
  auto* run_app = app.add_subcommand("run", "Collect");
  run_app->description(examples(
      "Collects from venues into a journal and files, until it is told to stop.",
      "  marketprism run binance:BTC-USDT okx:ETH-USDT-PERP\n"
      "  marketprism run binance:BTC-USDT,ETH-USDT@trade,book --for 1h --data /srv/market\n"
      "  marketprism run marketprism.toml\n"));
  add_collecting(*run_app, *options);
  add_shards(*run_app, options->shards);
  add_listen(*run_app, options->listen);
  run_app->add_option("--legs", options->legs, "Connections that carry the same messages")
      ->check(CLI::Range(1U, pipeline::kLegsMax));
  run_app->add_option("--record", options->record,
                      "Record raw frames to this .ndjson[.zst] file, or beside it if it exists");
  choose_run(*run_app, options, chosen);
}

void add_record(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<RunOptions>();
  options->sinks = false;
  auto* record_app = app.add_subcommand("record", "Record raw frames for replay");
  record_app->description(
      examples("Records every frame and REST answer as it came, with its time: replay reads it.",
               "  marketprism record binance:BTC-USDT --out btc.ndjson.zst --for 60s\n"
               "  marketprism replay btc.ndjson.zst --top 5\n"));
  add_collecting(*record_app, *options);
  record_app->add_option("--out", options->record, "The file, .ndjson or .ndjson.zst")->required();
  record_app->add_flag("--overwrite", options->overwrite, "Replace the file if it exists");
  choose_run(*record_app, options, chosen);
}

}  // namespace mp::cli
