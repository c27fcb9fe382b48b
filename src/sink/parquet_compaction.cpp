#include "sink/parquet_compaction.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <exception>
#include <system_error>

namespace mp::sink {
namespace {

constexpr std::chrono::minutes kFirstAfter{1};
constexpr std::chrono::minutes kInterval{10};
constexpr std::uint64_t kMemoryMin = std::uint64_t{128} << 20U;
constexpr int kNiceness = 10;  // whoever collects comes first

}  // namespace

void ParquetCompaction::tick(Timestamp now) {
  if (!next_at_) next_at_ = now + kFirstAfter;
  if (now < *next_at_ || !ended_) return;
  if (thread_.joinable()) thread_.join();
  next_at_ = now + kInterval;
  ended_ = false;
  try {
    thread_ = std::thread{[this, now] { run(now); }};
  } catch (const std::system_error&) {  // no thread is to be had: later
    ended_ = true;
  }
}

void ParquetCompaction::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    if (working_ != nullptr) working_->interrupt();
  }
  if (thread_.joinable()) thread_.join();
  stopping_ = false;
}

std::unique_ptr<ParquetCompaction> compaction_of(const Settings& settings) {
  if (!settings.flag("compact") || settings.shard.number != 0) return nullptr;
  CompactConfig config;
  config.folder = settings.data_dir / settings.name;
  config.duckdb.library = settings.text("library");
  config.duckdb.memory_bytes_max = std::max(kMemoryMin, settings.bytes("memory_limit") / 4);
  config.rules.file_bytes_max = settings.bytes("compact_bytes");
  config.kept_bytes_max = std::uint64_t{1} << 30U;
  config.durable = settings.durable ? Durable::yes : Durable::no;
  config.crash_point = settings.crash_point;
  return std::make_unique<ParquetCompaction>(config);
}

// What fails stays as it is, and the next run tries it again: the sink does not depend on it.
void ParquetCompaction::run(Timestamp now) {
  ::setpriority(PRIO_PROCESS, 0, kNiceness);  // on Linux, of this thread
  try {
    auto compactor = Compactor::open(config_);
    if (compactor) {
      (*compactor)->close_by(now);
      {
        const std::lock_guard lock{mutex_};
        working_ = compactor->get();
      }
      static_cast<void>((*compactor)->run([&](const CompactCounts&) { return !stopping_; }));
      const std::lock_guard lock{mutex_};
      working_ = nullptr;
    }
  } catch (const std::exception&) {  // no memory, for one
    const std::lock_guard lock{mutex_};
    working_ = nullptr;
  }
  ended_ = true;
}

}  // namespace mp::sink
