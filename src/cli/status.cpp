#include "cli/status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>

#include "cli/commands.hpp"
#include "cli/desk.hpp"
#include "cli/output.hpp"
#include "codec/json_object.hpp"
#include "core/name_limit.hpp"
#include "core/utf8.hpp"
#include "pipeline/venue_health.hpp"

namespace mp::cli {
namespace {

constexpr std::size_t kReasonBytesMax = 512;

using pipeline::ConnectionHealth;
using pipeline::ConnectionState;
using pipeline::FeedHealth;
using pipeline::Race;
using pipeline::Uptime;
using pipeline::Waiting;
using std::chrono::milliseconds;

// Never rounded up: 100 % is all of it.
std::string percent(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "-";
  const std::uint64_t hundredths = part * 10'000 / whole;
  return fmt::format("{}.{:02} %", hundredths / 100, hundredths % 100);
}
std::string percent(const Uptime& uptime) {
  return percent(static_cast<std::uint64_t>(uptime.live.count()),
                 static_cast<std::uint64_t>(uptime.wanted.count()));
}

std::string count_of(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string time_of(milliseconds time) {
  if (time < std::chrono::minutes{1})
    return fmt::format("{}.{} s", time.count() / 1000, time.count() / 100 % 10);
  if (time < std::chrono::hours{1})
    return fmt::format("{} min", std::chrono::floor<std::chrono::minutes>(time).count());
  return fmt::format("{} h", std::chrono::floor<std::chrono::hours>(time).count());
}

std::string lead_of(const Race& race) {
  const std::uint64_t all = race.first + race.late;
  if (race.late == 0 && race.first == 0) return "-";
  auto out = "first " + percent(race.first, all);
  if (race.timed > 0) {
    const auto mean = race.behind / static_cast<std::int64_t>(race.timed);
    out += fmt::format(", else {:.1f} ms late", static_cast<double>(mean.count()) / 1e6);
  }
  return out;
}

std::string state_of(const ConnectionHealth& connection) {
  if (connection.state == ConnectionState::live) return "live " + time_of(connection.uptime);
  return std::string{name_of(connection.state)};
}

std::string leader_of(const std::map<std::uint32_t, Race>& legs) {
  std::uint64_t first = 0;
  for (const auto& [leg, race] : legs) first += race.first;
  if (legs.size() < 2 || first == 0) return {};
  const auto leader =
      std::ranges::max_element(legs, {}, [](const auto& each) { return each.second.first; });
  Race others;
  for (const auto& [leg, race] : legs) {
    if (leg != leader->first) others += race;
  }
  auto out = fmt::format("; leg {} led, first with {} of {}", leader->first + 1,
                         percent(leader->second.first, first), count_of(first, "message"));
  if (others.timed > 0) {
    const auto mean = others.behind / static_cast<std::int64_t>(others.timed);
    out += fmt::format(", by {:.1f} ms in the mean", static_cast<double>(mean.count()) / 1e6);
  }
  return out;
}

}  // namespace

std::string status_table(const std::vector<FeedHealth>& health,
                         const std::vector<Waiting>& waiting) {
  constexpr std::string_view kRow = "{:<22} {:<16} {:>7} {:>9} {:>9} {:>9} {:>12} {:>14}  {}\n";
  std::string out = fmt::format(kRow, "CONNECTION", "STATE", "TOPICS", "SILENT", "DELAY", "PING",
                                "CONNECTS", "MESSAGES", "LEG");
  for (const auto& feed : health) {
    for (const auto& each : feed.connections) {
      const bool live = each.state == ConnectionState::live;
      out += fmt::format(kRow, each.name, state_of(each), each.topics,
                         live ? time_of(each.silence) : "-",
                         each.delay ? fmt::format("{} ms", each.delay->count()) : "-",
                         each.round_trip ? fmt::format("{} ms", each.round_trip->count()) : "-",
                         fmt::format("{} (-{})", each.connects, each.disconnects), each.messages,
                         lead_of(each.race));
      if (!each.reason.empty()) out += "  " + printable(each.reason, kReasonBytesMax) + "\n";
    }
  }
  out += summary_of(health);
  for (const auto& each : waiting) {
    out += fmt::format("{} {}: {}\n", each.venue, printable(each.name, kNameBytesMax),
                       printable(each.reason, kReasonBytesMax));
  }
  return out;
}

namespace {

void append_line(std::string_view type, const auto& value, std::string& out) {
  {
    codec::JsonObject object{out, codec::JsonTimes::nanoseconds};
    object.add("type", type);
    object.add_fields(value);
  }
  out += '\n';
}

}  // namespace

std::string status_json(const std::vector<FeedHealth>& health,
                        const std::vector<Waiting>& waiting) {
  std::string out;
  for (const auto& feed : health) append_line("feed", feed, out);
  for (const auto& each : waiting) append_line("waiting", each, out);
  return out;
}

std::string sink_troubles(const std::vector<pipeline::SinkView>& sinks) {
  std::string out;
  const auto say = [&](const pipeline::SinkView& sink, std::string_view what,
                       std::string_view problem) {
    if (problem.empty()) return;
    out += fmt::format("sink {}{}: {}\n", sink.name, what, printable(problem, kReasonBytesMax));
  };
  for (const auto& sink : sinks) {
    say(sink, sink.is_open ? "" : ", which is not open", sink.problem);
    say(sink, fmt::format(", upkeep, failed {} times and tried again", sink.upkeep_failures),
        sink.upkeep_problem);
  }
  return out;
}

std::string sinks_json(const std::vector<pipeline::SinkView>& sinks) {
  std::string out;
  for (const auto& sink : sinks) append_line("sink", sink, out);
  return out;
}

std::string status_line(const std::vector<pipeline::InstrumentView>& instruments) {
  const auto live = std::ranges::count(instruments, pipeline::StreamState::live,
                                       &pipeline::InstrumentView::state);
  std::uint64_t gaps = 0;
  for (const auto& each : instruments) gaps += each.gaps;
  return fmt::format("{} of {} live, {} gaps", live, instruments.size(), gaps);
}

std::string summary_of(const std::vector<FeedHealth>& health) {
  std::string out;
  for (const auto& [venue, of] : pipeline::by_venue(health)) {
    out += fmt::format("{}: available {}, {}, {}{}\n", venue, percent(of.day),
                       count_of(of.connects, "connect"), count_of(of.disconnects, "disconnect"),
                       leader_of(of.legs));
  }
  return out;
}

int status(const StatusOptions& options) {
  const auto answer = Desk::ask(options.data_dir, options.json ? kAskStatusJson : kAskStatus);
  if (!answer) return fail(answer.error());
  if (answer->code != 0) {
    complain(answer->text);
    return answer->code;
  }
  Output out;
  out.buffer() += options.json ? answer->text : harmless(answer->text);
  if (const auto flushed = out.flush(); !flushed) return fail(flushed.error());
  return 0;
}

}  // namespace mp::cli
