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
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sink/commit_log.hpp"
#include "sink/duckdb.hpp"
#include "sink/files.hpp"
#include "sink/parquet_compaction.hpp"
#include "sink/parquet_delivered.hpp"
#include "sink/parquet_partitions.hpp"
#include "sink/parquet_stage.hpp"
#include "sink/registry.hpp"

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

// Of the rows in memory, estimated; at most kRowsShare of what DuckDB may take beside them.
constexpr std::uint64_t kRowsBytesMax = std::uint64_t{128} << 20U;
// DuckDB does not start with much less.
constexpr std::uint64_t kDuckdbMemoryMin = std::uint64_t{64} << 20U;

DuckdbConfig duckdb_of(const Settings& settings, const Folders& folders) {
  DuckdbConfig out;
  out.library = settings.text("library");
  const std::uint64_t memory = settings.bytes("memory_limit");
  out.memory_bytes_max =
      std::min(memory, std::max(kDuckdbMemoryMin, memory / settings.shard.count));
  out.threads = 1;  // of the database: each writer has a thread of ours
  out.temp_dir = folders.own / ".temp";
  return out;
}

// One of the runners does it for all.
std::unique_ptr<ParquetCompaction> compaction_of(const Settings& settings) {
  if (!settings.flag("compact") || settings.shard.number != 0) return nullptr;
  CompactConfig config;
  config.folder = settings.data_dir / settings.name;
  config.duckdb.library = settings.text("library");
  config.duckdb.memory_bytes_max = std::max(kDuckdbMemoryMin, settings.bytes("memory_limit") / 4);
  config.rules.file_bytes_max = settings.bytes("compact_bytes");
  config.kept_bytes_max = std::uint64_t{1} << 30U;
  config.durable = settings.durable ? Durable::yes : Durable::no;
  config.crash_point = settings.crash_point;
  return std::make_unique<ParquetCompaction>(config);
}

class Parquet final : public Sink {
 public:
  explicit Parquet(const Settings& settings)
      : durable_(settings.durable ? Durable::yes : Durable::no),
        writers_(static_cast<unsigned>(settings.number("writers"))),
        flush_rows_max_(settings.number("flush_rows")),
        flush_age_max_(settings.time("flush_age")),
        shard_(settings.shard.number),
        folders_(folders_of(settings.data_dir / settings.name, shard_)),
        duckdb_(duckdb_of(settings, folders_)),
        flush_bytes_max_(std::min(kRowsBytesMax, duckdb_.memory_bytes_max / kRowsShare)),
        log_(folders_, durable_, settings.crash_point),
        known_(folders_, shard_),
        stage_(durable_, settings.crash_point),
        compaction_(compaction_of(settings)) {}

  [[nodiscard]] std::optional<std::uint64_t> delivered() const override { return delivered_; }

  Result<void> open() override {
    stage_.close();
    database_.reset();
    lock_.close();
    auto lock = lock_folder(folders_.own);
    if (!lock) return lock.error();
    lock_ = lock.take();
    if (auto opened = log_.open(); !opened) return opened;
    finishing_ = true;
    auto database = Duckdb::open(duckdb_);
    if (!database) return database.error();
    database_ = database.take();
    return stage_.open(*database_, writers_);
  }

  Written write(const Batch& batch) override {
    if (is_full() || stage_.begun() || finishing_) {
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
    for (; from < items.size(); ++from) take(*items[from].event, items[from].index);
    return {};
  }

  Written tick(Timestamp now) override {
    if (compaction_) compaction_->tick(now);
    if (rows_ == 0 && !finishing_) return {};
    if (rows_ > 0 && !begun_at_) begun_at_ = now;
    const bool old = begun_at_ && now - *begun_at_ >= flush_age_max_;
    return old || stage_.begun() || finishing_ ? flush() : Written{};
  }

  Result<std::uint64_t> delivered_before(std::uint64_t index, const Event& event) override {
    if (!recovering_) return 0;
    while (finishing_) {
      const Written flushed = flush();
      if (flushed.outcome != Outcome::done && flushed.outcome != Outcome::more)
        return Error{ErrorKind::io, flushed.problem};
    }
    const auto named = known_.end_before(index, event);
    if (!named) return named;
    return std::max(*named, log_.end_before(index, event));
  }

  Written close() override {
    if (compaction_) compaction_->stop();
    return rows_ == 0 && !finishing_ ? Written{} : flush();
  }

 private:
  // Of an earlier run's flush that has this event.
  Result<std::optional<std::uint64_t>> end_of(const Item& item) {
    if (const auto end = log_.end_of(item.index, *item.event)) return end;
    return known_.end_of(item.index, *item.event);
  }

  void take(const Event& event, std::uint64_t index) {
    partitions_.of(event).append(event);
    if (rows_ == 0) flush_ = {.stretch = {.first = index}, .identity = file_identity_of(event)};
    Stretch& stretch = flush_.stretch;
    stretch.earliest = std::min(stretch.earliest, event.ts_recv);
    stretch.latest = std::max(stretch.latest, event.ts_recv);
    ++rows_;
    bytes_ += bytes_of(event);
    taken_ = index + 1;
  }

  [[nodiscard]] bool is_full() const {
    return rows_ >= flush_rows_max_ || bytes_ >= flush_bytes_max_;
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
      if (auto committed = log_.commit(flush_, name_of_flush(), places_); !committed)
        return {Outcome::retriable, committed.error().message};
      forget_rows();
      finishing_ = true;
    }
    const auto finished = log_.finish();
    if (!finished) return {Outcome::retriable, finished.error().message};
    if (*finished == Progress::more) return {Outcome::more, {}};
    finishing_ = false;
    // After open() it was a flush of an earlier run, and the first event tells whether it counts.
    delivered_ = std::max(delivered_, flush_.stretch.end);
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
    if (*staged == Progress::more || durable_ == Durable::no) return *staged;
    return sync_staged();
  }

  // All names that lead to the files.
  Result<Progress> sync_staged() {
    const fs::path flush = log_.staging() / name_of_flush();
    std::set<fs::path> folders = {flush};
    for (const fs::path& place : places_) {
      for (fs::path folder = place.parent_path(); !folder.empty(); folder = folder.parent_path())
        folders.insert(flush / folder);
    }
    for (const fs::path& folder : folders) {
      if (auto synced = sync_path(folder); !synced) return synced.error();
    }
    return Progress::done;
  }

  Result<void> begin_stage() {
    if (auto emptied = empty_folder(log_.staging()); !emptied) return emptied;
    flush_.stretch.end = taken_;
    places_.clear();
    std::vector<ParquetStage::Output> files;
    for (auto& output : partitions_.outputs()) {
      const ParquetName name{
          .who = std::move(output.who), .shard = shard_, .stretch = flush_.stretch};
      places_.push_back(output.folder / name.text());
      const fs::path path = log_.staging() / name_of_flush() / places_.back();
      if (auto made = make_folder(path.parent_path()); !made) return made;
      files.push_back({.rows = std::move(output.rows), .path = path});
    }
    stage_.begin(std::move(files));
    return {};
  }

  [[nodiscard]] std::string name_of_flush() const {
    return padded(flush_.stretch.first) + "-" + hex_of(flush_.identity);
  }

  void forget_rows() {
    partitions_.clear();
    rows_ = 0;
    bytes_ = 0;
    begun_at_.reset();
  }

  const Durable durable_;
  const unsigned writers_;  // files that are written at once, each by a thread while a flush lasts
  const std::uint64_t flush_rows_max_;
  const std::chrono::milliseconds flush_age_max_;
  const std::uint32_t shard_;
  const Folders folders_;
  const DuckdbConfig duckdb_;
  const std::uint64_t flush_bytes_max_;
  Fd lock_;
  CommitLog log_;
  ParquetDelivered known_;
  std::unique_ptr<Duckdb> database_;
  ParquetStage stage_;
  std::unique_ptr<ParquetCompaction> compaction_;  // nothing: somebody else does it, or nobody
  std::vector<fs::path> places_;                   // of the files that are staged
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

constexpr std::array kKeys = {
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
        .doc = "The most memory that DuckDB may take.",
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
    .keys = kKeys,
    .guarantee = Guarantee::exactly_once,
    .harmless =
        "The files of a flush appear by one rename, and their names tell which events they "
        "have.",
    .loss_window = "None; what is not in a file yet is in the journal.",
    .make = [](const Settings& settings) -> std::unique_ptr<Sink> {
      return std::make_unique<Parquet>(settings);
    }};

}  // namespace mp::sink
