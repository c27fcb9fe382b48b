#include "sink/parquet.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <unordered_map>

#include "sink/commit_log.hpp"
#include "sink/duckdb_table.hpp"

namespace mp::sink {
namespace {

namespace fs = std::filesystem;

// Rows without their texts and levels; only flush_bytes_max is counted with it.
constexpr std::uint64_t kRowBytes = 160;
constexpr std::uint64_t kLevelBytes = 34;

std::uint64_t bytes_of(const Event& event) {
  const auto* book = std::get_if<Book>(&event.body);
  return kRowBytes + (book != nullptr ? (book->bids.size() + book->asks.size()) * kLevelBytes : 0);
}

// The folders that events go to, below channel=...: numbered, so that rows carry a number only.
class Partitions {
 public:
  std::int64_t number_of(const Event& event) {
    const std::string_view instrument = event.instrument.empty() ? event.symbol : event.instrument;
    key_.assign(event.venue).push_back('\n');
    key_.append(instrument).push_back('\n');
    key_.append(date_of(event.ts_recv).view());
    const auto found = numbers_.find(key_);
    if (found != numbers_.end()) return found->second;
    const auto number = static_cast<std::int64_t>(folders_.size());
    folders_.push_back(fs::path{"venue=" + safe_component(event.venue)} /
                       ("instrument=" + safe_component(instrument)) /
                       ("date=" + std::string{date_of(event.ts_recv).view()}));
    numbers_.emplace(key_, number);
    return number;
  }
  [[nodiscard]] const fs::path& folder(std::size_t number) const { return folders_[number]; }
  [[nodiscard]] std::size_t size() const { return folders_.size(); }
  void clear() {
    numbers_.clear();
    folders_.clear();
  }

 private:
  std::unordered_map<std::string, std::int64_t> numbers_;
  std::vector<fs::path> folders_;
  std::string key_;
};

class Parquet final : public Sink {
 public:
  explicit Parquet(const ParquetConfig& config)
      : config_(config),
        folders_(folders_of(config.data_dir / "parquet", config.shard)),
        log_(folders_, config.durable, config.crash_point) {
    if (config_.duckdb.temp_dir.empty()) config_.duckdb.temp_dir = folders_.own / ".temp";
  }

  [[nodiscard]] std::string_view name() const override { return "parquet"; }
  [[nodiscard]] Encoding encoding() const override { return Encoding::events; }
  [[nodiscard]] std::uint64_t delivered() const override { return delivered_; }

  Result<void> open() override {
    auto lock = lock_folder(folders_.own);
    if (!lock) return lock.error();
    lock_ = lock.take();
    if (auto opened = log_.open(); !opened) return opened;
    auto database = Duckdb::open(config_.duckdb);
    if (!database) return database.error();
    database_ = database.take();
    // Each flush writes one file per partition, however many there are.
    return database_->run("SET partitioned_write_max_open_files = 100000");
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
    for (; from < batch.events.size(); ++from) {
      if (auto taken = take(batch.events[from], batch.indexes[from]); !taken)
        return start_over(taken.error());
    }
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
  Result<void> take(const Event& event, std::uint64_t index) {
    auto& table = tables_[static_cast<std::size_t>(event.channel())];
    if (!table) {
      auto made = EventTable::create(*database_, event.channel());
      if (!made) return made.error();
      table = made.take();
    }
    if (auto appended = table->append(event, partitions_.number_of(event)); !appended)
      return appended;
    if (rows_ == 0) flush_ = {.first = index, .identity = identity_of(event)};
    ++rows_;
    bytes_ += bytes_of(event);
    taken_ = index + 1;
    return {};
  }

  // Rows stay in memory until their files are committed, so a flush that fails can be tried again.
  Written flush() {
    if (!finishing_) {
      flush_.end = taken_;
      std::vector<CommitLog::Move> moves;
      if (auto staged = stage(moves); !staged) return staged_failed(staged.error());
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

  Result<void> stage(std::vector<CommitLog::Move>& moves) {
    if (auto emptied = empty_folder(log_.staging()); !emptied) return emptied;
    // A name of its own for each flush: the log of the one before may still list its moves.
    const auto folder = log_.staging() / name_of_flush();
    if (auto made = make_folder(folder); !made) return made;
    for (const auto& table : tables_) {
      if (!table) continue;
      if (auto flushed = table->flush(); !flushed) {
        broken_ = true;
        return flushed;
      }
      const std::string channel{name_of(table->channel())};
      const auto staged = folder / channel;
      if (auto copied =
              database_->run("COPY " + table->name() + " TO " + sql_text(staged.string()) +
                             " (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (part))");
          !copied) {
        return Error{ErrorKind::io, "cannot write Parquet files below " + folders_.target.string() +
                                        ": " + copied.error().message};
      }
      crash_point("parquet.staged");
      if (auto listed = list(staged, channel, moves); !listed) return listed;
    }
    return {};
  }

  // DuckDB wrote <staged>/part=<number>/<name>.parquet.
  Result<void> list(const fs::path& staged, const std::string& channel,
                    std::vector<CommitLog::Move>& moves) {
    std::vector<fs::path> files;
    std::error_code failed;
    for (const auto& entry : fs::recursive_directory_iterator{staged, failed}) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    if (failed) return file_error("list", staged);
    std::sort(files.begin(), files.end());
    std::size_t count = 0;
    for (const auto& file : files) {
      if (config_.durable == Durable::yes) {
        if (auto synced = sync_file(file); !synced) return synced;
      }
      const std::string part = file.parent_path().filename().string().substr(5);  // "part="
      const std::size_t number = std::stoul(part);
      MP_ASSERT(number < partitions_.size());
      const std::string name = name_of_flush() + "-" + std::to_string(count++) + ".parquet";
      moves.push_back({.from = file.lexically_relative(log_.staging()),
                       .to = fs::path{"channel=" + channel} / partitions_.folder(number) / name});
    }
    return {};
  }

  [[nodiscard]] std::string name_of_flush() const {
    return folders_.prefix + padded(flush_.first) + "-" + hex_of(flush_.identity);
  }

  Written staged_failed(const Error& error) {
    if (broken_) return start_over(error);
    // Half a flush must not hold the space that its second attempt needs.
    static_cast<void>(empty_folder(log_.staging()).ok());
    return {Outcome::retriable, error.message};
  }

  void forget_rows() {
    for (auto& table : tables_) table.reset();
    partitions_.clear();
    rows_ = 0;
    bytes_ = 0;
    begun_at_.reset();
    broken_ = false;
  }

  // An appender that failed does not say which rows it has.
  Written start_over(const Error& error) {
    forget_rows();
    taken_ = delivered_;
    return {Outcome::rewind, error.message};
  }

  void crash_point(std::string_view place) const {
    if (config_.crash_point != nullptr) config_.crash_point(place);
  }

  ParquetConfig config_;
  Folders folders_;
  File lock_;
  CommitLog log_;
  std::unique_ptr<Duckdb> database_;
  std::array<std::unique_ptr<EventTable>, kChannelCount> tables_;  // made when first used
  Partitions partitions_;
  CommitLog::Flush flush_;  // the one that gathers, or that wants its renames
  std::uint64_t rows_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t delivered_ = 0;
  std::optional<Timestamp> begun_at_;
  bool finishing_ = false;  // committed, and some files wait for their rename
  bool broken_ = false;     // a table is of no more use
  bool recovering_ = true;  // until the first event that no earlier run delivered
};

}  // namespace

std::unique_ptr<Sink> make_parquet(const ParquetConfig& config) {
  return std::make_unique<Parquet>(config);
}

}  // namespace mp::sink
