#include "sink/parquet_flush.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "sink/files.hpp"
#include "sink/parquet_name.hpp"

namespace mp::sink {
namespace {

namespace fs = std::filesystem;

// What a row and a level take, roughly: vectors that grow have twice what they use.
constexpr std::uint64_t kRowBytes = 100;
constexpr std::uint64_t kLevelBytes = 18;

// DuckDB does not start with much less.
constexpr std::uint64_t kDuckdbMemoryMin = std::uint64_t{64} << 20U;

std::uint64_t bytes_of(const Event& event) {
  const auto* book = std::get_if<Book>(&event.body);
  return kRowBytes + (book != nullptr ? (book->bids.size() + book->asks.size()) * kLevelBytes : 0);
}

}  // namespace

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

ParquetFlush::ParquetFlush(Options options)
    : options_(std::move(options)),
      log_(options_.folders, options_.durable, options_.crash_point),
      stage_(options_.durable, options_.crash_point) {}

void ParquetFlush::close() {
  stage_.close();
  database_.reset();
}

Result<void> ParquetFlush::open() {
  if (auto opened = log_.open(); !opened) return opened;
  finishing_ = true;
  auto database = Duckdb::open(options_.duckdb);
  if (!database) return database.error();
  database_ = database.take();
  return stage_.open(*database_, options_.writers);
}

void ParquetFlush::add(const Event& event, std::uint64_t index) {
  partitions_.of(event).append(event);
  if (rows_ == 0) flush_ = {.stretch = {.first = index}, .identity = file_identity_of(event)};
  Stretch& stretch = flush_.stretch;
  stretch.end = index + 1;
  stretch.earliest = std::min(stretch.earliest, event.ts_recv);
  stretch.latest = std::max(stretch.latest, event.ts_recv);
  ++rows_;
  bytes_ += bytes_of(event);
}

Written ParquetFlush::deliver() {
  if (!finishing_) {
    const auto staged = stage();
    if (!staged) {
      // Half a flush must not hold the space that its second attempt needs.
      stage_.give_up();
      static_cast<void>(empty_folder(log_.staging()).ok());
      return {Outcome::retriable, staged.error().message};
    }
    if (*staged == Progress::more) return {Outcome::more, {}};
    if (auto committed = log_.commit(flush_, name(), places_); !committed)
      return {Outcome::retriable, committed.error().message};
    committed_end_ = flush_.stretch.end;
    partitions_.clear();
    rows_ = 0;
    bytes_ = 0;
    finishing_ = true;
  }
  const auto finished = log_.finish();
  if (!finished) return {Outcome::retriable, finished.error().message};
  if (*finished == Progress::more) return {Outcome::more, {}};
  finishing_ = false;
  // After open() it was a flush of an earlier run, and the first event tells whether it counts.
  delivered_end_ = committed_end_;
  return {};
}

Result<Progress> ParquetFlush::stage() {
  if (!stage_.begun()) {
    if (auto begun = begin_stage(); !begun) return begun.error();
  }
  const auto staged = stage_.step();
  if (!staged) {
    return Error{ErrorKind::io, "cannot write Parquet files below " +
                                    options_.folders.target.string() + ": " +
                                    staged.error().message};
  }
  if (*staged == Progress::more || options_.durable == Durable::no) return *staged;
  return sync_staged();
}

// All names that lead to the files.
Result<Progress> ParquetFlush::sync_staged() const {
  const fs::path flush = log_.staging() / name();
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

Result<void> ParquetFlush::begin_stage() {
  if (auto emptied = empty_folder(log_.staging()); !emptied) return emptied;
  places_.clear();
  std::vector<ParquetStage::Output> files;
  for (auto& output : partitions_.outputs()) {
    const ParquetName file{
        .who = std::move(output.who), .shard = options_.shard, .stretch = flush_.stretch};
    places_.push_back(output.folder / file.text());
    const fs::path path = log_.staging() / name() / places_.back();
    if (auto made = make_folder(path.parent_path()); !made) return made;
    files.push_back({.rows = std::move(output.rows), .path = path});
  }
  stage_.begin(std::move(files));
  return {};
}

std::string ParquetFlush::name() const {
  return padded(flush_.stretch.first) + "-" + hex_of(flush_.identity);
}

}  // namespace mp::sink
