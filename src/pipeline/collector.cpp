#include "pipeline/collector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <random>

#include "core/files.hpp"
#include "core/utf8.hpp"
#include "journal/shards.hpp"
#include "pipeline/assignment.hpp"
#include "venue/registry.hpp"

namespace mp::pipeline {
namespace {

// A shard's part of what all journals together may take.
journal::Config journal_of(const CollectorConfig& config, std::uint32_t number) {
  journal::Config out = config.journal;
  if (!out.dir.empty()) out.dir = journal::shard_location(out.dir, number);
  if (config.shards == 1) return out;
  constexpr std::uint64_t kPage = 4096;
  constexpr std::uint64_t kSpareMin = 16 * kPage;
  out.retention_bytes /= config.shards;
  if (out.spare_memory_bytes > 0) {
    out.spare_memory_bytes =
        std::max(out.spare_memory_bytes / config.shards / kPage * kPage, kSpareMin);
  }
  return out;
}

std::string too_large_text(const journal::WriterTroubles& troubles) {
  return fmt::format(
      "{} events were larger than half a journal segment, up to {} bytes, and were dropped, each "
      "stretch marked as a gap; `segment_bytes` in [journal] must be at least twice that",
      troubles.too_large, troubles.too_large_bytes);
}

}  // namespace

Result<std::unique_ptr<Collector>> Collector::create(const CollectorConfig& config,
                                                     obs::Logger& log) {
  if (config.shards == 0 || config.shards > journal::kShardsMax) {
    return Error{ErrorKind::config,
                 fmt::format("shards is {}; expected 1 to {}", config.shards, journal::kShardsMax)};
  }
  std::unique_ptr<Collector> made{new Collector{log}};
  const auto& dir = config.journal.dir;
  made->notes_ = std::make_unique<StreamNotes>(dir.empty() ? dir : dir / "streams");
  if (const auto read = made->notes_->read(); !read) {
    log.warn("notes_ignored", {{"problem", read.error().message}});
  }
  made->add_budgets(config.feeds);
  const auto recording =
      name_recording(config.recording, config.shards, config.if_recording_exists);
  if (!recording) return recording.error();
  if (*recording != config.recording) {
    log.warn("recording_beside",
             {{"exists", config.recording.string()}, {"file", recording->string()}});
  }
  if (auto added = made->add_shards(config, *recording); !added) return added.error();
  if (auto added = made->add_retired(config); !added) return added.error();
  if (!dir.empty()) {
    if (auto recalled = made->recall(); !recalled) return recalled.error();
  }
  if (auto added = made->add_sinks(config); !added) return added.error();
  return made;
}

Result<void> Collector::add_shards(const CollectorConfig& config,
                                   const std::filesystem::path& recording) {
  const bool replace = config.if_recording_exists == IfExists::replace;
  shard_count_ = config.shards;
  auto feeds = spread(config.feeds);
  for (std::uint32_t number = 0; number < config.shards; ++number) {
    ShardParts parts{.log = log_, .budgets = budgets_, .notes = *notes_, .watch = {}};
    if (number == 0) parts.watch = [this] { say_problems(); };
    auto shard =
        Shard::create({.number = number,
                       .count = config.shards,
                       .journal = journal_of(config, number),
                       .feeds = std::move(feeds[number]),
                       .recording = recording,
                       .existing = replace ? codec::Existing::replace : codec::Existing::refuse,
                       .busy_poll = config.busy_poll,
                       .keep_notes_every = config.keep_notes_every},
                      parts);
    if (!shard) return shard.error();
    shards_.push_back(shard.take());
    for (const auto& feed : shards_.back()->feeds()) add_feed(*feed);
    sources_.push_back({.number = number,
                        .location = shards_.back()->journal().location(),
                        .shard = shards_.back().get()});
  }
  return {};
}

// An earlier run had more shards: what their journals hold is still to be delivered and read.
// Opening one mends what a kill left, lets old segments go, and closes it again.
Result<void> Collector::add_retired(const CollectorConfig& config) {
  if (config.journal.dir.empty()) return {};
  const auto numbers = journal::shards_in(config.journal.dir);
  if (!numbers) return numbers.error();
  for (const std::uint32_t number : *numbers) {
    if (number < config.shards) continue;
    auto journal = journal::Writer::open(journal_of(config, number));
    if (!journal) return journal.error();
    sources_.push_back({.number = number,
                        .location = (*journal)->location(),
                        .shard = nullptr,
                        .retired_next = (*journal)->next_index()});
  }
  return {};
}

// A sink has a runner for each journal, with a cursor and files of its own.
Result<void> Collector::add_sinks(const CollectorConfig& config) {
  const auto count = static_cast<std::uint32_t>(sources_.size());
  for (const sink::Settings& wanted : config.sinks) {
    const auto runner = settings_of_runner(wanted);
    if (!runner) return runner.error();
    for (const Source& source : sources_) {
      // A runner's own generator, so that the runners' threads share nothing.
      auto chance = [random = std::mt19937_64{std::random_device{}()}]() mutable {
        return static_cast<std::uint32_t>(random());
      };
      const journal::ReaderConfig reader{.location = source.location,
                                         .name = wanted.name,
                                         .from = journal::From::cursor,
                                         .hold = true};
      sink::Settings settings = wanted;
      settings.shard = {.number = source.number, .count = count};
      deliveries_.push_back(
          {.from = &source,
           .runner = std::make_unique<SinkRunner>(*runner, reader, settings.spec().make(settings),
                                                  std::move(chance))});
    }
  }
  return {};
}

Collector::~Collector() {
  if (running_) (void)stop();
}

Result<void> Collector::start() {
  running_ = true;
  Result<void> started;
  for (const auto& delivery : deliveries_) {
    if (started) started = delivery.runner->start();
  }
  for (const auto& shard : shards_) {
    if (started) started = shard->start();
  }
  if (!started) (void)stop();
  return started;
}

void Collector::say_problems() {
  say_sink_problems();
  say_journal_problems();
}

// What a journal's writer cannot tell anybody else while it runs: events that no segment takes, and
// a disk that refuses to write back. More of the same is said when it has doubled.
void Collector::say_journal_problems() {
  for (Source& source : sources_) {
    if (source.shard == nullptr) continue;
    const auto now = source.shard->journal().troubles();
    const std::string where = source.location.string();
    if (now.too_large > 2 * source.troubles.too_large) {
      log_.error("journal_event_too_large", {{"dir", where}, {"problem", too_large_text(now)}});
      source.troubles.too_large = now.too_large;
    }
    if (now.sync_errors > 2 * source.troubles.sync_errors) {
      log_.error("journal_not_written_back",
                 {{"dir", where},
                  {"problem", fmt::format("the disk refused {} times; a power loss may cost what "
                                          "was collected",
                                          now.sync_errors)}});
      source.troubles.sync_errors = now.sync_errors;
    }
  }
}

// Each new trouble of a sink, once: a full disk, a damaged journal, a server that is down.
void Collector::say_sink_problems() {
  const auto say = [&](const Delivery& delivery, std::string_view event, std::string problem,
                       std::string& said) {
    if (problem == said) return;
    if (!problem.empty()) {
      log_.warn(event, {{"sink", delivery.runner->name()},
                        {"journal", delivery.from->location.string()},
                        {"problem", problem}});
    }
    said = std::move(problem);
  };
  for (Delivery& delivery : deliveries_) {
    say(delivery, "sink_problem", delivery.runner->problem(), delivery.problem);
    say(delivery, "sink_upkeep_failed", delivery.runner->upkeep().problem, delivery.upkeep_problem);
  }
}

Result<void> Collector::stop() {
  running_ = false;
  for (const auto& shard : shards_) shard->begin_stop();
  Result<void> recorded;
  for (const auto& shard : shards_) {
    if (auto stopped = shard->stop(); !stopped && recorded) recorded = stopped;
  }
  if (const auto written = notes_->write(); !written) {
    log_.warn("notes_not_written", {{"problem", written.error().message}});
  }
  for (const auto& delivery : deliveries_) delivery.runner->begin_stop();
  for (const auto& delivery : deliveries_) delivery.runner->stop();
  const auto synced = sync_journals();
  if (!recorded) return recorded;
  for (const auto& shard : shards_) {
    if (auto kept = all_kept(*shard); !kept) return kept;
  }
  for (const auto& delivery : deliveries_) {
    if (auto delivered = all_delivered(delivery); !delivered) return delivered;
  }
  return synced;
}

// The disk has all that it was asked to have, and has never refused.
Result<void> Collector::sync_journals() {
  Result<void> result;
  for (const auto& shard : shards_) {
    auto synced = shard->sync_journal();
    const auto errors = shard->journal().troubles().sync_errors;
    if (synced && errors > 0) {
      synced = Error{ErrorKind::io,
                     fmt::format("the disk of {} refused {} times to write the journal back; a "
                                 "power loss may cost what was collected",
                                 shard->journal().location().string(), errors)};
    }
    if (synced) continue;
    log_.error("journal_not_written_back", {{"problem", synced.error().message}});
    if (result) result = synced;
  }
  return result;
}

// The first reason for which events were dropped.
Result<void> Collector::all_kept(const Shard& shard) const {
  const auto dropped = shard.journal().counters().dropped;
  const auto troubles = shard.journal().troubles();
  const std::string where = shard.journal().location().string();
  if (dropped > troubles.too_large + troubles.refused) {
    return Error{ErrorKind::io,
                 fmt::format("the disk of {} was full: {} events were dropped; each stretch is "
                             "marked as a gap",
                             where, dropped - troubles.too_large - troubles.refused)};
  }
  if (troubles.refused > 0) {
    return os_error(fmt::format("the journal {} could not be written, and {} events were dropped; "
                                "each stretch is marked as a gap",
                                where, troubles.refused),
                    troubles.refused_code);
  }
  if (troubles.too_large == 0) return {};
  return Error{ErrorKind::config, fmt::format("journal {}: {}", where, too_large_text(troubles))};
}

Result<void> Collector::all_delivered(const Delivery& delivery) const {
  const SinkRunner& sink = *delivery.runner;
  const Source& from = *delivery.from;
  const auto counters = sink.counters();
  // Where nothing was there to read, all had been delivered by an earlier run.
  if (counters.cursor >= from.next_index() || (counters.read == 0 && sink.drained())) return {};
  if (const auto error = sink.not_open()) {
    return Error{error->kind,
                 fmt::format("sink {} could not be opened, and what it did not get stays in the "
                             "journal {} for the next start ({})",
                             sink.name(), from.location.string(), error->message)};
  }
  const std::string why = sink.problem().empty() ? "no problem was reported" : sink.problem();
  if (from.shard == nullptr || from.shard->journal().room() == journal::Room::as_configured) {
    return Error{
        ErrorKind::unavailable,
        fmt::format("sink {} has delivered {} of {} events; the rest stays in the journal "
                    "{} for the next start ({})",
                    sink.name(), counters.cursor, from.next_index(), from.location.string(), why)};
  }
  return Error{
      ErrorKind::io,
      fmt::format("{} (journal {}): sink {} has delivered {} of {} events, and the journal holds "
                  "the newest in memory only ({})",
                  why_no_segment(from.shard->journal().troubles().room_code),
                  from.location.string(), sink.name(), counters.cursor, from.next_index(), why)};
}

std::vector<Error> Collector::nothing_to_collect() const {
  std::vector<Error> why;
  for (const auto* feed : feeds()) {
    if (!feed->planned() || feed->subscriptions() > 0) return {};
    why.insert(why.end(), feed->refusals().begin(), feed->refusals().end());
  }
  if (why.empty()) {
    why.push_back({ErrorKind::config,
                   "there is nothing to collect: none of the wanted instruments "
                   "has any of the wanted channels"});
  }
  return why;
}

std::optional<Error> Collector::nothing_collected() const {
  std::string why;
  for (const auto* feed : feeds()) {
    if (feed->counters().collected.value() > 0) return std::nullopt;
    std::string problem = feed->state().problem;
    const bool reached = feed->counters().connects > 0;
    if (reached && problem.empty()) return std::nullopt;  // it had nothing to say
    if (problem.empty()) problem = "it had not answered yet";
    // A line break of the venue's would begin a sentence of its own.
    const auto of_venue = fmt::format("{}: {}", feed->venue(), printable(problem));
    if (why.find(of_venue) != std::string::npos) continue;  // each shard has a feed of the venue
    why.append(why.empty() ? "" : "; ").append(of_venue);
  }
  if (why.empty()) return std::nullopt;
  return Error{ErrorKind::unavailable, "nothing was collected: " + why};
}

std::vector<Waiting> Collector::waiting() const {
  std::vector<Waiting> out;
  for (const auto* feed : feeds()) {
    auto waiting = feed->state().waiting;
    std::ranges::move(waiting, std::back_inserter(out));
  }
  return out;
}

std::vector<FeedHealth> Collector::health() const {
  std::vector<FeedHealth> out;
  for (const auto* feed : feeds()) out.push_back(feed->state().health);
  return out;
}

bool Collector::recording_failed() const {
  return std::ranges::any_of(shards_, [](const auto& shard) {
    return shard->recording() != nullptr && shard->recording()->failed();
  });
}

std::vector<std::filesystem::path> Collector::recordings() const {
  std::vector<std::filesystem::path> out;
  for (const auto& shard : shards_) {
    const auto* recording = shard->recording();
    const bool is_there = recording != nullptr && !recording->failed() && !recording->discarded();
    if (is_there) out.push_back(recording->file());
  }
  return out;
}

void Collector::discard_empty_recordings() {
  for (const auto& shard : shards_) {
    auto* const recording = shard->recording();
    if (recording != nullptr && recording->empty()) recording->discard();
  }
}

void Collector::discard_recordings() {
  for (const auto& shard : shards_) {
    if (auto* recording = shard->recording()) recording->discard();
  }
}

std::vector<std::filesystem::path> Collector::journal_locations() const {
  std::vector<std::filesystem::path> out;
  for (const Source& source : sources_) out.push_back(source.location);
  return out;
}

journal::WriterCounters Collector::journal_counters() const {
  journal::WriterCounters sum;
  for (const auto& shard : shards_) {
    const auto counters = shard->journal().counters();
    sum.appended += counters.appended;
    sum.dropped += counters.dropped;
    sum.segments += counters.segments;
    sum.bytes += counters.bytes;
    sum.sync_errors += counters.sync_errors;
  }
  return sum;
}

}  // namespace mp::pipeline
