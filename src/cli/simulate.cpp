#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/stop_request.hpp"
#include "sim/server.hpp"

namespace mp::cli {
int simulate(const SimulateOptions& options) {
  watch_for_stop();
  const sim::Config config{.seed = options.seed,
                           .rate_per_second = options.rate,
                           .first_port = options.port,
                           .ca_file = options.ca_file,
                           .ledger_entries_max = 0};
  auto simulator = sim::Simulator::start(config);
  if (!simulator) return fail(simulator.error());
  const std::string ca_file = std::filesystem::absolute(options.ca_file).string();
  for (const auto& venue : config.venues) {
    const std::string line =
        fmt::format("--set {0}.ws_url={1} --set {0}.rest_url={2} --set {0}.ca_file={3}\n", venue,
                    (*simulator)->ws_url(venue), (*simulator)->rest_url(venue), ca_file);
    std::fwrite(line.data(), 1, line.size(), stdout);
  }
  std::fflush(stdout);
  wait_for_stop(options.time);
  (*simulator)->stop();
  const auto statistics = (*simulator)->statistics();
  complain(fmt::format("served {} sessions, {} messages, {} REST answers",
                       statistics.connections_opened, statistics.messages_sent,
                       statistics.rest_answers));
  return 0;
}

}  // namespace mp::cli
