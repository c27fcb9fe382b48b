#include "cli/look_options.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/time_option.hpp"

namespace mp::cli {
namespace {

constexpr std::uint64_t kCountMost = 1'000'000'000'000;

void add_top_options(CLI::App& app, TopOptions& options) {
  app.description(
      "Shows a collector that runs: its instruments, connections and sinks, and with Enter the\n"
      "book and the trades of an instrument. Without a terminal, lines.\n\n"
      "Examples:\n"
      "  marketprism top\n"
      "  marketprism top --data /srv/market --sort rate\n"
      "  marketprism top --url http://127.0.0.1:8080 --once\n");
  app.add_option("--data", options.data_dir, "The data directory of the collector")
      ->capture_default_str();
  app.add_option("--url", options.url, "Or where its page is: http://HOST:PORT");
  app.add_option("--view", options.view, "instruments, connections or sinks")
      ->capture_default_str();
  app.add_option("--filter", options.filter, "A part of VENUE/INSTRUMENT, with *");
  app.add_option("--sort", options.sort, "name, rate, state, gaps or age");
  add_time(app, options.time);
  app.add_flag("--plain", options.plain, "Lines, also on a terminal");
  app.add_flag("--once", options.once, "Print what there is now, and end");
}

void add_tap_options(CLI::App& app, TapOptions& options) {
  app.description(
      "Prints events as a collector writes them, from the journal of its data directory; also of\n"
      "one that has ended, with --all. Data goes to standard output, words to standard error.\n\n"
      "Examples:\n"
      "  marketprism tap 'binance/*/trade'\n"
      "  marketprism tap okx/BTC-USDT-PERP --format pretty -n 100\n"
      "  marketprism tap '*/BTC-*/trade' --where 'quantity>1' --format csv --for 1m\n");
  app.add_option("patterns", options.patterns,
                 "VENUE/INSTRUMENT/CHANNEL, each a name or with *; what is left out is all");
  app.add_option("--data", options.data_dir, "The data directory")->capture_default_str();
  app.add_option("--format", options.format, "json, csv or pretty")
      ->check(CLI::IsMember({"json", "csv", "pretty"}))
      ->capture_default_str();
  app.add_option("--where", options.where, "Only events of which FIELD OP VALUE: price>=100");
  app.add_option("-n,--count", options.count, "End after so many events")
      ->check(CLI::Range(std::uint64_t{1}, kCountMost));
  add_time(app, options.time);
  app.add_flag("--all", options.all, "From the oldest event that the journal has");
}

void add_doctor_options(CLI::App& app, DoctorOptions& options) {
  app.description(
      "Checks this machine (clock, descriptors, disk) and the collector that runs here\n"
      "(instruments, journal, sinks, frames that nobody could read), and says what to do.\n"
      "Exit code: 1 where a check fails; with --format nagios 0, 1 or 2.\n\n"
      "Examples:\n"
      "  marketprism doctor\n"
      "  marketprism doctor --data /srv/market --format nagios\n");
  app.add_option("--data", options.data_dir, "The data directory of the collector")
      ->capture_default_str();
  app.add_option("--format", options.format, "text, json or nagios")
      ->check(CLI::IsMember({"text", "json", "nagios"}))
      ->capture_default_str();
}

void add_profile_options(CLI::App& app, ProfileOptions& options) {
  app.description(
      "Looks for a while at a collector that runs: how long each stage takes, what is the\n"
      "bottleneck, what was slowest. Writes a flame graph (flame.svg) and a profile for pprof\n"
      "(cpu.pb.gz). The collector samples itself while it is asked to, and at no other time.\n\n"
      "Examples:\n"
      "  marketprism profile\n"
      "  marketprism profile --for 2m --data /srv/market --out /tmp/slow\n"
      "  marketprism profile --json\n");
  auto* data = app.add_option("--data", options.data_dir, "The data directory of the collector")
                   ->capture_default_str();
  app.add_option("--url", options.url, "Where its page is, if elsewhere: http://HOST:PORT");
  app.add_option("--pid", options.pid, "Or the number of its process")
      ->check(CLI::PositiveNumber)
      ->excludes(data);
  add_time(app, options.time, "--for", "How long to look: 20s, 5m (default: 30s)");
  app.add_option("--out", options.out, "The folder for flame.svg and cpu.pb.gz")
      ->capture_default_str();
  app.add_flag("--json", options.json, "The whole result as a JSON object");
}

CLI::App* add_memory_action(CLI::App& app, MemoryOptions& options, const std::string& name,
                            const std::string& summary) {
  auto* action = app.add_subcommand(name, summary);
  action->callback([&options, name] { options.action = name; });
  return action;
}

void add_memory_options(CLI::App& app, MemoryOptions& options) {
  app.description(
      "Shows what a collector that runs holds in memory, and who has allocated it: an estimate\n"
      "by one allocation in 512 KiB.\n\n"
      "Examples:\n"
      "  marketprism memory top\n"
      "  marketprism memory snapshot            what is held now, as \"baseline\"\n"
      "  marketprism memory diff                what came since\n"
      "  marketprism memory diff monday tuesday -n 3\n"
      "  marketprism memory trim                gives what is free back to the system\n");
  app.add_option("--data", options.data_dir, "The data directory of the collector")
      ->capture_default_str();
  app.add_option("--url", options.url, "Where its page is, if elsewhere: http://HOST:PORT");
  app.add_option("-n,--count", options.count, "How many sites")
      ->check(CLI::Range(1, 40))
      ->capture_default_str();
  app.add_flag("--json", options.json, "Of top and diff: a JSON object");
  app.require_subcommand(1);
  add_memory_action(app, options, "snapshot", "Keeps who holds what now, under a name")
      ->add_option("name", options.from, "Its name")
      ->capture_default_str();
  auto* diff = add_memory_action(app, options, "diff", "What came between two snapshots");
  diff->add_option("from", options.from, "The earlier one")->capture_default_str();
  diff->add_option("to", options.to, "The later one (default: now)");
  add_memory_action(app, options, "top", "Who holds most");
  add_memory_action(app, options, "trim", "Gives free memory back to the system");
}

}  // namespace

void add_looks(CLI::App& app, std::function<int(obs::Logger&)>& chosen) {
  auto top_options = std::make_shared<TopOptions>();
  auto* top_app = app.add_subcommand("top", "A collector that runs, on the terminal");
  add_top_options(*top_app, *top_options);
  top_app->callback([top_options, &chosen] {
    chosen = [top_options](obs::Logger&) { return top(*top_options); };
  });
  auto tap_options = std::make_shared<TapOptions>();
  auto* tap_app = app.add_subcommand("tap", "The events of a collector as they come");
  add_tap_options(*tap_app, *tap_options);
  tap_app->callback([tap_options, &chosen] {
    chosen = [tap_options](obs::Logger&) { return tap(*tap_options); };
  });
  auto profile_options = std::make_shared<ProfileOptions>();
  auto* profile_app = app.add_subcommand("profile", "What takes the time of a collector?");
  add_profile_options(*profile_app, *profile_options);
  profile_app->callback([profile_options, &chosen] {
    chosen = [profile_options](obs::Logger&) { return profile(*profile_options); };
  });
  auto memory_options = std::make_shared<MemoryOptions>();
  auto* memory_app = app.add_subcommand("memory", "What a collector holds, and what grows");
  add_memory_options(*memory_app, *memory_options);
  memory_app->fallthrough();  // its options may stand behind what is asked for
  memory_app->callback([memory_options, &chosen] {
    chosen = [memory_options](obs::Logger&) { return memory(*memory_options); };
  });
  auto doctor_options = std::make_shared<DoctorOptions>();
  auto* doctor_app = app.add_subcommand("doctor", "Is this machine and its collector well?");
  add_doctor_options(*doctor_app, *doctor_options);
  doctor_app->callback([doctor_options, &chosen] {
    chosen = [doctor_options](obs::Logger&) { return doctor(*doctor_options); };
  });
}

}  // namespace mp::cli
