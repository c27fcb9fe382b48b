#include "sink/parquet.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "sink/commit_log.hpp"
#include "sink/parquet_partitions.hpp"
#include "sink/parquet_writer.hpp"

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
        log_(folders_, config.durable, config.crash_point) {
    if (config_.duckdb.temp_dir.empty()) config_.duckdb.temp_dir = folders_.own / ".temp";
    config_.flush_bytes_max =
        std::min(config_.flush_bytes_max, config_.duckdb.memory_bytes_max / kRowsShare);
  }

  [[nodiscard]] std::string_view name() const override { return "parquet"; }
  [[nodiscard]] Encoding encoding() const override { return Encoding::events; }
  [[nodiscard]] std::uint64_t delivered() const override { return delivered_; }

  Result<void> open() override {
    auto lock = lock_folder(folders_.own);
    if (!lock) return lock.error();
    lock_ = lock.take();
    if (auto opened = log_.open(); !opened) return opened;
    DuckdbConfig settings = config_.duckdb;
    settings.threads = 1;  // of the database: each writer has a thread of ours
    auto database = Duckdb::open(settings);
    if (!database) return database.error();
    database_ = database.take();
    if (auto prepared = ParquetWriter::prepare(*database_); !prepared) return prepared;
    while (writers_.size() < std::max(1U, config_.writers)) {
      auto writer = ParquetWriter::open(*database_);
      if (!writer) return writer.error();
      writers_.push_back(writer.take());
    }
    return {};
  }

  Written write(const Batch& batch) override {
    if (rows_ >= config_.flush_rows_max || bytes_ >= config_.flush_bytes_max || finishing_) {
      if (auto flushed = flush(); flushed.outcome != Outcome::done) return flushed;
    }
    std::size_t from = 0;
    while (from < batch.events.size() && batch.indexes[from] < taken_) ++from;
    while (recovering_ && from < batch.events.size()) {
      const auto end = log_.end_of(batch.indexes[from], identity_of(batch.events[from]));
      recovering_ = end.has_value();
      if (end) delivered_ = taken_ = *end;
      while (from < batch.events.size() && batch.indexes[from] < taken_) ++from;
    }
    for (; from < batch.events.size(); ++from) take(batch.events[from], batch.indexes[from]);
    return {};
  }

  Written tick(Timestamp now) override {
    if (rows_ == 0 && !finishing_) return {};
    if (!begun_at_) begun_at_ = now;
    if (finishing_ || now - *begun_at_ >= config_.flush_age_max) return flush();
    return {};
  }

  Written close() override { return rows_ == 0 && !finishing_ ? Written{} : flush(); }

 private:
  void take(const Event& event, std::uint64_t index) {
    partitions_.of(event).append(event);
    if (rows_ == 0) flush_ = {.first = index, .identity = identity_of(event)};
    ++rows_;
    bytes_ += bytes_of(event);
    taken_ = index + 1;
  }

  // Rows stay in memory until their files are committed, so a flush that fails can be tried again.
  Written flush() {
    if (!finishing_) {
      flush_.end = taken_;
      std::vector<CommitLog::Move> moves;
      if (auto staged = stage(moves); !staged) {
        // Half a flush must not hold the space that its second attempt needs.
        static_cast<void>(empty_folder(log_.staging()).ok());
        return {Outcome::retriable, staged.error().message};
      }
      auto committed = log_.commit(flush_, std::move(moves));
      if (!committed && !log_.committed(flush_))
        return {Outcome::retriable, committed.error().message};
      forget_rows();
      finishing_ = true;
    }
    if (auto finished = log_.finish(); !finished)
      return {Outcome::retriable, finished.error().message};
    finishing_ = false;
    delivered_ = flush_.end;
    return {};
  }

  struct Output {
    const ParquetRows* rows;
    fs::path path;
  };

  Result<void> stage(std::vector<CommitLog::Move>& moves) {
    if (auto emptied = empty_folder(log_.staging()); !emptied) return emptied;
    // A name of its own for each flush: the log of the one before may still list its moves.
    const fs::path folder = name_of_flush();
    if (auto made = make_folder(log_.staging() / folder); !made) return made;
    std::vector<Output> files;
    for (const auto& [rows, target] : partitions_.outputs()) {
      const std::string name = name_of_flush() + "-" + std::to_string(moves.size()) + ".parquet";
      moves.push_back({.from = folder / name, .to = target / name});
      files.push_back({.rows = rows, .path = log_.staging() / folder / name});
    }
    if (auto written = write_files(files); !written) {
      return Error{ErrorKind::io, "cannot write Parquet files below " + folders_.target.string() +
                                      ": " + written.error().message};
    }
    if (config_.durable == Durable::no) return {};
    return sync_file(log_.staging() / folder);
  }

  // Each writer takes the next file until there is none; the last works on this thread.
  Result<void> write_files(const std::vector<Output>& files) {
    std::atomic<std::size_t> next = 0;
    std::vector<Result<void>> results(writers_.size());
    const auto work = [&](std::size_t number) {
      auto& result = results[number];
      for (std::size_t i = next++; i < files.size() && result; i = next++)
        result = write_file(*writers_[number], files[i]);
    };
    {
      std::vector<std::jthread> threads;
      const std::size_t last = std::min(writers_.size(), files.size()) - 1;
      for (std::size_t i = 0; i < last; ++i) threads.emplace_back(work, i);
      work(last);
    }
    for (auto& result : results) {
      if (!result) return result;
    }
    return {};
  }

  Result<void> write_file(ParquetWriter& writer, const Output& file) const {
    if (auto written = writer.write(*file.rows, file.path); !written) return written;
    crash_point("parquet.staged");
    if (config_.durable == Durable::no) return {};
    return sync_file(file.path);
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

  void crash_point(std::string_view place) const {
    if (config_.crash_point != nullptr) config_.crash_point(place);
  }

  ParquetConfig config_;
  Folders folders_;
  File lock_;
  CommitLog log_;
  std::unique_ptr<Duckdb> database_;
  std::vector<std::unique_ptr<ParquetWriter>> writers_;
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
