#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/stop_request.hpp"
#include "codec/json_encode.hpp"
#include "net/clock.hpp"
#include "sim/replay_venue.hpp"
#include "sim/server.hpp"

namespace mp::cli {
namespace {

constexpr std::chrono::nanoseconds kAskedEvery = std::chrono::milliseconds{200};
constexpr std::chrono::milliseconds kTick{1};  // how exactly frames keep their pace
constexpr std::size_t kQueueBytesMax = std::size_t{512} << 20U;  // more than a frame can have

std::string json_text(std::string_view text) {
  std::string out;
  codec::append_json_string(text, out);
  return out;
}

// Whoever waits for the line gets it at once, through a pipe too.
void say_where(const sim::Simulator& simulator, const std::string& ca_file, std::size_t connections,
               std::size_t frames) {
  const std::string line = fmt::format(
      R"({{"ws_url":"{}","rest_url":"{}","ca_file":{},"connections":{},"frames":{}}})"
      "\n",
      simulator.ws_url(sim::ReplayVenue::kName), simulator.rest_url(sim::ReplayVenue::kName),
      json_text(ca_file), connections, frames);
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
}

// Until it is over. How many frames are to come is known as long as none is served again.
void follow(const sim::ReplayVenue& venue, std::size_t frames, const ServeOptions& options) {
  Progress progress{options.progress, ProgressUnit::frames};
  if (!progress.wanted()) return wait_for_stop(options.time);
  const auto begun = net::steady_now();
  for (auto passed = begun - begun; !stop_requested(); passed = net::steady_now() - begun) {
    if (options.time && passed >= *options.time) break;
    const auto left = options.time ? *options.time - passed : kAskedEvery;
    wait_for_stop(std::min<std::chrono::nanoseconds>(left, kAskedEvery));
    const std::uint64_t sent = venue.frames_sent();
    progress.at_of(sent, sent <= frames ? std::optional<std::uint64_t>{frames} : std::nullopt);
  }
  progress.finish();
}

std::string summary_of(const sim::ReplayCounters& counters) {
  std::string faults;
  for (std::size_t i = 0; i < counters.faults.size(); ++i) {
    if (counters.faults[i] == 0) continue;
    if (!faults.empty()) faults += ',';
    faults += fmt::format(R"("{}":{})", sim::fault_name(static_cast<sim::FaultAction>(i)),
                          counters.faults[i]);
  }
  return fmt::format(R"({{"sessions":{},"frames_sent":{},"frames_unsent":{},"rest_answers":{},)"
                     R"("not_found":{},"faults":{{{}}}}})"
                     "\n",
                     counters.sessions, counters.frames_sent, counters.frames_unsent,
                     counters.rest_answers, counters.not_found, faults);
}

}  // namespace

int serve(const ServeOptions& options) {
  watch_for_stop();
  auto faults = sim::parse_fault_plan(options.faults);
  if (!faults) return fail(faults.error());
  auto recording = sim::load_recording(options.recording);
  if (!recording) return fail(recording.error());
  if (!recording->problem.empty()) complain(recording->problem);
  const std::size_t connections = recording->connections.size();
  const std::size_t frames = recording->frames();

  auto owned = std::make_unique<sim::ReplayVenue>(
      recording.take(), sim::ReplayConfig{.speed = options.speed,
                                          .close_at_the_end = options.close_at_the_end,
                                          .faults = faults.take(),
                                          .ledger_file = options.ledger});
  sim::ReplayVenue& venue = *owned;  // the simulator has it from here, and outlives its use
  if (const auto opened = venue.open(); !opened) return fail(opened.error());
  auto simulator = sim::Simulator::start({.first_port = options.port,
                                          .ca_file = options.ca_file,
                                          .tick = kTick,
                                          .ledger_entries_max = 0,
                                          .queue_bytes_max = kQueueBytesMax},
                                         std::move(owned));
  if (!simulator) return fail(simulator.error());
  const std::string ca_file = std::filesystem::absolute(options.ca_file).string();
  say_where(**simulator, ca_file, connections, frames);
  complain(fmt::format("serving {} ({} connections, {} frames) on {}; Ctrl-C ends it",
                       options.recording, connections, frames,
                       (*simulator)->ws_url(sim::ReplayVenue::kName)));

  follow(venue, frames, options);
  (*simulator)->stop();
  const std::string summary = summary_of(venue.counters());
  std::fwrite(summary.data(), 1, summary.size(), stderr);
  const auto closed = venue.close();
  return closed ? 0 : fail(closed.error());
}

}  // namespace mp::cli
