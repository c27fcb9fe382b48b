#include "control/health.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <sys/timex.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "control/venue_checks.hpp"

namespace mp::control {
namespace {

constexpr std::uint64_t kDiskWarning = std::uint64_t{10} << 30U;
constexpr std::uint64_t kDiskFailing = std::uint64_t{1} << 30U;
constexpr double kSlowShare = 0.01;

double gib(std::uint64_t bytes) {
  return static_cast<double>(bytes) / static_cast<double>(std::uint64_t{1} << 30U);
}

// Receive times are this clock's.
Check clock_check() {
  Check out{.name = "clock"};
  timex state{};
  const int synchronised = ::adjtimex(&state);
  if (synchronised == TIME_ERROR || (state.status & STA_UNSYNC) != 0) {
    out.status = Verdict::warning;
    out.text = "the system's clock is not synchronised, so receive times may be off";
    out.fix = "run an NTP client (chrony, systemd-timesyncd)";
    return out;
  }
  const auto error_ms = static_cast<double>(state.maxerror) / 1e3;
  out.text = fmt::format("synchronised, at most {:.1f} ms off", error_ms);
  return out;
}

Check descriptor_check() {
  const auto now = obs::descriptors();
  Check out{.name = "descriptors", .text = fmt::format("{} open of {}", now.open, now.limit)};
  if (now.limit != 0 && now.open * 10 > now.limit * 8) {
    out.status = Verdict::warning;
    out.fix = "raise the limit (ulimit -n, LimitNOFILE=)";
  }
  return out;
}

Check disk_check(const std::filesystem::path& data_dir) {
  Check out{.name = "disk"};
  struct statvfs disk{};
  if (::statvfs(data_dir.c_str(), &disk) != 0) {
    out.status = Verdict::warning;
    out.text = "the system does not say how much room " + data_dir.string() + " has";
    return out;
  }
  const std::uint64_t free = disk.f_bavail * disk.f_frsize;
  out.text = fmt::format("{:.1f} GiB free at {}", gib(free), data_dir.string());
  if (free >= kDiskWarning) return out;
  out.status = free < kDiskFailing ? Verdict::failing : Verdict::warning;
  out.fix = "make room, or lower retention_bytes in [journal]";
  return out;
}

Check instrument_check(Observer& observer) {
  Check out{.name = "instruments"};
  const auto& rows = observer.rows();
  const auto live = std::ranges::count_if(
      rows, [](const auto& row) { return row.view.state == pipeline::StreamState::live; });
  out.text = fmt::format("{} of {} live", live, rows.size());
  if (static_cast<std::size_t>(live) == rows.size() && !rows.empty()) return out;
  out.status = live == 0 ? Verdict::failing : Verdict::warning;
  for (const auto& row : rows) {
    if (row.view.state == pipeline::StreamState::live) continue;
    out.text += fmt::format("; {} {} is {}: {}", row.view.venue, row.name(),
                            pipeline::name_of(row.view.state), row.view.reason);
    break;
  }
  out.fix = "`marketprism top` shows each instrument with its reason";
  return out;
}

Check journal_check(const pipeline::Collector& collector) {
  Check out{.name = "journal", .text = "writes"};
  for (const auto& journal : collector.journals()) {
    if (journal.dropped > 0) {
      out.status = Verdict::failing;
      out.text = fmt::format("{} events were dropped, each stretch marked", journal.dropped);
      out.fix = "make room on the disk of the data directory";
    } else if (!journal.has_room && out.status == Verdict::ok) {
      out.status = Verdict::warning;
      out.text = "the disk is full, and events are kept in memory";
      out.fix = "make room on the disk of the data directory";
    }
  }
  return out;
}

Check sink_check(const pipeline::SinkView& sink) {
  Check out{.name = "sink " + sink.name,
            .text = fmt::format("{} delivered, {} behind", sink.delivered, sink.lag)};
  if (!sink.is_open) {
    out.status = Verdict::failing;
  } else if (sink.dead_letters > 0 || sink.missed > 0 || !sink.problem.empty() ||
             !sink.upkeep_problem.empty()) {
    out.status = Verdict::warning;
  }
  if (!sink.problem.empty()) out.text += ": " + sink.problem;
  if (!sink.upkeep_problem.empty()) {
    out.text += fmt::format("; its upkeep failed {} times and is tried again: {}",
                            sink.upkeep_failures, sink.upkeep_problem);
  }
  if (sink.dead_letters > 0) out.text += fmt::format("; {} dead letters", sink.dead_letters);
  if (sink.missed > 0) {
    out.text += fmt::format("; retention took {} events before they were read", sink.missed);
    out.fix = "raise retention_bytes or retention_age in [journal]";
  }
  return out;
}

// Frames that nobody knows, or that only the exact reader reads, are how a venue's change of its
// protocol shows first.
Check protocol_check(const Observer& observer) {
  const auto totals = observer.totals();
  Check out{
      .name = "protocol",
      .text = fmt::format("{} frames: {} unknown, {} malformed, {} read slowly", totals.frames,
                          totals.unknown, totals.malformed, totals.slow_reads)};
  const auto slow = static_cast<double>(totals.slow_reads);
  if (totals.malformed > 0 || totals.unknown > 0 ||
      slow > kSlowShare * static_cast<double>(totals.frames)) {
    out.status = Verdict::warning;
    out.fix = "look into `quarantine` of the data directory: the venue may have changed";
  }
  return out;
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  constexpr std::array<std::string_view, 3> kNames = {"ok", "warning", "failing"};
  return kNames[static_cast<std::size_t>(verdict)];
}

Check memory_check(const Memory& memory) {
  Check out{.name = "memory", .text = "neither grows nor has more than it may"};
  const auto warnings = memory.warnings();
  if (warnings.empty()) return out;
  out.status = Verdict::warning;
  out.text = fmt::format("{}", fmt::join(warnings, "; "));
  out.fix = "`marketprism memory snapshot`, and `memory diff` some time later, tell who it is";
  return out;
}

std::vector<Check> machine_checks(const std::filesystem::path& data_dir) {
  return {clock_check(), descriptor_check(), disk_check(data_dir)};
}

std::vector<Check> collector_checks(const pipeline::Collector& collector, Observer& observer) {
  std::vector<Check> out{instrument_check(observer), journal_check(collector),
                         protocol_check(observer)};
  const auto now = net::now();
  std::vector<net::CertificateSeen> seen;
  for (const auto* feed : collector.feeds())
    std::ranges::move(feed->certificates(), std::back_inserter(seen));
  out.push_back(venue_clock_check(collector.health()));
  out.push_back(certificate_check(seen, now));
  out.push_back(silence_check(observer.rows(), observer.uptime()));
  out.push_back(disk_time_check(observer.disk_time_left()));
  for (const auto& sink : collector.sinks()) out.push_back(sink_check(sink));
  return out;
}

Verdict worst_of(const std::vector<Check>& checks) {
  auto worst = Verdict::ok;
  for (const auto& check : checks) worst = std::max(worst, check.status);
  return worst;
}

}  // namespace mp::control
