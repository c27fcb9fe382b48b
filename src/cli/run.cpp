#include <fmt/format.h>

#include <algorithm>

#include "cli/collect.hpp"
#include "cli/commands.hpp"
#include "cli/control_room.hpp"
#include "cli/data_journals.hpp"
#include "cli/output.hpp"
#include "cli/reload.hpp"
#include "cli/service.hpp"
#include "cli/status.hpp"
#include "cli/stop_request.hpp"
#include "cli/watch.hpp"
#include "config/check.hpp"
#include "config/feed_changes.hpp"

namespace mp::cli {
namespace {

Result<config::Config> configured(const RunOptions& options) {
  auto config = load_targets(options.targets, options.overrides);
  if (!config) return config;
  const auto take = [&](bool given, auto& to, const auto& value, const char* key,
                        const char* option) {
    if (!given) return;
    to = value;
    config->origins.set(key, option);
  };
  take(!options.data_dir.empty(), config->data.dir, options.data_dir, "data.dir", "--data");
  take(options.shards != 0, config->collector.shards, options.shards, "collector.shards",
       "--shards");
  take(options.legs != 0, config->collector.legs, options.legs, "collector.legs", "--legs");
  take(!options.listen.empty(), config->control.listen, options.listen, "control.listen",
       "--listen");
  take(!options.record.empty(), config->record.file, options.record, "record.file", "--record");
  if (!options.sinks) {
    config->journal.memory = true;  // nobody but the table reads it
    config->control.listen = "none";
  }
  return config;
}

enum class Stored : std::uint8_t { nothing, something };

void print_summary(const pipeline::Collector& collector, const config::Config& config,
                   Stored stored) {
  std::uint64_t frames = 0;
  std::uint64_t gaps = 0;
  std::uint64_t refused = 0;
  for (const auto* feed : collector.feeds()) {
    frames += feed->counters().frames;
    gaps += feed->counters().gaps;
    refused += feed->counters().malformed + feed->counters().unknown;
  }
  const auto journal = collector.journal_counters();
  std::string out = "\n" + summary_of(collector.health());
  out += fmt::format("{} frames, {} events, {} gaps, {} frames of no use\n", with_commas(frames),
                     with_commas(journal.appended), gaps, refused);
  for (const auto& file : collector.recordings()) {
    out += fmt::format("Recorded in {}.  Next: {} replay {} --top 5\n", file.string(), program(),
                       file.string());
  }
  if (stored == Stored::something) {
    out += fmt::format(
        "Stored in {}.  Next: {} query --data {} \"SELECT venue, instrument, count(*) FROM trade "
        "GROUP BY ALL\"\n",
        config.data.dir.string(), program(), config.data.dir.string());
  }
  std::fwrite(out.data(), 1, out.size(), stdout);
}

// Delivers, and says what came of it all.
int finish(pipeline::Collector& collector, const config::Config& config, const RunOptions& options,
           const std::vector<Error>& nothing) {
  const auto stopped = collector.stop();
  if (!nothing.empty()) {
    collector.discard_recordings();
    for (std::size_t i = 1; i < nothing.size(); ++i) complain(nothing[i].message);
    return fail(nothing.front());
  }
  // Who could not record may have ended before anything could come.
  const auto unreached =
      collector.recording_failed() ? std::nullopt : collector.nothing_collected();
  if (unreached) collector.discard_empty_recordings();
  const bool stored = options.sinks && !unreached;
  print_summary(collector, config, stored ? Stored::something : Stored::nothing);
  if (unreached) complain(unreached->message);
  if (!stopped) return fail(stopped.error());
  // Who ended it before its time need not be told that it failed.
  return unreached && !stop_requested() ? exit_code(unreached->kind) : 0;
}

// What the control API wants collected besides, or no longer.
Desk::Answer change_feeds(const control::FeedWish& wish, config::Config& config,
                          pipeline::Collector& collector, obs::Logger& log) {
  const auto known = known_to_this_program();
  const bool adds = wish.what == control::FeedWish::What::add;
  auto feeds = adds ? config::with_feeds(config.feeds, wish.feeds, known)
                    : config::without_feeds(config.feeds, wish.feeds, known);
  if (!feeds) return {.code = exit_code(feeds.error().kind), .text = feeds.error().message};
  config::Config fresh = config;
  fresh.feeds = feeds.take();
  auto answer = apply(fresh, config, collector, log);
  log.info("feeds_changed", {{"changes", answer.text}, {"code", answer.code}});
  return answer;
}

Desk::Answer answer_to(const Desk::Question& question, const pipeline::Collector& collector) {
  if (question.text == kAskStatus)
    return {.text = status_table(collector.health(), collector.waiting()) +
                    sink_troubles(collector.sinks())};
  if (question.text == kAskStatusJson)
    return {.text = status_json(collector.health(), collector.waiting()) +
                    sinks_json(collector.sinks())};
  if (question.text == kAskReload) {
    return {.code = exit_code(ErrorKind::unavailable),
            .text =
                "the collector has no configuration file to read anew; expected one that was "
                "started by `marketprism run CONFIG`"};
  }
  return {.code = exit_code(ErrorKind::usage),
          .text = "the collector is of another version, and does not know that question"};
}

struct Running {
  const RunOptions& options;
  config::Config& config;
  pipeline::Collector& collector;
  Desk* desk;    // null: nobody can ask
  bool reloads;  // there is a file to be read anew
  obs::Logger& log;
  Service& service;
};

// Reads the configuration anew, and says what that changed.
Desk::Answer read_anew(const Running& running) {
  running.service.reloading();
  auto answer = apply(configured(running.options), running.config, running.collector, running.log);
  if (answer.code == 0) {
    running.log.info("reloaded", {{"changes", answer.text}});
  } else {
    running.log.error("not_reloaded", {{"problem", answer.text}});
  }
  running.service.reloaded((answer.code == 0 ? "reloaded: " : "not reloaded: ") + answer.text);
  return answer;
}

// Answers who asks. True: the configuration was read anew.
bool serve(const Running& running) {
  const auto asked = running.desk != nullptr ? running.desk->question() : std::nullopt;
  const bool reload_asked = running.reloads && asked && asked->text == kAskReload;
  const bool reload = take_reload_request() || reload_asked;
  std::optional<Desk::Answer> answer;
  if (reload) answer = read_anew(running);
  if (!asked) return reload;
  if (!reload_asked) answer = answer_to(*asked, running.collector);
  if (const auto told = running.desk->answer(*asked, *answer); !told)
    running.log.warn("question_not_answered", {{"problem", told.error().message}});
  return reload;
}

// Shows the collector and answers who asks, until it is over. What it answers: why there is nothing
// to collect.
std::vector<Error> follow(const Running& running, ControlRoom& room, Watch& watch) {
  auto& collector = running.collector;
  auto& service = running.service;
  const Service::Hands hands{.alive = [&] { return collector.answers(); },
                             .status = [&] { return status_line(collector.instruments()); }};
  service.ready();
  std::vector<Error> nothing;
  bool changed = false;
  const auto ended = [&] {
    service.tick(net::steady_now(), hands);
    changed |= serve(running);
    room.change_if_asked([&](const ControlRoom::Wish& wish) {
      changed = true;
      return wish ? change_feeds(*wish, running.config, collector, running.log)
                  : read_anew(running);
    });
    // What a change leaves may be nothing for a while.
    if (!changed) nothing = collector.nothing_to_collect();
    // Who only records has nothing else to go on with.
    return !nothing.empty() || (!running.options.sinks && collector.recording_failed());
  };
  watch.follow({.time = running.options.time,
                .headline = headline("run", room, running.config.data.dir),
                .ended = ended});
  service.stopping();
  return nothing;
}

// Whoever has the desk has the data directory.
Result<std::unique_ptr<Desk>> desk_of(const config::Config& config) {
  auto desk = Desk::open(config.data.dir);
  if (!desk) return desk;
  const auto noted = note_journal(config.data.dir, config::journal_config(config).dir);
  if (!noted) return noted.error();
  return desk;
}

}  // namespace

int run(const RunOptions& options, obs::Logger& log) {
  const bool reloads = options.sinks && is_file(options.targets);
  watch_for_stop(reloads ? HangUp::reloads : HangUp::stops);
  auto config = configured(options);
  if (!config) return fail(config.error());
  obey(config->log, log);
  if (const auto made = make_directory(config->data.dir); !made) return fail(made.error());
  // Who wants events on standard output reads all else on standard error.
  const auto writes_there = [](const sink::Settings& sink) {
    return sink.spec().type == "stdout" && sink.flag("enabled");
  };
  if (options.sinks && std::ranges::any_of(config->sinks, writes_there)) stdout = stderr;
  Screen screen{options.plain, log};
  for (const auto& warning : config::warnings_of(*config)) {
    screen.log().warn("configuration", {{"problem", warning}});
  }
  auto wanted = collector_config(*config, options.sinks ? Sinks::as_configured : Sinks::none);
  if (!options.sinks) {
    using pipeline::IfExists;
    wanted.if_recording_exists = options.overwrite ? IfExists::replace : IfExists::refuse;
  }
  auto collector = pipeline::Collector::create(wanted, screen.log());
  if (!collector) return fail(collector.error());
  Watch watch{**collector, screen};

  std::unique_ptr<Desk> desk;
  if (options.sinks) {
    auto opened = desk_of(*config);
    if (!opened) return fail(opened.error());
    desk = opened.take();
  }
  // The room shows what was configured at first; a change of feeds is seen in the instruments.
  const config::Config at_first = *config;
  if (const auto started = (*collector)->start(); !started) return fail(started.error());
  auto room = ControlRoom::open(
      {.collector = **collector, .config = at_first, .reloads = reloads, .changes = true},
      screen.log());
  if (!room) {
    (void)(*collector)->stop();
    return fail(room.error());
  }
  auto service = Service::of_environment();
  const auto nothing = follow(
      {options, *config, **collector, desk.get(), reloads, screen.log(), service}, **room, watch);
  room->reset();
  return finish(**collector, *config, options, nothing);
}

}  // namespace mp::cli
