#include "cli/list_options.hpp"

#include <CLI/CLI.hpp>

namespace mp::cli {

void add_listed_instruments(CLI::App& app, ListInstrumentsOptions& options) {
  const auto add = [&](const char* name, auto& value, const char* help) {
    app.add_option(name, value, help)->group("Instruments");
  };
  add("--venue", options.venue, "Whose");
  app.add_option("--kind", options.kind, "spot, perpetual, future or option")
      ->check(CLI::IsMember({"spot", "perpetual", "future", "option"}))
      ->group("Instruments");
  add("--base", options.base, "Base currency");
  add("--quote", options.quote, "Quote currency");
  add("--status", options.status, "trading, halted, ...");
  add("--name", options.name, "Our name, with * for anything");
  add("--set", options.overrides, "As for run");
}

}  // namespace mp::cli
