#include "sink/parquet_compaction.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <exception>
#include <system_error>

#include "core/back_off.hpp"

namespace mp::sink {
namespace {

constexpr std::chrono::minutes kFirstAfter{1};
constexpr std::chrono::minutes kInterval{10};
constexpr BackOff kPauses{.first = std::chrono::minutes{1}, .most = std::chrono::hours{1}};
constexpr unsigned kHeldUpMax = 5;  // tries in a row until that counts as failing: half an hour
constexpr std::uint64_t kMemoryMin = std::uint64_t{128} << 20U;
constexpr int kNiceness = 10;  // whoever collects comes first

}  // namespace

void ParquetCompaction::tick(Timestamp now) {
  if (!next_at_) next_at_ = now + kFirstAfter;
  if (!ended_) return;
  if (thread_.joinable()) settle(now);
  if (now < *next_at_) return;
  ended_ = false;
  try {
    thread_ = std::thread{[this, now] { run(now); }};
  } catch (const std::system_error& error) {  // no thread is to be had: later
    ended_ = true;
    end({.problem = "cannot start the thread that compacts: " + error.code().message()}, now);
  }
}

void ParquetCompaction::settle(Timestamp now) {
  thread_.join();
  end(outcome_, now);
}

void ParquetCompaction::end(const Outcome& outcome, Timestamp now) {
  next_at_ = now + (outcome.problem.empty() ? kInterval : kPauses.longest(failures_));
  if (outcome.problem.empty()) {
    failures_ = 0;
    upkeep_.problem.clear();
    return;
  }
  ++failures_;
  if (outcome.held_up && failures_ < kHeldUpMax) return;
  ++upkeep_.failures;
  upkeep_.problem = outcome.problem;
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

void ParquetCompaction::run(Timestamp now) {
  ::setpriority(PRIO_PROCESS, 0, kNiceness);  // on Linux, of this thread
  try {
    outcome_ = compact(now);
  } catch (const std::exception& error) {  // no memory, for one
    outcome_ = {.problem = std::string{"cannot compact: "} + error.what()};
  }
  {
    const std::lock_guard lock{mutex_};
    working_ = nullptr;
  }
  if (stopping_) outcome_ = {};  // what a stop has ended has not failed
  ended_ = true;
}

ParquetCompaction::Outcome ParquetCompaction::compact(Timestamp now) {
  const auto outcome_of = [](const Error& error) {
    return Outcome{.problem = error.message, .held_up = error.kind == ErrorKind::locked};
  };
  auto compactor = Compactor::open(config_);
  if (!compactor) return outcome_of(compactor.error());
  (*compactor)->close_by(now);
  {
    const std::lock_guard lock{mutex_};
    working_ = compactor->get();
  }
  const auto counts = (*compactor)->run([&](const CompactCounts&) { return !stopping_; });
  {
    const std::lock_guard lock{mutex_};
    working_ = nullptr;
  }
  if (!counts) return outcome_of(counts.error());
  return {.problem = counts->problem, .held_up = counts->held_up == counts->failures};
}

}  // namespace mp::sink
