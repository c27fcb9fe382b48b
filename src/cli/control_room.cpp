#include "cli/control_room.hpp"

#include <fmt/format.h>

#include <chrono>
#include <sstream>
#include <utility>

#include "cli/running.hpp"
#include "config/units.hpp"
#include "net/clock.hpp"

namespace mp::cli {
namespace {

constexpr std::chrono::seconds kReloadPatience{30};

std::vector<control::ConfigEntry> entries_of(const config::Config& config) {
  std::vector<control::ConfigEntry> out;
  for (auto& each : config::effective(config)) {
    out.push_back({.key = std::move(each.key),
                   .value = std::move(each.value),
                   .origin = std::move(each.origin)});
  }
  return out;
}

Desk::Answer ended() {
  return {.code = exit_code(ErrorKind::unavailable), .text = "the collector ends"};
}

}  // namespace

Result<void> ControlRoom::open_legacy(const Parts& parts, const control::Identity& identity) {
  const auto& wanted = parts.config.control;
  for (const auto& listen : {wanted.legacy_health, wanted.legacy_metrics}) {
    const auto place = config::parse_listen(listen);
    if (!place) continue;  // none
    auto legacy = control::Legacy::start({.host = place->host, .port = place->port},
                                         parts.collector, identity);
    if (!legacy) return legacy.error();
    legacy_.push_back(legacy.take());
  }
  return {};
}

Result<std::unique_ptr<ControlRoom>> ControlRoom::open(Parts parts, obs::Logger& log) {
  std::unique_ptr<ControlRoom> room{new ControlRoom};
  const std::string& listen = parts.config.control.listen;
  const control::Identity identity{.version = MP_VERSION,
                                   .mode = parts.mode == Mode::demo ? "demo" : "run",
                                   .data_dir = parts.config.data.dir,
                                   .started = net::now()};
  if (const auto opened = room->open_legacy(parts, identity); !opened) return opened.error();
  if (listen == "none") return room;
  // Of the time when it began: what may change while it runs are feeds alone.
  control::Powers powers{.config = [entries = entries_of(parts.config)] { return entries; },
                         .faults = std::move(parts.faults)};
  if (parts.reloads) powers.reload = [it = room.get()] { return it->ask_for({}); };
  if (parts.changes)
    powers.change = [it = room.get()](const control::FeedWish& wish) { return it->ask_for(wish); };
  const auto place = config::parse_listen(listen);
  if (!place) {
    return Error{ErrorKind::config,
                 fmt::format("\"{}\" is no place to listen; expected HOST:PORT as in {}, or none",
                             listen, config::kListenUsual)};
  }
  const auto& memory = parts.config.memory;
  control::ApiConfig wanted{.host = place->host,
                            .port = place->port,
                            .memory = {.trim_above = memory.trim_above.count,
                                       .budgets = {memory.books.count, memory.connections.count,
                                                   memory.journal.count, memory.sinks.count}}};
  auto api = control::Api::start(wanted, parts.collector, identity, powers, log);
  if (!api && api.error().kind == ErrorKind::unavailable && listen == config::kListenUsual) {
    const std::string problem = api.error().message;
    wanted.port = 0;
    api = control::Api::start(wanted, parts.collector, identity, std::move(powers), log);
    if (api) log.info("control_elsewhere", {{"url", (*api)->url()}, {"problem", problem}});
  }
  if (!api) return api.error();
  room->data_dir_ = parts.config.data.dir;
  room->api_ = api.take();
  if (const auto noted = note_running(parts.config.data.dir, room->url()); !noted)
    log.warn("control_not_noted", {{"problem", noted.error().message}});
  return room;
}

// Whoever waits for a reload must not hold up the end.
ControlRoom::~ControlRoom() {
  {
    const std::lock_guard guard{mutex_};
    ending_ = true;
    if (asked_) asked_->answer.set_value(ended());
    asked_.reset();
  }
  if (api_) forget_running(data_dir_);
}

Result<std::vector<std::string>> ControlRoom::ask_for(Wish wish) {
  std::future<Desk::Answer> answered;
  {
    const std::lock_guard guard{mutex_};
    if (ending_) return Error{ErrorKind::unavailable, ended().text};
    asked_.emplace(Asked{.wish = std::move(wish), .answer = {}});
    answered = asked_->answer.get_future();
  }
  if (answered.wait_for(kReloadPatience) != std::future_status::ready) {
    return Error{ErrorKind::unavailable, "the collector is busy and has not changed within 30 s"};
  }
  const auto answer = answered.get();
  if (answer.code != 0) return Error{ErrorKind::config, answer.text};
  std::vector<std::string> lines;
  std::istringstream text{answer.text};
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

std::string headline(std::string_view command, const ControlRoom& room,
                     const std::filesystem::path& data_dir) {
  const auto url = room.url();
  return fmt::format("marketprism {}{}{} - data in {} - Ctrl-C ends it", command,
                     url.empty() ? "" : " - ", url, data_dir.string());
}

void ControlRoom::change_if_asked(const Change& change) {
  std::optional<Asked> asked;
  {
    const std::lock_guard guard{mutex_};
    asked = std::exchange(asked_, std::nullopt);
  }
  if (asked) asked->answer.set_value(change(asked->wish));
}

}  // namespace mp::cli
