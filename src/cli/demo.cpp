#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "cli/collect.hpp"
#include "cli/commands.hpp"
#include "cli/control_room.hpp"
#include "cli/demo_check.hpp"
#include "cli/output.hpp"
#include "cli/status.hpp"
#include "cli/stop_request.hpp"
#include "cli/watch.hpp"
#include "sim/server.hpp"
#include "sink/registry.hpp"

namespace mp::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kCheckTime{10};
constexpr std::chrono::seconds kSimulatorPatience{5};
constexpr std::chrono::seconds kDrainTime{10};

// What the simulator has, of each venue.
std::vector<config::Feed> demo_feeds() {
  using enum Channel;
  config::Feed binance;
  binance.venue = "binance";
  binance.instruments = {"BTC-USDT", "ETH-USDT", "SOL-USDT", "XRP-USDT"};
  binance.channels = {trade, quote, book, ticker, candle};
  config::Feed okx;
  okx.venue = "okx";
  okx.instruments = {"BTC-USDT", "ETH-USDT", "BTC-USDT-PERP", "ETH-USDT-PERP"};
  okx.channels = {trade, quote, book, ticker, funding, open_interest, mark_price};
  return {binance, okx};
}

// A fresh folder for a check, removed again when the check succeeds; else the folder asked for.
Result<fs::path> data_dir_of(const DemoOptions& options) {
  if (!options.check) {
    if (const auto made = make_directory(options.dir); !made) return made.error();
    return fs::path{options.dir};
  }
  std::string pattern = (fs::temp_directory_path() / "marketprism-check-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    return Error{ErrorKind::io, fmt::format("cannot make a folder like {}", pattern)};
  }
  return fs::path{pattern};
}

config::Config demo_config(const fs::path& dir, const sim::Simulator& simulator,
                           const std::string& ca_file, const DemoOptions& options) {
  config::Config config;
  config.collector.shards = options.shards;
  if (!options.listen.empty()) config.control.listen = options.listen;
  if (options.check) config.control.listen = "none";
  config.data.dir = dir;
  sink::Settings parquet{sink::kParquet};
  parquet.set("flush_age", std::chrono::milliseconds{5'000});
  config.sinks = {std::move(parquet), sink::Settings{sink::kNdjson}};
  config.feeds = demo_feeds();
  for (const auto& feed : config.feeds) {
    config.venues[feed.venue] = {.ws_url = simulator.ws_url(feed.venue),
                                 .rest_url = simulator.rest_url(feed.venue),
                                 .ca_file = ca_file};
  }
  return config;
}

// What the page of the demo can do to its venues.
std::vector<control::Fault> demo_faults(sim::Simulator& simulator) {
  std::vector<control::Fault> out;
  for (const auto& feed : demo_feeds()) {
    const std::string venue = feed.venue;
    out.push_back({.name = "reset-" + venue,
                   .title = "Reset the connections of " + venue,
                   .text = "TCP reset of every WebSocket: what came meanwhile is marked, books are "
                           "asked for anew.",
                   .inject = [&simulator, venue] { simulator.reset_connections(venue); }});
    out.push_back({.name = "mute-" + venue,
                   .title = "Let " + venue + " fall silent",
                   .text = "Connections stay open and nothing comes, not even pongs, until it is "
                           "told to speak.",
                   .inject = [&simulator, venue] { simulator.mute(venue); }});
    out.push_back({.name = "unmute-" + venue,
                   .title = "Let " + venue + " speak again",
                   .text = "What came meanwhile is lost.",
                   .inject = [&simulator, venue] { simulator.unmute(venue); }});
  }
  out.push_back({.name = "drop-binance",
                 .title = "Lose a book update of binance BTC-USDT",
                 .text = "The numbers jump: this one book is invalid until its snapshot comes.",
                 .inject = [&simulator] { simulator.drop_depth("binance", "BTCUSDT"); }});
  return out;
}

std::uint64_t frames_of(const pipeline::Collector& collector) {
  std::uint64_t frames = 0;
  for (const auto* feed : collector.feeds()) frames += feed->counters().frames;
  return frames;
}

// Waits until all that the simulator wrote has been read from the sockets: no more frames come.
void drain(const pipeline::Collector& collector, Watch& watch) {
  const auto deadline = net::steady_now() + kDrainTime;
  std::uint64_t before = frames_of(collector);
  int quiet = 0;
  watch.follow({.time = kDrainTime,
                .headline = "The simulator has stopped; reading what is still on its way",
                .ended = [&] {
                  const std::uint64_t now = frames_of(collector);
                  quiet = now == before ? quiet + 1 : 0;
                  before = now;
                  return quiet >= 5 || net::steady_now() > deadline;
                }});
}

int report_check(const Result<std::vector<CheckRow>>& checked, std::uint64_t refused) {
  if (!checked) return fail(checked.error());
  bool equal = !checked->empty() && refused == 0;
  std::string out = fmt::format("\n{:<10}{:<15}{:>10}{:>10}{:>10}{:>10}  {}\n", "VENUE", "CHANNEL",
                                "SENT", "JOURNAL", "NDJSON", "PARQUET", "SUMS");
  for (const auto& row : *checked) {
    out += fmt::format("{:<10}{:<15}{:>10}{:>10}{:>10}{:>10}  {}\n", row.venue,
                       name_of(row.channel), row.sent.count, row.journal.count, row.ndjson.count,
                       row.parquet.count, row.equal() ? "equal" : "DIFFERENT");
    equal = equal && row.equal();
  }
  out += equal ? "check passed: every number that was sent is in the journal, NDJSON and Parquet\n"
               : fmt::format("check FAILED ({} frames could not be used)\n", refused);
  std::fwrite(out.data(), 1, out.size(), stdout);
  return equal ? 0 : 1;
}

void print_next_steps(const pipeline::Collector& collector, const fs::path& dir) {
  std::uint64_t gaps = 0;
  for (const auto* feed : collector.feeds()) gaps += feed->counters().gaps;
  std::string out = "\n" + summary_of(collector.health());
  out += fmt::format(
      "Stored {} events ({} gaps) in {}: journal, NDJSON and Parquet.\n"
      "Next:\n"
      "  {} query --data {} \"SELECT venue, instrument, count(*), avg(price) FROM trade "
      "GROUP BY ALL ORDER BY ALL\"\n"
      "  {} run binance:BTC-USDT okx:ETH-USDT-PERP        the real venues\n",
      with_commas(collector.journal_counters().appended), gaps, dir.string(), program(),
      dir.string(), program());
  std::fwrite(out.data(), 1, out.size(), stdout);
}

int run_demo(const DemoOptions& options, const fs::path& dir, obs::Logger& log) {
  const std::string ca_file = (dir / "simulator-ca.pem").string();
  auto simulator = sim::Simulator::start({.seed = options.seed,
                                          .rate_per_second = options.rate,
                                          .ca_file = ca_file,
                                          .ledger_entries_max = options.check ? 2'000'000U : 0U});
  if (!simulator) return fail(simulator.error());
  Screen screen{options.plain, log};
  const auto config = demo_config(dir, **simulator, ca_file, options);
  auto collector =
      pipeline::Collector::create(collector_config(config, Sinks::as_configured), screen.log());
  if (!collector) return fail(collector.error());
  Watch watch{**collector, screen};

  if (const auto started = (*collector)->start(); !started) return fail(started.error());
  auto room = ControlRoom::open({.collector = **collector,
                                 .config = config,
                                 .mode = ControlRoom::Mode::demo,
                                 .faults = demo_faults(**simulator)},
                                screen.log());
  if (!room) {
    (void)(*collector)->stop();
    return fail(room.error());
  }
  const auto time = options.check && !options.time ? std::optional{kCheckTime} : options.time;
  watch.follow({.time = time,
                .headline = headline("demo (2 simulated venues, no network)", **room, dir),
                .ended = [] { return false; }});
  const auto stood_still = (*simulator)->stop_traffic(kSimulatorPatience);
  if (options.check) drain(**collector, watch);
  room->reset();
  const auto stopped = (*collector)->stop();
  (*simulator)->stop();
  if (!stood_still) return fail(stood_still.error());
  if (!stopped) return fail(stopped.error());
  if (!options.check) {
    print_next_steps(**collector, dir);
    return 0;
  }
  std::uint64_t refused = 0;
  for (const auto* feed : (*collector)->feeds()) {
    refused += feed->counters().malformed + feed->counters().unknown + feed->counters().rejected;
  }
  return report_check(check_demo({.ledger = (*simulator)->ledger(),
                                  .journal_locations = (*collector)->journal_locations(),
                                  .data_dir = dir}),
                      refused);
}

}  // namespace

int demo(const DemoOptions& options, obs::Logger& log) {
  watch_for_stop();
  const auto dir = data_dir_of(options);
  if (!dir) return fail(dir.error());
  const int code = run_demo(options, *dir, log);
  if (options.check && code == 0) fs::remove_all(*dir);
  return code;
}

}  // namespace mp::cli
