#include "cli/load_options.hpp"

#include <CLI/CLI.hpp>

namespace mp::cli {

void add_load(CLI::App& app, SimulateLoadOptions& options) {
  sim::LoadConfig& load = options.load;
  const char* const group = "Load generator";
  app.add_option("--load", load.instruments,
                 "Send Binance's messages of N instruments at full speed, or at --load-rate")
      ->check(CLI::Range(std::size_t{1}, sim::kLoadInstrumentsMax))
      ->type_name("N")
      ->group(group);
  const auto add = [&](const char* name, auto& value, const char* help) {
    app.add_option(name, value, help)->needs("--load")->capture_default_str()->group(group);
  };
  add("--levels", load.levels, "Of a book's side");
  add("--streams", load.streams_expected, "Begin when so many are subscribed; 0: all");
  add("--messages-per-record", load.messages_per_record, "0: full TLS records");
  add("--records-per-write", load.records_per_write, "0: 64, or 64 KB of full ones");
  add("--load-rate", load.rate, "Messages per second, on schedule; 0: full speed");
  add("--messages", load.messages, "End after so many; 0: no limit");
  add("--weight", load.weight_per_minute,
      "Of REST calls in a minute, then 429 and 418; 0: no limit");
  add("--cpu", load.cpu, "Run there; -1: anywhere");
  app.add_option_function<std::uint32_t>(
         "--patience",
         [&load](std::uint32_t seconds) { load.patience = std::chrono::seconds{seconds}; },
         "Seconds for the clients to subscribe, then to fetch (default: 120)")
      ->needs("--load")
      ->type_name("SECONDS")
      ->group(group);
  const auto add_flag = [&](const char* name, bool& value, const char* help) {
    app.add_flag(name, value, help)->needs("--load")->group(group);
  };
  add_flag("--wait-for-snapshots", load.wait_for_snapshots,
           "Send slowly until every book's snapshot was fetched");
  add_flag("--until-stdin-closes", options.until_stdin_closes, "End with the parent process");
}

}  // namespace mp::cli
