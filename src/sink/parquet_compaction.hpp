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

  // Begins a run when it is time for one.
  void tick(Timestamp now);
  // Ends a run that is under way, at once.
  void stop();

 private:
  void run(Timestamp now);

  const CompactConfig config_;
  std::optional<Timestamp> next_at_;
  std::thread thread_;
  std::atomic<bool> ended_ = true;
  std::atomic<bool> stopping_ = false;
  // Guards the compactor that a stop interrupts from another thread.
  std::mutex mutex_;
  Compactor* working_ = nullptr;
};

// As the section has it; nothing where it is not wanted, or another of the sink's runners does it.
[[nodiscard]] std::unique_ptr<ParquetCompaction> compaction_of(const Settings& settings);

}  // namespace mp::sink
