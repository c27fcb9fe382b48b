#include "cli/reload_options.hpp"

#include <CLI/CLI.hpp>

namespace mp::cli {

void add_reload_options(CLI::App& app, ReloadOptions& options) {
  app.description(
      "Asks the collector that runs with a configuration file to read it anew, and prints what\n"
      "that changed: + and - venue, instrument, channels. What goes on notices nothing. A mistake\n"
      "in the file changes nothing. `kill -HUP` does the same, and the log says what changed.\n\n"
      "Examples:\n"
      "  marketprism reload marketprism.toml\n"
      "  marketprism reload --data /srv/market\n");
  app.add_option("config", options.config, "The configuration file of the collector");
  app.add_option("--data", options.data_dir, "Or its data directory")->capture_default_str();
}

}  // namespace mp::cli
