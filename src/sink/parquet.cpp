// L3. The Parquet sink: typed rows in hive folders, written by DuckDB.
//
// data_dir/<name>/type=trade/venue=binance/date=2026-11-24/<who>.s<shard>-<range>.parquet
//
// Rows gather in memory and a flush writes them all: files in .staging, whose folder is renamed,
// which is the moment of delivery (commit_log.hpp), and moved into place then. Exactly once after a
// crash: a flush that was committed is completed, any other is removed; and when the runner
// delivers again what a file has, that is recognised by the file's name (parquet_name.hpp) and
// passed over.
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>

#include "sink/files.hpp"
#include "sink/parquet_compaction.hpp"
#include "sink/parquet_delivered.hpp"
#include "sink/parquet_flush.hpp"
#include "sink/parquet_wants.hpp"
#include "sink/registry.hpp"

namespace mp::sink {
namespace {

// Of DuckDB's memory: rows that become columns are there twice or thrice.
constexpr std::uint64_t kRowsShare = 4;

// Of the rows in memory, estimated; at most kRowsShare of what DuckDB may take beside them.
class Parquet final : public Sink {
 public:
  explicit Parquet(const Settings& settings)
      : flush_rows_max_(settings.number("flush_rows")),
        flush_age_max_(settings.time("flush_age")),
        folders_(folders_of(settings.data_dir / settings.name, settings.shard.number)),
        flush_bytes_max_(
            std::min(kRowsBytesMax, duckdb_of(settings, folders_).memory_bytes_max / kRowsShare)),
        flush_({.folders = folders_,
                .shard = settings.shard.number,
                .duckdb = duckdb_of(settings, folders_),
                .writers = static_cast<unsigned>(settings.number("writers")),
                .durable = settings.durable ? Durable::yes : Durable::no,
                .crash_point = settings.crash_point}),
        known_(folders_, settings.shard.number),
        settings_(settings),
        compaction_(compaction_of(settings)) {}

  [[nodiscard]] std::optional<std::uint64_t> delivered() const override { return delivered_; }

  Result<void> open() override {
    flush_.close();
    lock_.close();
    auto lock = lock_folder(folders_.own);
    if (!lock) return lock.error();
    lock_ = lock.take();
    if (auto noted = note_wants(settings_, folders_.target); !noted) return noted;
    return flush_.open();
  }

  Written write(const Batch& batch) override {
    if (flush_.rows() >= flush_rows_max_ || flush_.bytes() >= flush_bytes_max_ ||
        flush_.under_way()) {
      if (auto flushed = flush(); flushed.outcome != Outcome::done) return flushed;
    }
    const std::span<const Item> items = batch.items;
    std::size_t from = 0;
    while (from < items.size() && items[from].index < taken_) ++from;
    while (recovering_ && from < items.size()) {
      const auto end = end_of(items[from]);
      if (!end) return {Outcome::retriable, end.error().message};
      recovering_ = end->has_value();
      if (*end) delivered_ = taken_ = **end;
      if (!recovering_) known_.forget();
      while (from < items.size() && items[from].index < taken_) ++from;
    }
    for (; from < items.size(); ++from) {
      flush_.add(*items[from].event, items[from].index);
      taken_ = items[from].index + 1;
    }
    return {};
  }

  Written tick(Timestamp now) override {
    if (compaction_) compaction_->tick(now);
    if (flush_.rows() == 0 && !flush_.finishing()) return {};
    if (flush_.rows() > 0 && !begun_at_) begun_at_ = now;
    const bool old = begun_at_ && now - *begun_at_ >= flush_age_max_;
    return old || flush_.under_way() ? flush() : Written{};
  }

  Result<std::uint64_t> delivered_before(std::uint64_t index, const Event& event) override {
    if (!recovering_) return 0;
    while (flush_.finishing()) {
      const Written flushed = flush();
      if (flushed.outcome != Outcome::done && flushed.outcome != Outcome::more)
        return Error{ErrorKind::io, flushed.problem};
    }
    const auto named = known_.end_before(index, event);
    if (!named) return named;
    return std::max(*named, flush_.log().end_before(index, event));
  }

  [[nodiscard]] Upkeep upkeep() const override {
    return compaction_ ? compaction_->upkeep() : Upkeep{};
  }

  Written close() override {
    if (compaction_) compaction_->stop();
    return flush_.rows() == 0 && !flush_.finishing() ? Written{} : flush();
  }

 private:
  // Of an earlier run's flush that has this event.
  Result<std::optional<std::uint64_t>> end_of(const Item& item) {
    if (const auto end = flush_.log().end_of(item.index, *item.event)) return end;
    return known_.end_of(item.index, *item.event);
  }

  Written flush() {
    Written written = flush_.deliver();
    if (flush_.rows() == 0) begun_at_.reset();
    if (written.outcome == Outcome::done) delivered_ = std::max(delivered_, flush_.delivered_end());
    return written;
  }

  const std::uint64_t flush_rows_max_;
  const std::chrono::milliseconds flush_age_max_;
  const Folders folders_;
  const std::uint64_t flush_bytes_max_;
  Fd lock_;
  ParquetFlush flush_;
  ParquetDelivered known_;
  const Settings settings_;
  std::unique_ptr<ParquetCompaction> compaction_;  // nothing: somebody else does it, or nobody
  std::uint64_t taken_ = 0;
  std::uint64_t delivered_ = 0;
  std::optional<Timestamp> begun_at_;  // of the rows that wait
  bool recovering_ = true;             // until the first event that no earlier run delivered
};

constexpr std::array kParquetKeys = {
    Key{.name = "flush_rows",
        .fallback = std::uint64_t{500'000},
        .doc = "Write files once so many events wait.",
        .least = 1,
        .most = 50'000'000},
    Key{.name = "flush_age",
        .fallback = std::chrono::minutes{1},
        .doc = "Write files once the first of them waited so long.",
        .least = 1000},
    Key{.name = "memory_limit",
        .fallback = Bytes{std::uint64_t{512} << 20U},
        .doc = "The most memory that DuckDB may take. To compact, it takes a quarter of that "
               "besides, at "
               "least 128 MiB.",
        .least = std::uint64_t{64} << 20U},
    Key{.name = "writers",
        .fallback = std::uint64_t{2},
        .doc = "Files that are written at once.",
        .least = 1,
        .most = 64},
    Key{.name = "compact",
        .fallback = true,
        .doc = "Make one file of those of an hour that has ended, and of those of a day."},
    Key{.name = "compact_bytes",
        .fallback = Bytes{std::uint64_t{512} << 20U},
        .doc = "The largest file that is made so.",
        .least = std::uint64_t{1} << 20U},
    Key{.name = "library",
        .fallback = "",
        .doc = "libduckdb.so itself. Default: beside the program, or where the system keeps "
               "libraries.",
        .example = "\"/opt/duckdb/libduckdb.so\""},
};

}  // namespace

constexpr Spec kParquet = {
    .type = "parquet",
    .what = "Parquet files in hive folders, for SQL (needs DuckDB)",
    .keys = kParquetKeys,
    .guarantee = Guarantee::exactly_once,
    .harmless =
        "The files of a flush appear by one rename, and their names tell which events they "
        "have.",
    .loss_window = "None; what is not in a file yet is in the journal.",
    .make = make_sink<Parquet>};

}  // namespace mp::sink
