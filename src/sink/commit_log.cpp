#include "sink/commit_log.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <sstream>

namespace mp::sink {
namespace {

// Beyond that, the oldest become one: a runner that lost its cursor comes back at the oldest event
// that the journal has.
constexpr std::size_t kFlushesKept = 64;
// Renames and syncs of one finish(): a second on a slow disk.
constexpr std::size_t kStepsMax = 1'024;
constexpr std::uint64_t kLogBytesMax = std::uint64_t{16} << 20U;
constexpr std::string_view kDone = ".done";
constexpr const char* kStaging = ".staging";

// Of the log, which nobody misses; all else that the system refuses is tried again.
bool is_damage(int code) {
  return code == EIO || code == EISDIR || means_wrong_file(code);
}

std::optional<CommitLog::Flush> flush_of(std::istringstream words) {
  std::string kind;
  CommitLog::Flush flush;
  words >> kind;
  if (kind != "flush" || !(words >> flush.stretch.first >> flush.identity >> flush.stretch.end))
    return std::nullopt;
  std::int64_t earliest = 0;
  std::int64_t latest = 0;
  if (words >> earliest >> latest) {
    flush.stretch.earliest = from_nanoseconds(earliest);
    flush.stretch.latest = from_nanoseconds(latest);
  }
  return flush;
}

}  // namespace

// The folder's name begins with the index: ParquetFlush::name().
Result<std::optional<std::uint64_t>> unfinished_flush(const Folders& folders) {
  const auto staging = folders.own / kStaging;
  const Listing listing = list_folder(staging);
  if (listing.code != 0 && listing.code != ENOENT)
    return file_error("list the folder", staging, listing.code);
  std::optional<std::uint64_t> out;
  for (const std::string& name : listing.names) {
    std::uint64_t first = 0;
    if (!name.ends_with(kDone)) continue;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), first);
    if (read.ec == std::errc{}) out = std::min(out.value_or(first), first);
  }
  return out;
}

CommitLog::CommitLog(const Folders& folders, Durable durable, CrashPoint at_crash_point)
    : folders_(folders), durable_(durable), crash_point_(at_crash_point) {}

std::filesystem::path CommitLog::staging() const {
  return folders_.own / kStaging;
}

Result<void> CommitLog::open() {
  flushes_.clear();
  moves_.clear();
  unsynced_.clear();
  shared_.close();
  moved_ = 0;
  leftovers_ = true;
  if (auto read_back = read(); !read_back) return read_back;
  return find_committed();
}

// Lines: "flush FIRST IDENTITY END EARLIEST LATEST" and "move FROM<tab>TO", the files of the newest
// flush. A line that is neither is passed over, and so is a file that the disk cannot read.
Result<void> CommitLog::read() {
  const auto path = folders_.own / ".commits";
  const OpenedFile opened = open_file(path, O_RDONLY);
  if (opened.code == ENOENT || is_damage(opened.code)) return {};
  if (opened.code != 0) return file_error("open", path, opened.code);
  const FileSize size = file_size(opened.fd);
  if (size.code != 0) return file_error("read", path, size.code);
  std::string text(std::min(size.bytes, kLogBytesMax), '\0');
  const Done got = read_at(opened.fd, std::as_writable_bytes(std::span{text}), 0);
  if (got.code != 0 && !is_damage(got.code)) return file_error("read", path, got.code);
  text.resize(got.bytes);
  std::istringstream lines{text};
  std::string line;
  while (std::getline(lines, line)) {
    if (const auto flush = flush_of(std::istringstream{line})) flushes_.push_back(*flush);
  }
  while (flushes_.size() > kFlushesKept) flushes_.pop_front();
  return {};
}

Result<void> CommitLog::find_committed() {
  constexpr unsigned kLevels = 4;  // type, venue, date, file
  const Listing listing = list_folder(staging());
  if (listing.code != 0 && listing.code != ENOENT)
    return file_error("list the folder", staging(), listing.code);
  for (const std::string& name : listing.names) {
    if (!name.ends_with(kDone)) continue;
    const auto files = files_below(staging() / name, kLevels);
    if (!files) return files.error();
    for (const auto& file : *files) moves_.push_back({.from = name / file, .to = file});
  }
  return {};
}

void CommitLog::remember(const Flush& flush) {
  flushes_.push_back(flush);
  while (flushes_.size() > kFlushesKept) {
    if (join(flushes_[0].stretch, flushes_[1].stretch)) {
      flushes_.erase(flushes_.begin() + 1);
    } else {
      flushes_.pop_front();
    }
  }
}

Result<void> CommitLog::write() const {
  std::ostringstream text;
  for (const auto& [stretch, identity] : flushes_) {
    text << "flush " << stretch.first << ' ' << identity << ' ' << stretch.end;
    if (stretch.has_times())
      text << ' ' << to_nanoseconds(stretch.earliest) << ' ' << to_nanoseconds(stretch.latest);
    text << '\n';
  }
  for (const Move& move : moves_)
    text << "move " << move.from.string() << '\t' << move.to.string() << '\n';
  const auto path = folders_.own / ".commits";
  const int code = replace_whole(path, text.view(), mp::Written::in_time);
  if (code != 0 && !is_damage(code)) return file_error("write", path, code);
  return {};
}

Result<void> CommitLog::commit(const Flush& flush, const std::string& folder,
                               const std::vector<std::filesystem::path>& places) {
  const std::string done = folder + std::string{kDone};
  crash_point("commit.before");
  if (const int code = rename_new(staging() / folder, staging() / done); code != 0)
    return file_error("rename to", staging() / done, code);
  moves_.clear();
  moved_ = 0;
  for (const auto& place : places) moves_.push_back({.from = done / place, .to = place});
  leftovers_ = true;
  crash_point("commit.after");
  remember(flush);
  return {};
}

// Who puts one file in the place of several does not do it while some of a flush are there.
Result<Progress> CommitLog::finish() {
  if (!moves_.empty()) {
    if (!shared_.open()) {
      auto shared = share_files(folders_.target, Sharing::adds);
      if (!shared) return shared.error();
      shared_ = shared.take();
    }
    const auto moved = move();
    if (!moved || *moved == Progress::more) return moved;
    shared_.close();
  }
  const auto synced = sync();
  if (!synced || *synced == Progress::more) return synced;
  if (leftovers_) {
    if (auto emptied = empty_folder(staging()); !emptied) return emptied.error();
    leftovers_ = false;
  }
  moves_.clear();
  moved_ = 0;
  return Progress::done;
}

Result<Progress> CommitLog::move() {
  // The commit has to last before the first of its files is elsewhere.
  if (moved_ == 0) {
    if (auto synced = durable_ == Durable::yes ? sync_path(staging()) : Result<void>{}; !synced)
      return synced.error();
    if (auto written = write(); !written) return written.error();
  }
  std::size_t steps = 0;
  for (; moved_ < moves_.size(); ++moved_) {
    if (++steps > kStepsMax) return Progress::more;
    const Move& each = moves_[moved_];
    const auto moved = move_file(staging() / each.from, folders_.target / each.to);
    if (!moved) return moved.error();
    const auto folder = each.to.parent_path();
    if (std::ranges::find(unsynced_, folder) == unsynced_.end()) unsynced_.push_back(folder);
    if (*moved == Moved::yes) crash_point("commit.moved");
  }
  return Progress::done;
}

// The disk makes all renames durable with the first of them.
Result<Progress> CommitLog::sync() {
  std::size_t steps = 0;
  for (; !unsynced_.empty(); unsynced_.pop_back()) {
    if (durable_ == Durable::no) continue;
    if (++steps > kStepsMax) return Progress::more;
    if (auto synced = sync_folder(folders_.target / unsynced_.back()); !synced)
      return synced.error();
  }
  return Progress::done;
}

std::optional<std::uint64_t> CommitLog::end_of(std::uint64_t index, const Event& event) const {
  for (const auto& [stretch, identity] : flushes_) {
    const bool is_first = stretch.first == index && identity == file_identity_of(event);
    if (is_first || (stretch.first < index && stretch.has(index, event.ts_recv)))
      return stretch.end;
  }
  return std::nullopt;
}

std::uint64_t CommitLog::end_before(std::uint64_t index, const Event& event) const {
  std::uint64_t end = 0;
  for (const Flush& flush : flushes_)
    end = std::max(end, sink::end_before(flush.stretch, index, event.ts_recv));
  return end;
}

}  // namespace mp::sink
