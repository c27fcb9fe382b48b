#include "sink/compact.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <unordered_set>

#include "sink/commit_log.hpp"

namespace mp::sink {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kFolderLevels = 3;  // type, venue, date

std::string list_of(const fs::path& folder, const std::vector<CompactFile>& files) {
  std::string out = "[";
  for (const CompactFile& file : files)
    out += (out.size() > 1 ? ", " : "") + sql_path(folder / file.name);
  return out + "]";
}

std::uint64_t bytes_of(const CompactRun& run) {
  std::uint64_t bytes = 0;
  for (const CompactFile& file : run.files) bytes += file.bytes;
  return bytes;
}

std::uint64_t size_of(const fs::path& file) {
  std::error_code failed;
  const auto size = fs::file_size(file, failed);
  return failed ? 0 : size;
}

}  // namespace

Result<std::unique_ptr<Compactor>> Compactor::open(const CompactConfig& config) {
  const OpenedFile folder = open_file(config.folder, O_RDONLY | O_DIRECTORY);
  if (folder.code == ENOENT) {
    return Error{ErrorKind::io,
                 "there are no Parquet files in " + config.folder.string() + ": it is not there"};
  }
  if (folder.code != 0) return file_error("read", config.folder, folder.code);
  // What is made belongs to who makes it, and the collector has to write there again.
  struct stat facts{};
  if (::fstat(folder.fd.value(), &facts) != 0) return file_error("read", config.folder, errno);
  if (facts.st_uid != ::geteuid()) {
    return Error{ErrorKind::permission, "the files in " + config.folder.string() +
                                            " belong to another user: only that one compacts them"};
  }
  std::unique_ptr<Compactor> out{new Compactor{config}};
  if (auto started = out->start(); !started) return started.error();
  return out;
}

Result<void> Compactor::start() {
  const fs::path ours = config_.folder / ".compact";
  auto lock = lock_folder(ours);
  if (!lock) {
    if (lock.error().kind != ErrorKind::locked) return lock.error();
    return Error{ErrorKind::locked,
                 "another process compacts " + config_.folder.string() + " just now"};
  }
  lock_ = lock.take();
  for (const std::string& name : list_folder(ours).names) {
    std::error_code failed;
    if (name != ".lock") fs::remove_all(ours / name, failed);
    if (failed) return file_error("remove the leftovers in", ours, failed.value());
  }
  config_.duckdb.temp_dir = ours / "temp";
  auto database = Duckdb::open(config_.duckdb);
  if (!database) return database.error();
  database_ = database.take();
  return {};
}

void Compactor::interrupt() {
  database_->api().interrupt(database_->connection());
}

Result<CompactCounts> Compactor::run(const OnProgress& on_progress) {
  throw_away(0);
  auto folders = files_below(config_.folder, kFolderLevels);
  if (!folders) return folders.error();
  std::erase_if(*folders, [](const fs::path& path) {
    return !path.string().starts_with("type=") || !path.filename().string().starts_with("date=");
  });
  CompactCounts counts;
  counts.folders = folders->size();
  for (const fs::path& folder : *folders) {
    if (auto done = compact(config_.folder / folder, counts); !done) {
      ++counts.failures;
      if (done.error().kind == ErrorKind::locked) ++counts.held_up;
      counts.problem = done.error().message;
    }
    ++counts.folders_done;
    if (!on_progress(counts)) break;
  }
  return counts;
}

Result<std::vector<CompactFile>> Compactor::files_of(const fs::path& folder) const {
  const Listing listing = list_folder(folder);
  if (listing.code == ENOENT) return std::vector<CompactFile>{};
  if (listing.code != 0) return file_error("read", folder, listing.code);
  std::vector<CompactFile> out;
  for (const std::string& name : listing.names) {
    auto parsed = ParquetName::parse(name);
    if (!parsed) continue;
    const std::uint64_t bytes = size_of(folder / name);
    if (bytes > 0) out.push_back({.name = name, .parsed = std::move(*parsed), .bytes = bytes});
  }
  return out;
}

Result<void> Compactor::compact(const fs::path& folder, CompactCounts& counts) {
  auto files = files_of(folder);
  if (!files) return files.error();
  auto runs = compact_runs(files.take(), config_.rules);
  if (runs.empty()) return {};
  if (auto emptied = empty_folder(work()); !emptied) return emptied;
  Result<void> out;
  std::erase_if(runs, [&](const CompactRun& run) {
    auto merged = merge(folder, run);
    if (merged) return false;
    static_cast<void>(remove_file(work() / run.made.text()));
    out = merged;
    return true;
  });
  if (runs.empty()) return out;
  for (const CompactRun& run : runs) counts.bytes_made += size_of(work() / run.made.text());
  const auto replaced = replace(folder, runs);
  if (!replaced) return replaced.error();
  if (!*replaced) {
    return Error{ErrorKind::locked, "the files of " + folder.string() +
                                        " are being read, are not all there yet, or were taken " +
                                        "away: they stay"};
  }
  for (const CompactRun& run : runs) {
    counts.files_replaced += run.files.size();
    counts.bytes_replaced += bytes_of(run);
    ++counts.files_made;
  }
  return out;
}

// Rows that were received at the same time stay in the journal's order. That no row is missing is
// looked at before anything is taken away.
Result<void> Compactor::merge(const fs::path& folder, const CompactRun& run) const {
  const fs::path file = work() / run.made.text();
  const std::string files = list_of(folder, run.files);
  const auto failed = [&](const Error& error) {
    return Error{ErrorKind::io, "cannot make one file of " + std::to_string(run.files.size()) +
                                    " in " + folder.string() + ": " + error.message};
  };
  auto written = database_->run(
      "COPY (SELECT * EXCLUDE (filename, file_row_number) FROM read_parquet(" + files +
      ", union_by_name = true, hive_partitioning = false, filename = true, file_row_number = true) "
      "ORDER BY ts_recv, filename, file_row_number) TO " +
      sql_text(file.string()) +
      " (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, USE_TMP_FILE false)");
  if (!written) return failed(written.error());
  auto counted =
      database_->run("SELECT CASE WHEN (SELECT sum(num_rows) FROM parquet_file_metadata(" + files +
                     ")) = (SELECT sum(num_rows) FROM parquet_file_metadata(" + sql_path(file) +
                     ")) THEN 0 ELSE error('the rows are not all there') END");
  if (!counted) return failed(counted.error());
  if (config_.durable == Durable::yes) {
    if (auto synced = sync_path(file); !synced) return synced;
  }
  crash_point("compact.merged");
  return {};
}

Result<bool> Compactor::replace(const fs::path& folder, const std::vector<CompactRun>& runs) {
  const auto held = hold_files(config_.folder);
  if (!held) return held.error();
  if (!*held) return false;
  for (const CompactRun& run : runs) {
    // A sink was killed while it moved the files of a flush: its next start moves the others.
    const auto partly = unfinished_flush(folders_of(config_.folder, run.made.shard));
    if (!partly) return partly.error();
    if (*partly && run.made.stretch.end > **partly) return false;
    for (const CompactFile& file : run.files) {
      const int code = look_for(folder / file.name);
      if (code == ENOENT) return false;
      if (code != 0) return file_error("look for", folder / file.name, code);
    }
  }
  if (auto linked = link_the_rest(folder, runs); !linked) return linked.error();
  const bool durable = config_.durable == Durable::yes;
  if (auto synced = durable ? sync_path(work()) : Result<void>{}; !synced) return synced.error();
  crash_point("compact.linked");
  if (const int code = exchange_names(folder, work()); code != 0)
    return file_error("put the new files in the place of", folder, code);
  crash_point("compact.replaced");
  if (durable) {
    for (const auto& parent : {folder.parent_path(), work().parent_path()}) {
      if (auto synced = sync_path(parent); !synced) return synced.error();
    }
  }
  std::uint64_t bytes = 0;
  for (const CompactRun& run : runs) bytes += bytes_of(run);
  const fs::path old = work().parent_path() / ("old-" + std::to_string(replaced_++));
  if (const int code = rename_new(work(), old); code != 0)
    return file_error("rename", work(), code);
  crash_point("compact.set_aside");
  old_.push_back({.folder = old, .bytes = bytes});
  throw_away(config_.kept_bytes_max);
  return true;
}

// All else that stands in the folder.
Result<void> Compactor::link_the_rest(const fs::path& folder,
                                      const std::vector<CompactRun>& runs) const {
  std::unordered_set<std::string> replaced;
  for (const CompactRun& run : runs) {
    for (const CompactFile& file : run.files) replaced.insert(file.name);
  }
  const Listing listing = list_folder(folder);
  if (listing.code != 0) return file_error("read", folder, listing.code);
  for (const std::string& name : listing.names) {
    if (replaced.contains(name)) continue;
    const int code = link_file(folder / name, work() / name);
    if (code != 0) return file_error("give a second name to", folder / name, code);
  }
  return {};
}

// What cannot be removed now is at the next start.
void Compactor::throw_away(std::uint64_t bytes_kept_max) {
  std::uint64_t bytes = 0;
  for (const Old& old : old_) bytes += old.bytes;
  for (; !old_.empty() && (bytes > bytes_kept_max || bytes_kept_max == 0); old_.pop_front()) {
    std::error_code ignored;
    fs::remove_all(old_.front().folder, ignored);
    bytes -= old_.front().bytes;
    crash_point("compact.removed");
  }
}

}  // namespace mp::sink
