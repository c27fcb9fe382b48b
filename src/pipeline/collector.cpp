#include "pipeline/collector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <random>

namespace mp::pipeline {
namespace {

constexpr std::chrono::milliseconds kRoomEvery{500};

}  // namespace

Result<std::unique_ptr<Collector>> Collector::create(const CollectorConfig& config,
                                                     obs::Logger& log) {
  std::unique_ptr<Collector> made{new Collector{log}};
  made->busy_poll_ = config.busy_poll;
  auto journal = journal::Writer::open(config.journal);
  if (!journal) return journal.error();
  made->journal_ = journal.take();
  if (!config.recording.empty()) {
    const bool one_venue = config.feeds.size() == 1;
    auto recording = codec::RecordingWriter::open(
        config.recording, {.venue = one_venue ? std::string_view{config.feeds[0].venue} : "",
                           .recorded = net::now(),
                           .program = "marketprism"});
    if (!recording) return recording.error();
    made->recording_ = recording.take();
  }
  made->io_ = std::make_unique<net::IoContext>(1);
  made->buffers_ = std::make_unique<net::ReceiveBuffers>();
  made->tasks_ = std::make_unique<TaskGroup>(*made->io_);
  made->stop_watching_ = std::make_unique<Signal>(*made->io_);
  if (auto added = made->add_feeds(config); !added) return added.error();
  if (auto added = made->add_sinks(config); !added) return added.error();
  return made;
}

Result<void> Collector::add_feeds(const CollectorConfig& config) {
  const FeedParts parts{.io = *io_,
                        .buffers = *buffers_,
                        .journal = *journal_,
                        .log = log_,
                        .recording = recording_.get()};
  for (const auto& feed_config : config.feeds) {
    auto feed = Feed::create(feed_config, parts);
    if (!feed) return feed.error();
    feeds_.push_back(feed.take());
  }
  return {};
}

Result<void> Collector::add_sinks(const CollectorConfig& config) {
  for (const auto& sink_config : config.sinks) {
    const auto* entry = sink::sink_named(sink_config.name);
    if (entry == nullptr) {
      return Error{ErrorKind::config, fmt::format("there is no sink named \"{}\"; `marketprism "
                                                  "list sinks` shows those that there are",
                                                  sink_config.name)};
    }
    // A sink's own generator, so that the runners' threads share nothing.
    auto chance = [random = std::mt19937_64{std::random_device{}()}]() mutable {
      return std::uniform_real_distribution<double>{}(random);
    };
    sinks_.push_back(
        std::make_unique<SinkRunner>(sink_config.runner,
                                     journal::ReaderConfig{.location = journal_->location(),
                                                           .name = sink_config.name,
                                                           .from = journal::From::cursor,
                                                           .hold = true},
                                     entry->make(sink_config.settings), std::move(chance)));
  }
  return {};
}

Collector::~Collector() {
  if (io_thread_.joinable()) (void)stop();
}

Result<void> Collector::start() {
  for (const auto& sink : sinks_) {
    if (auto started = sink->start(); !started) return started;
  }
  for (const auto& feed : feeds_) tasks_->spawn(feed->run());
  tasks_->spawn(watch_room());
  io_thread_ = std::thread{[this] { run_io(); }};
  return {};
}

// Ends when all feeds have ended. An exception here is a bug of ours: the process ends.
void Collector::run_io() {
  while (busy_poll_ && !io_->stopped()) io_->poll();
  io_->run();
}

// Says when the journal's disk is full and when it is not any more.
net::Task<void> Collector::watch_room() {
  auto before = journal::Room::as_configured;
  while (!stopping_) {
    const auto room = journal_->room();
    if (room != before) {
      const std::string where = journal_->location().string();
      if (room == journal::Room::as_configured) {
        log_.info("journal_disk_has_room", {{"dir", where}});
      } else if (room == journal::Room::spare_memory) {
        log_.warn("journal_disk_full",
                  {{"dir", where}, {"problem", "the disk is full; events are kept in memory"}});
      } else {
        log_.error("journal_disk_full",
                   {{"dir", where},
                    {"problem",
                     "the disk is full and so is the spare memory; events are dropped, "
                     "and each stretch will be marked as a gap"}});
      }
      before = room;
    }
    say_sink_problems();
    co_await stop_watching_->wait_for(kRoomEvery);
  }
}

// Each new trouble of a sink, once: a full disk, a damaged journal, a server that is down.
void Collector::say_sink_problems() {
  sink_problems_.resize(sinks_.size());
  for (std::size_t i = 0; i < sinks_.size(); ++i) {
    std::string problem = sinks_[i]->problem();
    if (problem == sink_problems_[i]) continue;
    if (!problem.empty()) {
      log_.warn("sink_problem", {{"sink", sinks_[i]->name()}, {"problem", problem}});
    }
    sink_problems_[i] = std::move(problem);
  }
}

Result<void> Collector::stop() {
  if (io_thread_.joinable()) {
    boost::asio::post(*io_, [this] {
      stopping_ = true;
      stop_watching_->set();
      for (const auto& feed : feeds_) feed->stop();
    });
    io_thread_.join();
  }
  for (const auto& sink : sinks_) sink->begin_stop();
  for (const auto& sink : sinks_) sink->stop();
  if (recording_) {
    if (auto closed = recording_->close(); !closed) return closed;
  }
  if (const auto dropped = journal_->counters().dropped; dropped > 0) {
    return Error{ErrorKind::io,
                 fmt::format("the disk of {} was full: {} events were dropped; each stretch is "
                             "marked as a gap",
                             journal_->location().string(), dropped)};
  }
  for (const auto& sink : sinks_) {
    if (auto delivered = all_delivered(*sink); !delivered) return delivered;
  }
  return {};
}

Result<void> Collector::all_delivered(const SinkRunner& sink) const {
  const auto counters = sink.counters();
  if (counters.cursor >= journal_->next_index()) return {};
  const std::string why = sink.problem().empty() ? "no problem was reported" : sink.problem();
  if (journal_->room() == journal::Room::as_configured) {
    return Error{ErrorKind::unavailable,
                 fmt::format("sink {} has delivered {} of {} events; the rest stays in the journal "
                             "for the next start ({})",
                             sink.name(), counters.cursor, journal_->next_index(), why)};
  }
  return Error{ErrorKind::io,
               fmt::format("the disk of {} is full: sink {} has delivered {} of {} events, and the "
                           "journal holds the newest in memory only ({})",
                           journal_->location().string(), sink.name(), counters.cursor,
                           journal_->next_index(), why)};
}

std::vector<Error> Collector::nothing_to_collect() const {
  std::vector<Error> why;
  for (const auto& feed : feeds_) {
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

}  // namespace mp::pipeline
