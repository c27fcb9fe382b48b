#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/stop_request.hpp"
#include "sim/server.hpp"

namespace mp::cli {
namespace {

constexpr std::chrono::milliseconds kAskEvery{50};

}  // namespace

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
  const auto start = std::chrono::steady_clock::now();
  while (!stop_requested()) {
    if (options.time && std::chrono::steady_clock::now() - start >= *options.time) break;
    std::this_thread::sleep_for(kAskEvery);
  }
  (*simulator)->stop();
  const auto statistics = (*simulator)->statistics();
  complain(fmt::format("served {} sessions, {} messages, {} REST answers",
                       statistics.connections_opened, statistics.messages_sent,
                       statistics.rest_answers));
  return 0;
}

}  // namespace mp::cli
