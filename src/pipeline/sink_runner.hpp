// L4. The sink runner: reads the journal for one sink, in a thread of its own, and makes sure that
// each event is delivered or accounted for.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "pipeline/sink_runner_feed.hpp"

namespace mp::pipeline {

// A thread that drives one feed. It owns the sink. One sink's trouble stays in its thread.
class SinkRunner {
 public:
  SinkRunner(const SinkRunnerConfig& config, const journal::ReaderConfig& journal,
             std::unique_ptr<sink::Sink> sink, Chance chance,
             OpenReader open = journal::Reader::open);
  ~SinkRunner();

  // Starts the thread, which opens the journal and the sink; where it cannot, it tries again with
  // growing pauses, and problem() says why.
  Result<void> start();
  // Delivers what is in the journal within the deadline of the configuration, closes the sink and
  // ends the thread. What could not be delivered is in the journal for the next start.
  void stop();
  // Asks the thread to stop and returns at once: several runners drain at the same time.
  void begin_stop();

  [[nodiscard]] SinkCounters counters() const;
  [[nodiscard]] const SinkStages& stages() const { return feed_.stages(); }
  [[nodiscard]] std::string problem() const;
  [[nodiscard]] sink::Upkeep upkeep() const;
  // Why the sink is not open; nothing: it is.
  [[nodiscard]] std::optional<Error> not_open() const;
  [[nodiscard]] std::string_view name() const { return config_.name; }
  // The thread ended, and all that it read of the journal is delivered.
  [[nodiscard]] bool drained() const { return drained_.load(std::memory_order_acquire); }
  // The thread ended by itself: the journal is closed and drained, or cannot be read.
  [[nodiscard]] bool ended() const { return ended_.load(std::memory_order_acquire); }

 private:
  void run();
  void back_off(std::chrono::milliseconds longest, bool draining);
  void publish();

  SinkRunnerConfig config_;
  const bool has_cursor_;
  std::unique_ptr<sink::Sink> sink_;
  SinkFeed feed_;
  std::thread thread_;
  std::atomic<bool> ended_ = false;
  std::atomic<bool> drained_ = false;
  std::atomic<bool> stopping_ = false;
  // Guards what other threads ask for: the copies below, and the wake-up from a back-off.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  SinkCounters counters_;
  std::string problem_;
  sink::Upkeep upkeep_;
  std::optional<Error> not_open_;
};

}  // namespace mp::pipeline
