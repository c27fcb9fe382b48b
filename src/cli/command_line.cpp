#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>

#include "cli/commands.hpp"
#include "cli/file_commands.hpp"
#include "cli/list_options.hpp"
#include "cli/load_options.hpp"
#include "cli/log_options.hpp"
#include "cli/look_options.hpp"
#include "cli/output.hpp"
#include "cli/reload_options.hpp"
#include "cli/run_options.hpp"
#include "cli/serve_options.hpp"
#include "cli/time_option.hpp"
#include "cli/usage.hpp"
#include "obs/log.hpp"

namespace mp::cli {
namespace {

constexpr const char* kIntroduction =
    R"(marketprism collects market data from cryptocurrency venues.

  marketprism demo                               live data at once: simulated venues, no network
  marketprism run binance:BTC-USDT okx:ETH-USDT-PERP      collect, without a configuration
  marketprism run marketprism.toml               collect, as configured
  marketprism query "SELECT venue, count(*) FROM trade GROUP BY venue"
  marketprism list venues                        what there is

Try: marketprism demo
)";

// Each adds its command; `chosen` is set when the command line asks for it.

void add_demo(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<DemoOptions>();
  auto* demo_app = app.add_subcommand("demo", "Show it all at once: simulator, collector, table");
  demo_app->description(examples(
      "Collects from simulated venues that speak the real protocols over TLS. No network is used.",
      "  marketprism demo\n"
      "  marketprism demo --for 20s\n"
      "  marketprism demo --check        a self-test: exit 0 when every number arrived "
      "everywhere\n"));
  add_time(*demo_app, options->time);
  demo_app->add_option("--dir", options->dir, "Where the data goes")->capture_default_str();
  demo_app->add_option("--rate", options->rate, "Messages per second and venue")
      ->check(CLI::Range(1, 200'000))
      ->capture_default_str();
  demo_app->add_option("--seed", options->seed, "Of the simulated market")->capture_default_str();
  add_shards(*demo_app, options->shards);
  add_listen(*demo_app, options->listen);
  demo_app->add_flag("--check", options->check, "Compare what was sent with what was stored");
  demo_app->add_flag("--plain", options->plain, "Lines instead of a live table");
  demo_app->callback(
      [options, &chosen] { chosen = [options](obs::Logger& log) { return demo(*options, log); }; });
}

void add_decode(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<DecodeOptions>();
  auto* decode_app = app.add_subcommand("decode", "Raw frames to normalised events");
  decode_app->description(
      examples("Reads raw frames, one per line (bare JSON or recording lines), and writes events "
               "as NDJSON.\n"
               "The last line of standard error is a JSON object with counts. Exit 65: a frame was "
               "malformed.",
               "  marketprism decode --venue binance frames.ndjson\n"
               "  zstd -dc session.ndjson.zst | marketprism decode --venue okx --frame-numbers\n"));
  decode_app->add_option("--venue", options->venue, "Whose frames they are")->required();
  decode_app->add_option("file", options->file, "The frames; - is the standard input")
      ->capture_default_str();
  decode_app->add_flag("--frame-numbers", options->frame_numbers,
                       "Add the number of the input line to each event, as \"frame\"");
  decode_app->add_option("--quarantine", options->quarantine,
                         "Keep malformed and unknown frames in this file");
  add_progress(*decode_app, options->progress);
  auto encoding = std::make_shared<std::string>("native");
  decode_app
      ->add_option("--encoding", *encoding,
                   "native, or marketprism: the subjects and payloads of the older system")
      ->check(CLI::IsMember({"native", "marketprism"}))
      ->capture_default_str();
  decode_app->callback([options, encoding, &chosen] {
    options->marketprism = *encoding == "marketprism";
    chosen = [options](obs::Logger& log) { return decode(*options, log); };
  });
}

void add_replay(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<ReplayOptions>();
  auto serving = std::make_shared<ServeOptions>();
  auto* replay_app = app.add_subcommand("replay", "A recording through the whole engine");
  replay_app->description(examples(
      "Plays a recording: decode, join books by the venue's rule, verify. Events go to standard\n"
      "output as NDJSON; the last line of standard error is a JSON object with counts. With "
      "--serve\n"
      "it serves the recording as its venue would, over TLS, to any client of that venue.",
      "  marketprism replay btc.ndjson.zst\n"
      "  marketprism replay session.ndjson.zst --venue okx --top 5 > events.ndjson\n"
      "  marketprism replay btc.ndjson.zst --serve --speed 10x --faults "
      "cut@500,drop~0.001:seed=7\n"));
  replay_app->add_option("recording", options->recording, "A .ndjson or .ndjson.zst recording")
      ->required();
  replay_app->add_option("--venue", options->venue, "Whose it is (default: as its header says)");
  replay_app->add_option("--top", options->top, "Add the N best levels to each book event")
      ->check(CLI::Range(0, 5000));
  add_progress(*replay_app, options->progress);
  add_serving(*replay_app, *serving);
  add_time(*replay_app, serving->time);
  replay_app->callback([options, serving, replay_app, &chosen] {
    serving->recording = options->recording;
    serving->progress = options->progress;
    options->real_time = serving->speed == 1;
    if (serving->wanted) {
      chosen = [serving](obs::Logger&) { return serve(*serving); };
      return;
    }
    check_not_served(*replay_app, *serving);
    chosen = [options](obs::Logger&) { return replay(*options); };
  });
}

void add_simulate(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<SimulateOptions>();
  auto load_options = std::make_shared<SimulateLoadOptions>();
  auto* simulate_app = app.add_subcommand("simulate", "Serve simulated venues for tries and tests");
  simulate_app->description(examples(
      "Serves simulated venues over TLS on 127.0.0.1 and prints the overrides that lead there.",
      "  marketprism simulate --port 9443\n"
      "  marketprism simulate --load 50 --messages 10000000      as fast as it can, for measuring\n"
      "  marketprism run binance:BTC-USDT --set binance.ws_url=wss://127.0.0.1:9443 \\\n"
      "    --set binance.rest_url=https://127.0.0.1:9443 --set "
      "binance.ca_file=simulator-ca.pem\n"));
  simulate_app->add_option("--port", options->port, "Of the first venue; the others follow")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  simulate_app->add_option("--ca-file", options->ca_file, "Where its certificate authority goes")
      ->capture_default_str();
  simulate_app->add_option("--rate", options->rate, "Messages per second and venue")
      ->check(CLI::Range(1, 200'000))
      ->capture_default_str();
  simulate_app->add_option("--seed", options->seed, "Of the simulated market")
      ->capture_default_str();
  add_time(*simulate_app, options->time);
  add_load(*simulate_app, *load_options);
  simulate_app->callback([options, load_options, simulate_app, &chosen] {
    if (simulate_app->count("--load") == 0) {
      chosen = [options](obs::Logger&) { return simulate(*options); };
      return;
    }
    load_options->load.port = options->port;
    load_options->load.ca_file = options->ca_file;
    load_options->load.time = options->time.value_or(std::chrono::seconds{0});
    chosen = [load_options](obs::Logger&) { return simulate_load(*load_options); };
  });
}

void add_gaps(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<GapsOptions>();
  auto* gaps_app = app.add_subcommand("gaps", "What is missing of what was collected");
  gaps_app->description(examples(
      "Reads the journal of a data directory, also while a collector writes it: when something of\n"
      "a stream is missing, how much as far as the venue's numbers tell, and whether it came "
      "later.",
      "  marketprism gaps\n"
      "  marketprism gaps --data /srv/market --last 24h --explain\n"));
  gaps_app->add_option("--data", options->data_dir, "The data directory")->capture_default_str();
  add_time(*gaps_app, options->last, "--last", "Only what was found in this time until now: 24h");
  gaps_app->add_flag("--explain", options->explain, "Say what each reason means");
  gaps_app->add_flag("--json", options->json, "A JSON object a line");
  add_progress(*gaps_app, options->progress);
  gaps_app->callback(
      [options, &chosen] { chosen = [options](obs::Logger&) { return gaps(*options); }; });
}

void add_list(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<ListOptions>();
  auto wanted = std::make_shared<ListInstrumentsOptions>();
  auto* list_app =
      app.add_subcommand("list", "What there is: venues, channels, sinks, instruments");
  list_app->description(
      examples("Lists what this program knows, and what a venue trades.",
               "  marketprism list venues\n"
               "  marketprism list channels\n"
               "  marketprism list sinks --json\n"
               "  marketprism list instruments --venue okx --kind option --base BTC\n"));
  list_app->add_option("what", options->what, "venues, channels, sinks or instruments")
      ->check(CLI::IsMember({"venues", "channels", "sinks", "instruments"}))
      ->capture_default_str();
  list_app->add_flag("--json", options->json, "One JSON object per line");
  list_app->add_flag("--markdown", options->markdown, "What docs/venues.md or docs/sinks.md says");
  add_listed_instruments(*list_app, *wanted);
  list_app->callback([options, wanted, &chosen] {
    if (options->what != "instruments") {
      chosen = [options](obs::Logger&) { return list(*options); };
      return;
    }
    if (wanted->venue.empty()) throw CLI::RequiredError("--venue");
    wanted->json = options->json;
    chosen = [wanted](obs::Logger& log) { return list_instruments(*wanted, log); };
  });
}

void add_reload(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<ReloadOptions>();
  auto* reload_app =
      app.add_subcommand("reload", "Let a running collector read its configuration anew");
  add_reload_options(*reload_app, *options);
  reload_app->callback(
      [options, &chosen] { chosen = [options](obs::Logger&) { return reload(*options); }; });
}

void add_status(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<StatusOptions>();
  auto* status_app = app.add_subcommand("status", "How a running collector's connections are");
  status_app->description(
      examples("Asks the collector that runs with a data directory: its connections, how much of "
               "the\nlast 24 hours each venue was there, and what it waits for.",
               "  marketprism status\n"
               "  marketprism status --data /srv/market --json\n"));
  status_app->add_option("--data", options->data_dir, "Its data directory")->capture_default_str();
  status_app->add_flag("--json", options->json, "A JSON object a line");
  status_app->callback(
      [options, &chosen] { chosen = [options](obs::Logger&) { return status(*options); }; });
}

void add_validate(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<ValidateOptions>();
  auto* validate_app = app.add_subcommand("validate", "Check a configuration without running it");
  validate_app->description(examples(
      "Checks a configuration: its text, then (unless --offline) its venues and instruments.",
      "  marketprism validate marketprism.toml\n"
      "  marketprism validate --offline marketprism.toml\n"));
  validate_app->add_option("targets", options->targets, "A configuration file, or VENUE:INSTRUMENT")
      ->required();
  validate_app->add_flag("--offline", options->offline, "Do not ask the venues");
  validate_app->add_flag("--effective", options->effective,
                         "Print each key as it is in force, and where it comes from");
  add_set(*validate_app, options->overrides);
  validate_app->callback([options, validate_app, &chosen] {
    add_log_overrides(*validate_app, options->overrides);
    chosen = [options](obs::Logger& log) { return validate(*options, log); };
  });
}

// For the bench's own processes: not in the help.
void add_collect(CLI::App& app, bench::CollectOptions& options) {
  const auto add = [&app](const char* name, auto& value) {
    app.add_option(name, value)->needs("--collect")->group("");
  };
  app.add_option("--collect", options.port)->group("");
  add("--ca-file", options.ca_file);
  add("--journal", options.journal_dir);
  add("--instruments", options.instruments);
  add("--topics", options.topics_per_session);
  add("--cpu", options.cpu);
  app.add_flag("--busy-poll", options.busy_poll)->needs("--collect")->group("");
}

void add_bench(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<BenchOptions>();
  auto* bench_app = app.add_subcommand("bench", "How fast it is here, against its floors");
  bench_app->description(examples(
      "Measures on this machine, each part against the least program that can do its work. A row\n"
      "is the median of several rounds; ratios are of rounds that ran by turns.",
      "  marketprism bench\n"
      "  marketprism bench decode --recording session.ndjson.zst\n"
      "  marketprism bench e2e --json rows.ndjson\n"));
  bench_app->add_option("parts", options->parts, "What to measure (default: all)")
      ->check(CLI::IsMember(
          {"decode", "receive", "book", "journal", "e2e", "latency", "scale", "sink"}));
  auto* recording = bench_app->add_option("--recording", options->recordings,
                                          "Decode this session's frames as well");
  bench_app->add_option("--venue", options->venue, "Decode them alone, as this venue's; no floor")
      ->needs(recording);
  bench_app->add_option("--rounds", options->rounds, "Rounds of each row")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  bench_app->add_option("--json", options->json, "Write the rows to this file, one object a line");
  bench_app->add_option("--scratch", options->scratch, "A folder of the disk to measure")
      ->capture_default_str();
  add_collect(*bench_app, options->collect);
  bench_app->callback(
      [options, &chosen] { chosen = [options](obs::Logger&) { return bench(*options); }; });
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  CLI::App app{kIntroduction, "marketprism"};
  app.set_version_flag("--version", "marketprism " MP_VERSION);
  app.require_subcommand(0, 1);
  app.fallthrough();  // --log may stand after the command too
  LogWish wish;
  add_log_options(app, wish);
  Chosen chosen;
  add_demo(app, chosen);
  add_run(app, chosen);
  add_record(app, chosen);
  add_decode(app, chosen);
  add_replay(app, chosen);
  add_simulate(app, chosen);
  add_file_commands(app, chosen);
  add_gaps(app, chosen);
  add_looks(app, chosen);
  add_list(app, chosen);
  add_validate(app, chosen);
  add_reload(app, chosen);
  add_status(app, chosen);
  add_bench(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return explain_usage(app, error, {argv + 1, argv + argc});
  }
  obs::Logger log{obs::LogLevel::warn};
  wish.apply(log);
  if (chosen) return after_output(chosen(log));
  Output output;
  output.buffer().append(kIntroduction);
  return 0;
}

}  // namespace mp::cli
