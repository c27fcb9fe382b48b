#include "bench/load_process.hpp"

namespace mp::bench {
namespace {

constexpr std::chrono::seconds kListenWithin{30};  // 10,000 instruments are written first
constexpr std::chrono::seconds kPatience{120};     // for the clients to connect and subscribe

}  // namespace

Result<LoadProcess> LoadProcess::start(const LoadOptions& options) {
  std::vector<std::string> arguments{"simulate",
                                     "--load",
                                     std::to_string(options.instruments),
                                     "--levels",
                                     std::to_string(options.levels),
                                     "--messages",
                                     std::to_string(options.messages),
                                     "--messages-per-record",
                                     std::to_string(options.messages_per_record),
                                     "--ca-file",
                                     options.ca_file.string(),
                                     "--patience",
                                     std::to_string(kPatience.count()),
                                     "--until-stdin-closes"};
  if (options.rate != 0) {
    arguments.insert(arguments.end(), {"--load-rate", std::to_string(options.rate)});
  }
  if (options.wait_for_snapshots) arguments.emplace_back("--wait-for-snapshots");
  if (options.cpu >= 0) arguments.insert(arguments.end(), {"--cpu", std::to_string(options.cpu)});
  auto child = Child::start(arguments);
  if (!child) return child.error();
  const auto line = child->line(kListenWithin);
  if (!line) return line.error();
  return LoadProcess{child.take(), static_cast<std::uint16_t>(number_in(*line, "port"))};
}

Result<void> LoadProcess::wait_begin() {
  const auto line = child_.line(2 * kPatience);
  return line ? Result<void>{} : Result<void>{line.error()};
}

Result<LoadFacts> LoadProcess::wait_end() {
  const auto line = child_.line(kPatience);
  if (!line) return line.error();
  return LoadFacts{.messages = number_in(*line, "messages"),
                   .seconds = number_in(*line, "seconds"),
                   .cpu_seconds = number_in(*line, "cpu_seconds"),
                   .late_p50_ns = number_in(*line, "late_p50_ns"),
                   .late_p99_ns = number_in(*line, "late_p99_ns")};
}

}  // namespace mp::bench
