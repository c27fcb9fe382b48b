#include "sink/commit_log.hpp"

#include <algorithm>
#include <sstream>

namespace mp::sink {
namespace {

// Beyond that, the oldest become one: a runner that lost its cursor comes back at the oldest event
// that the journal has.
constexpr std::size_t kFlushesKept = 64;
// Renames and syncs of one finish(): a second on a slow disk.
constexpr std::size_t kStepsMax = 1'024;

// The line for a message: a damaged file may hold anything.
std::string cleaned(std::string_view line) {
  constexpr std::size_t kShown = 40;
  std::string out{line.substr(0, kShown)};
  std::ranges::replace_if(out, [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

// Two flushes as one, where they are of one journal: what lies between them was not for this sink,
// or is gone. The older one alone where they are not.
bool join(CommitLog::Flush& older, const CommitLog::Flush& newer) {
  const bool one_journal = older.has_times() && newer.has_times() && newer.first >= older.end &&
                           newer.latest >= older.earliest;
  if (!one_journal) return false;
  older.end = newer.end;
  older.earliest = std::min(older.earliest, newer.earliest);
  older.latest = std::max(older.latest, newer.latest);
  return true;
}

}  // namespace

CommitLog::CommitLog(const Folders& folders, Durable durable, CrashPoint at_crash_point)
    : folders_(folders), durable_(durable), crash_point_(at_crash_point) {}

Result<void> CommitLog::open() {
  flushes_.clear();
  moves_.clear();
  moved_ = synced_ = 0;
  leftovers_ = true;
  return read();
}

// Lines: "flush FIRST IDENTITY END EARLIEST LATEST" and "move FROM<tab>TO"; written whole or not at
// all. The times are missing in logs of an earlier version.
Result<void> CommitLog::read() {
  const auto path = folders_.own / ".commits";
  const auto text = read_file(path);
  if (!text) return text.error();
  std::istringstream lines{text->value_or("")};
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream words{line};
    std::string kind;
    words >> kind;
    Flush flush;
    const std::size_t tab = line.find('\t');
    if (kind == "flush" && words >> flush.first >> flush.identity >> flush.end) {
      std::int64_t earliest = 0;
      std::int64_t latest = 0;
      if (words >> earliest >> latest) {
        flush.earliest = from_nanoseconds(earliest);
        flush.latest = from_nanoseconds(latest);
      }
      flushes_.push_back(flush);
    } else if (kind == "move" && tab != std::string::npos) {
      moves_.push_back({.from = line.substr(5, tab - 5), .to = line.substr(tab + 1)});
    } else {
      return Error{ErrorKind::data,
                   "cannot read " + path.string() + ": the line \"" + cleaned(line) +
                       "\" is neither a flush nor a move; move the file away to go on: at most the "
                       "newest flush, where a kill interrupted it, is then stored twice"};
    }
  }
  return {};
}

Result<void> CommitLog::write(const std::deque<Flush>& flushes,
                              const std::vector<Move>& moves) const {
  std::ostringstream text;
  for (const Flush& flush : flushes) {
    text << "flush " << flush.first << ' ' << flush.identity << ' ' << flush.end;
    if (flush.has_times())
      text << ' ' << to_nanoseconds(flush.earliest) << ' ' << to_nanoseconds(flush.latest);
    text << '\n';
  }
  for (const Move& move : moves)
    text << "move " << move.from.string() << '\t' << move.to.string() << '\n';
  const auto fresh = staging() / "commits";
  const auto file = create_file(fresh);
  if (!file) return file.error();
  if (const Done done = write_all(*file, text.view()); done.code != 0)
    return file_error("write", fresh, done.code);
  const int synced = durable_ == Durable::yes ? sync_all(*file) : 0;
  if (synced != 0) return file_error("make durable", fresh, synced);
  const auto path = folders_.own / ".commits";
  if (const int code = replace_file(fresh, path); code != 0)
    return file_error("rename to", path, code);
  return {};
}

Result<void> CommitLog::commit(const Flush& flush, std::vector<Move> moves) {
  std::deque<Flush> flushes = flushes_;
  flushes.push_back(flush);
  while (flushes.size() > kFlushesKept) {
    if (join(flushes[0], flushes[1])) {
      flushes.erase(flushes.begin() + 1);
    } else {
      flushes.pop_front();
    }
  }
  crash_point("commit.before");
  if (auto written = write(flushes, moves); !written) return written;
  flushes_ = std::move(flushes);
  moves_ = std::move(moves);
  moved_ = synced_ = 0;
  written_ = durable_ == Durable::no;
  crash_point("commit.after");
  return {};
}

// Renames first, then the folders: the disk makes all renames durable with the first of them.
Result<Progress> CommitLog::finish() {
  if (!written_) {
    if (auto synced = sync_path(folders_.own); !synced) return synced.error();
    written_ = true;
  }
  std::size_t steps = 0;
  for (; moved_ < moves_.size(); ++moved_) {
    if (++steps > kStepsMax) return Progress::more;
    const Move& move = moves_[moved_];
    // What a run before this one moved has nothing left to move.
    const auto moved = move_file(staging() / move.from, folders_.target / move.to);
    if (!moved) return moved.error();
    if (*moved == Moved::yes) crash_point("commit.moved");
  }
  for (; synced_ < moves_.size() && durable_ == Durable::yes; ++synced_) {
    if (++steps > kStepsMax) return Progress::more;
    const auto folder = (folders_.target / moves_[synced_].to).parent_path();
    if (auto synced = sync_folder(folder); !synced) return synced.error();
  }
  if (leftovers_) {
    if (auto emptied = empty_folder(staging()); !emptied) return emptied.error();
    leftovers_ = false;
  }
  moves_.clear();
  moved_ = synced_ = 0;
  return Progress::done;
}

std::optional<std::uint64_t> CommitLog::end_of(std::uint64_t index, const Event& event) const {
  for (const Flush& flush : flushes_) {
    const bool is_first = flush.first == index && flush.identity == file_identity_of(event);
    const bool is_within = flush.first < index && index < flush.end &&
                           flush.earliest <= event.ts_recv && event.ts_recv <= flush.latest;
    if (is_first || is_within) return flush.end;
  }
  return std::nullopt;
}

std::uint64_t CommitLog::end_before(std::uint64_t index, const Event& event) const {
  std::uint64_t end = 0;
  for (const Flush& flush : flushes_) {
    if (!flush.has_times() || flush.first >= index || flush.earliest > event.ts_recv) continue;
    if (flush.end > index && flush.latest < event.ts_recv) continue;  // of another journal
    end = std::max(end, flush.end);
  }
  return end;
}

}  // namespace mp::sink
