#include "sink/commit_log.hpp"

#include <fstream>
#include <sstream>

namespace mp::sink {
namespace {

// A runner that lost its cursor's last steps to a power loss comes back at one of these.
constexpr std::size_t kFlushesKept = 64;

}  // namespace

CommitLog::CommitLog(const Folders& folders, Durable durable, CrashPoint at_crash_point)
    : folders_(folders), durable_(durable), crash_point_(at_crash_point) {}

Result<void> CommitLog::open() {
  flushes_.clear();
  moves_.clear();
  if (auto read_in = read(); !read_in) return read_in;
  if (auto finished = finish(); !finished) return finished;
  return empty_folder(staging());
}

// Lines: "flush FIRST IDENTITY END" and "move FROM<tab>TO"; written whole or not at all.
Result<void> CommitLog::read() {
  const auto path = folders_.own / ".commits";
  std::ifstream file{path};
  if (!file) return {};
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words{line};
    std::string kind;
    words >> kind;
    Flush flush;
    const std::size_t tab = line.find('\t');
    if (kind == "flush" && words >> flush.first >> flush.identity >> flush.end) {
      flushes_.push_back(flush);
    } else if (kind == "move" && tab != std::string::npos) {
      moves_.push_back({.from = line.substr(5, tab - 5), .to = line.substr(tab + 1)});
    } else {
      return Error{ErrorKind::data, "cannot read " + path.string() + ": the line \"" +
                                        line.substr(0, 80) + "\" is neither a flush nor a move"};
    }
  }
  return {};
}

Result<void> CommitLog::write(const std::deque<Flush>& flushes,
                              const std::vector<Move>& moves) const {
  const auto path = folders_.own / ".commits";
  const auto fresh = staging() / "commits";
  std::ofstream file{fresh, std::ios::trunc};
  for (const Flush& flush : flushes)
    file << "flush " << flush.first << ' ' << flush.identity << ' ' << flush.end << '\n';
  for (const Move& move : moves)
    file << "move " << move.from.string() << '\t' << move.to.string() << '\n';
  file.close();
  if (file.fail()) return file_error("write", fresh);
  if (durable_ == Durable::yes) {
    if (auto synced = sync_file(fresh); !synced) return synced;
  }
  return move_file(fresh, path, durable_);
}

Result<void> CommitLog::commit(const Flush& flush, std::vector<Move> moves) {
  std::deque<Flush> flushes = flushes_;
  flushes.push_back(flush);
  if (flushes.size() > kFlushesKept) flushes.pop_front();
  crash_point("commit.before");
  if (auto written = write(flushes, moves); !written) return written;
  flushes_ = std::move(flushes);
  moves_ = std::move(moves);
  crash_point("commit.after");
  return finish();
}

// Renames first, then the folders: the disk makes all renames durable with the first of them.
Result<void> CommitLog::finish() {
  for (const Move& move : moves_) {
    const auto from = staging() / move.from;
    std::error_code ignored;
    // A move that a run before this one made has nothing left to move.
    if (!std::filesystem::exists(from, ignored)) continue;
    if (auto moved = move_file(from, folders_.target / move.to, Durable::no); !moved) return moved;
    crash_point("commit.moved");
  }
  for (; !moves_.empty() && durable_ == Durable::yes; moves_.pop_back()) {
    if (auto synced = sync_file((folders_.target / moves_.back().to).parent_path()); !synced)
      return synced;
  }
  moves_.clear();
  return {};
}

bool CommitLog::committed(const Flush& flush) const {
  return !flushes_.empty() && flushes_.back().first == flush.first &&
         flushes_.back().identity == flush.identity && flushes_.back().end == flush.end;
}

std::optional<std::uint64_t> CommitLog::end_of(std::uint64_t first, std::uint64_t identity) const {
  for (const Flush& flush : flushes_) {
    if (flush.first == first && flush.identity == identity) return flush.end;
  }
  return std::nullopt;
}

}  // namespace mp::sink
