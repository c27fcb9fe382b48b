#include "cli/reload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <tuple>

#include "cli/collect.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace mp::cli {
namespace {

// "+ binance BTC-USDT trade,book", sorted.
std::string lines_of(const std::vector<pipeline::Collector::VenueChange>& changes) {
  std::map<std::tuple<std::string, std::string, char>, std::string> channels;
  for (const auto& change : changes) {
    const auto add = [&](const std::vector<pipeline::WantedStream>& streams, char sign) {
      for (const auto& stream : streams) {
        auto& list = channels[{change.venue, stream.instrument, sign}];
        list.append(list.empty() ? "" : ",").append(name_of(stream.channel));
      }
    };
    add(change.added, '+');
    add(change.removed, '-');
  }
  std::string out;
  for (const auto& [key, list] : channels) {
    const auto& [venue, instrument, sign] = key;
    out += fmt::format("{} {} {} {}\n", sign, venue, instrument, list);
  }
  return out;
}

// Where venues are reached holds for those that are new.
bool needs_restart(config::Config fresh, config::Config running) {
  std::erase_if(fresh.venues, [&](const auto& venue) {
    return std::ranges::find(running.feeds, venue.first, &config::Feed::venue) ==
               running.feeds.end() &&
           !running.venues.contains(venue.first);
  });
  fresh.feeds.clear();
  running.feeds.clear();
  fresh.log = running.log = {};
  return fresh != running;
}

}  // namespace

Desk::Answer apply(const Result<config::Config>& fresh, config::Config& running,
                   pipeline::Collector& collector, obs::Logger& log) {
  if (!fresh) return {.code = exit_code(fresh.error().kind), .text = fresh.error().message};
  const auto changed = collector.change(collector_config(*fresh, Sinks::none).feeds);
  if (!changed) return {.code = exit_code(changed.error().kind), .text = changed.error().message};
  Desk::Answer answer{.text = lines_of(*changed)};
  for (const auto& waits : collector.waiting()) {
    if (waits.symbol.empty())
      answer.text += fmt::format("? {} {}: {}\n", waits.venue, waits.name, waits.reason);
  }
  if (answer.text.empty()) answer.text = "no stream was added or removed\n";
  // A level that somebody chose while it runs stays until the file says another.
  if (fresh->log != running.log) {
    obey(fresh->log, log);
    answer.text +=
        fmt::format("log: level {}, {}\n", name_of(fresh->log.level), name_of(fresh->log.format));
    running.log = fresh->log;
  }
  if (needs_restart(*fresh, running))
    answer.text += "what else is new in the file takes effect with the next start\n";
  running.feeds = fresh->feeds;
  return answer;
}

int reload(const ReloadOptions& options) {
  std::filesystem::path dir = options.data_dir;
  if (!options.config.empty()) {
    const auto config = load_targets({options.config});
    if (!config) return fail(config.error());
    dir = config->data.dir;
  }
  const auto answer = Desk::ask(dir, kAskReload);
  if (!answer) return fail(answer.error());
  if (answer->code != 0) {
    complain("nothing was changed: " + answer->text);
    return answer->code;
  }
  const std::string text = harmless(answer->text);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

}  // namespace mp::cli
