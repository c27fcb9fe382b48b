// L3. Compaction in the background of a Parquet sink: a thread now and then, told the time.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "sink/compact.hpp"

namespace mp::sink {

class ParquetCompaction {
 public:
  explicit ParquetCompaction(const CompactConfig& config) : config_(config) {}
  ~ParquetCompaction() { stop(); }
  ParquetCompaction(const ParquetCompaction&) = delete;
  ParquetCompaction& operator=(const ParquetCompaction&) = delete;

  // Begins a run when it is time for one. What failed stays as it is, and is tried again without
  // end, with growing pauses: the sink does not depend on it.
  void tick(Timestamp now);
  // Ends a run that is under way, at once.
  void stop();
  [[nodiscard]] bool is_running() const { return !ended_; }
  // As of the last tick.
  [[nodiscard]] const Upkeep& upkeep() const { return upkeep_; }

 private:
  // How a run ended; empty: well.
  struct Outcome {
    std::string problem;
    bool held_up = false;  // others had the files, as they may
  };
  void run(Timestamp now);
  [[nodiscard]] Outcome compact(Timestamp now);
  void settle(Timestamp now);
  void end(const Outcome& outcome, Timestamp now);

  const CompactConfig config_;
  std::optional<Timestamp> next_at_;
  std::thread thread_;
  std::atomic<bool> ended_ = true;
  std::atomic<bool> stopping_ = false;
  // Guards the compactor that a stop interrupts from another thread.
  std::mutex mutex_;
  Compactor* working_ = nullptr;
  Outcome outcome_;        // of the thread, until it is joined
  unsigned failures_ = 0;  // in a row, those that were held up too
  Upkeep upkeep_;
};

// As the section has it; nothing where it is not wanted, or another of the sink's runners does it.
[[nodiscard]] std::unique_ptr<ParquetCompaction> compaction_of(const Settings& settings);

}  // namespace mp::sink
