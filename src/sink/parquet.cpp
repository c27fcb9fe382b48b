#include "sink/parquet.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sink/commit_log.hpp"
#include "sink/parquet_partitions.hpp"
#include "sink/parquet_stage.hpp"

namespace mp::sink {
namespace {

namespace fs = std::filesystem;

// What a row and a level take, roughly: vectors that grow have twice what they use.
constexpr std::uint64_t kRowBytes = 100;
constexpr std::uint64_t kLevelBytes = 18;
// Of DuckDB's memory: rows that become columns are there twice or thrice.
constexpr std::uint64_t kRowsShare = 4;

std::uint64_t bytes_of(const Event& event) {
  const auto* book = std::get_if<Book>(&event.body);
  return kRowBytes + (book != nullptr ? (book->bids.size() + book->asks.size()) * kLevelBytes : 0);
}

class Parquet final : public Sink {
 public:
  explicit Parquet(const ParquetConfig& config)
      : config_(config),
        folders_(folders_of(config.data_dir / "parquet", config.shard)),
        log_(folders_, config.durable, config.crash_point),
        stage_(config.durable, config.crash_point) {
    if (config_.duckdb.temp_dir.empty()) config_.duckdb.temp_dir = folders_.own / ".temp";
    config_.flush_bytes_max =
        std::min(config_.flush_bytes_max, config_.duckdb.memory_bytes_max / kRowsShare);
  }

  [[nodiscard]] std::string_view name() const override { return "parquet"; }
  [[nodiscard]] Encoding encoding() const override { return Encoding::events; }
  [[nodiscard]] std::uint64_t delivered() const override { return delivered_; }

  Result<void> open() override {
    stage_.close();
    database_.reset();
    lock_.close();
    auto lock = lock_folder(folders_.own);
    if (!lock) return lock.error();
    lock_ = lock.take();
    if (auto opened = log_.open(); !opened) return opened;
    finishing_ = true;
    DuckdbConfig settings = config_.duckdb;
    settings.threads = 1;  // of the database: each writer has a thread of ours
    auto database = Duckdb::open(settings);
    if (!database) return database.error();
    database_ = database.take();
    return stage_.open(*database_, config_.writers);
  }

  Written write(const Batch& batch) override {
    if (is_full() || stage_.begun() || finishing_) {
      if (auto flushed = flush(); flushed.outcome != Outcome::done) return flushed;
    }
    std::size_t from = 0;
    while (from < batch.events.size() && batch.indexes[from] < taken_) ++from;
    while (recovering_ && from < batch.events.size()) {
      const auto end = log_.end_of(batch.indexes[from], batch.events[from]);
      recovering_ = end.has_value();
      if (end) delivered_ = taken_ = *end;
      while (from < batch.events.size() && batch.indexes[from] < taken_) ++from;
    }
    for (; from < batch.events.size(); ++from) take(batch.events[from], batch.indexes[from]);
    return {};
  }

  Written tick(Timestamp now) override {
    if (rows_ == 0 && !finishing_) return {};
    if (rows_ > 0 && !begun_at_) begun_at_ = now;
    const bool old = begun_at_ && now - *begun_at_ >= config_.flush_age_max;
    return old || stage_.begun() || finishing_ ? flush() : Written{};
  }

  Result<std::uint64_t> delivered_before(std::uint64_t index, const Event& event) override {
    return recovering_ ? log_.end_before(index, event) : 0;
  }

  Written close() override { return rows_ == 0 && !finishing_ ? Written{} : flush(); }

 private:
  void take(const Event& event, std::uint64_t index) {
    partitions_.of(event).append(event);
    if (rows_ == 0) flush_ = {.first = index, .identity = identity_of(event)};
    flush_.earliest = std::min(flush_.earliest, event.ts_recv);
    flush_.latest = std::max(flush_.latest, event.ts_recv);
    ++rows_;
    bytes_ += bytes_of(event);
    taken_ = index + 1;
  }

  [[nodiscard]] bool is_full() const {
    return rows_ >= config_.flush_rows_max || bytes_ >= config_.flush_bytes_max;
  }

  // Rows stay in memory until their files are committed, so a flush that fails can be tried again.
  // Of one that has many files each call does a part.
  Written flush() {
    if (!finishing_) {
      const auto staged = stage();
      if (!staged) {
        // Half a flush must not hold the space that its second attempt needs.
        stage_.give_up();
        static_cast<void>(empty_folder(log_.staging()).ok());
        return {Outcome::retriable, staged.error().message};
      }
      if (*staged == Progress::more) return {Outcome::more, {}};
      flush_.end = taken_;
      if (auto committed = log_.commit(flush_, std::exchange(moves_, {})); !committed)
        return {Outcome::retriable, committed.error().message};
      forget_rows();
      finishing_ = true;
    }
    const auto finished = log_.finish();
    if (!finished) return {Outcome::retriable, finished.error().message};
    if (*finished == Progress::more) return {Outcome::more, {}};
    finishing_ = false;
    // After open() it was a flush of an earlier run, and the first event tells whether it counts.
    delivered_ = std::max(delivered_, flush_.end);
    return {};
  }

  Result<Progress> stage() {
    if (!stage_.begun()) {
      if (auto begun = begin_stage(); !begun) return begun.error();
    }
    const auto staged = stage_.step();
    if (!staged) {
      return Error{ErrorKind::io, "cannot write Parquet files below " + folders_.target.string() +
                                      ": " + staged.error().message};
    }
    if (*staged == Progress::more || config_.durable == Durable::no) return *staged;
    if (auto synced = sync_path(log_.staging() / name_of_flush()); !synced) return synced.error();
    return Progress::done;
  }

  Result<void> begin_stage() {
    if (auto emptied = empty_folder(log_.staging()); !emptied) return emptied;
    // A name of its own for each flush: the log of the one before may still list its moves.
    const fs::path folder = name_of_flush();
    if (auto made = make_folder(log_.staging() / folder); !made) return made;
    moves_.clear();
    std::vector<ParquetStage::Output> files;
    for (const auto& [rows, target] : partitions_.outputs()) {
      const std::string name = name_of_flush() + "-" + std::to_string(moves_.size()) + ".parquet";
      moves_.push_back({.from = folder / name, .to = target / name});
      files.push_back({.rows = rows, .path = log_.staging() / folder / name});
    }
    stage_.begin(std::move(files));
    return {};
  }

  [[nodiscard]] std::string name_of_flush() const {
    return folders_.prefix + padded(flush_.first) + "-" + hex_of(flush_.identity);
  }

  void forget_rows() {
    partitions_.clear();
    rows_ = 0;
    bytes_ = 0;
    begun_at_.reset();
  }

  ParquetConfig config_;
  Folders folders_;
  Fd lock_;
  CommitLog log_;
  std::unique_ptr<Duckdb> database_;
  ParquetStage stage_;
  std::vector<CommitLog::Move> moves_;  // of the flush that is staged
  Partitions partitions_;
  CommitLog::Flush flush_;  // the one that gathers, or that wants its renames
  std::uint64_t rows_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t delivered_ = 0;
  std::optional<Timestamp> begun_at_;
  bool finishing_ = false;  // committed, and some files wait for their rename
  bool recovering_ = true;  // until the first event that no earlier run delivered
};

}  // namespace

std::unique_ptr<Sink> make_parquet(const ParquetConfig& config) {
  return std::make_unique<Parquet>(config);
}

}  // namespace mp::sink
