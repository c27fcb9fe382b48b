#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cstdio>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/stop_request.hpp"
#include "sim/load.hpp"

namespace mp::cli {
namespace {

constexpr std::chrono::seconds kLingerAtMost{30};

// Whoever waits for the line gets it at once, through a pipe too.
void say(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
}

// What is typed is thrown away; only the end matters.
bool stdin_closed() {
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  if (::poll(&input, 1, 0) <= 0) return false;
  char bytes[256];
  return ::read(STDIN_FILENO, bytes, sizeof bytes) <= 0;
}

std::string text_of(const sim::LoadReport& report) {
  return fmt::format(
      R"({{"messages":{},"trades":{},"depths":{},"quotes":{},"bytes":{},"records":{},"sends":{},)"
      R"("sessions":{},"sessions_dropped":{},"seconds":{:.6f},"cpu_seconds":{:.6f},)"
      R"("messages_per_second":{:.0f},"late_p50_ns":{},"late_p99_ns":{},"late_max_ns":{}}})"
      "\n",
      report.messages, report.trades, report.depths, report.quotes, report.bytes, report.records,
      report.sends, report.sessions, report.sessions_dropped, report.seconds, report.cpu_seconds,
      static_cast<double>(report.messages) / report.seconds, report.late_p50.count(),
      report.late_p99.count(), report.late_max.count());
}

}  // namespace

int simulate_load(const SimulateLoadOptions& options) {
  watch_for_stop();
  auto server = sim::LoadServer::open(options.load);
  if (!server) return fail(server.error());
  say(fmt::format("{{\"port\":{}}}\n", (*server)->port()));
  const sim::LoadHooks hooks{.begin = [] { say("{\"begin\":true}\n"); },
                             .stop =
                                 [&options] {
                                   return stop_requested() ||
                                          (options.until_stdin_closes && stdin_closed());
                                 }};
  const auto report = (*server)->run(hooks);
  if (!report) return fail(report.error());
  say(text_of(*report));
  (*server)->linger(kLingerAtMost, hooks);
  return 0;
}

}  // namespace mp::cli
