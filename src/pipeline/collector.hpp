// L4. Collector: the only place that knows all parts. Feeds write the journal on an I/O thread;
// sinks read it on theirs.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/result.hpp"
#include "journal/journal.hpp"
#include "pipeline/feed.hpp"
#include "pipeline/sink_runner.hpp"
#include "sink/registry.hpp"

namespace mp::pipeline {

struct SinkConfig {
  std::string name;
  sink::Settings settings;
  SinkRunnerConfig runner;
};

struct CollectorConfig {
  journal::Config journal;
  std::vector<FeedConfig> feeds;
  std::vector<SinkConfig> sinks;
  std::filesystem::path recording;  // raw frames go there too; empty: nowhere
  bool busy_poll = false;  // never sleep while waiting for frames: quicker by a wake-up, for a core
};

// Made, started and stopped by one thread.
class Collector {
 public:
  // Opens the journal and makes the parts; nothing runs yet. Errors are those of the parts.
  // `log` outlives it.
  static Result<std::unique_ptr<Collector>> create(const CollectorConfig& config, obs::Logger& log);
  ~Collector();
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  // Opens the sinks and starts all threads. An error leaves nothing running.
  Result<void> start();

  // Closes the sessions, then lets the sinks deliver what the journal holds. The first thing that
  // was not delivered is the error.
  Result<void> stop();

  // All feeds know what they will collect, and it is nothing: why. Empty while unknown or fine.
  [[nodiscard]] std::vector<Error> nothing_to_collect() const;

  [[nodiscard]] const std::vector<std::unique_ptr<Feed>>& feeds() const { return feeds_; }
  [[nodiscard]] const std::vector<std::unique_ptr<SinkRunner>>& sinks() const { return sinks_; }
  [[nodiscard]] std::filesystem::path journal_location() const { return journal_->location(); }
  // Only after stop().
  [[nodiscard]] journal::WriterCounters journal_counters() const { return journal_->counters(); }

 private:
  explicit Collector(obs::Logger& log) : log_(log) {}
  Result<void> add_feeds(const CollectorConfig& config);
  Result<void> add_sinks(const CollectorConfig& config);
  void run_io();
  net::Task<void> watch_room();
  void say_sink_problems();
  [[nodiscard]] Result<void> all_delivered(const SinkRunner& sink) const;

  obs::Logger& log_;
  bool busy_poll_ = false;

  std::unique_ptr<journal::Writer> journal_;
  std::unique_ptr<codec::RecordingWriter> recording_;
  std::unique_ptr<net::IoContext> io_;
  std::unique_ptr<net::ReceiveBuffers> buffers_;
  std::vector<std::unique_ptr<Feed>> feeds_;
  std::vector<std::unique_ptr<SinkRunner>> sinks_;
  std::unique_ptr<TaskGroup> tasks_;
  std::unique_ptr<Signal> stop_watching_;
  bool stopping_ = false;                   // this and what follows is the I/O thread's
  std::vector<std::string> sink_problems_;  // as last said
  std::thread io_thread_;
};

}  // namespace mp::pipeline
