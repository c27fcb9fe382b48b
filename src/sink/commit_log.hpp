// L3. The commit log of a file sink: makes the renames of many files one step, and remembers what
// was delivered.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/event.hpp"
#include "core/result.hpp"
#include "sink/files.hpp"

namespace mp::sink {

enum class Progress : std::uint8_t { done, more };

class CommitLog {
 public:
  // One delivered stretch of events: from `first`, of which `identity` tells the event, to before
  // `end`. The times of its events tell one that lies within from an event of another journal at
  // the same index; a log of an earlier version has none, and there only the first is known again.
  struct Flush {
    std::uint64_t first = 0;
    std::uint64_t identity = 0;
    std::uint64_t end = 0;
    Timestamp earliest = Timestamp::max();
    Timestamp latest = Timestamp::min();
    [[nodiscard]] bool has_times() const { return earliest <= latest; }
  };
  struct Move {
    std::filesystem::path from;  // below staging()
    std::filesystem::path to;    // below Folders::target
  };

  CommitLog(const Folders& folders, Durable durable, CrashPoint crash_point);

  // Reads the log. finish() then completes the flush that a crash interrupted, if it was committed,
  // and removes all else that stands in .staging: it has to come to its end before the next commit.
  Result<void> open();
  [[nodiscard]] std::filesystem::path staging() const { return folders_.own / ".staging"; }

  // Commits the flush: it is delivered, whatever happens to its renames. After an error it is not.
  Result<void> commit(const Flush& flush, std::vector<Move> moves);
  // Moves files of the last commit into place, a bounded number at each call. After an error it
  // goes on where it was.
  Result<Progress> finish();

  // The end of a delivered flush that this event is in.
  [[nodiscard]] std::optional<std::uint64_t> end_of(std::uint64_t index, const Event& event) const;
  // Of the delivered flushes that begin below `index`, the highest end; 0: there is none.
  [[nodiscard]] std::uint64_t end_before(std::uint64_t index, const Event& event) const;

 private:
  Result<void> read();
  Result<void> write(const std::deque<Flush>& flushes, const std::vector<Move>& moves) const;
  void crash_point(std::string_view place) const {
    if (crash_point_ != nullptr) crash_point_(place);
  }

  Folders folders_;
  Durable durable_;
  CrashPoint crash_point_;
  std::deque<Flush> flushes_;  // the newest at the end
  std::vector<Move> moves_;    // of the newest flush, as the log has them
  std::size_t moved_ = 0;      // of these, the first ones
  std::size_t synced_ = 0;     // their folders
  bool written_ = true;        // the log's own name is durable
  bool leftovers_ = false;     // .staging may have files of no flush
};

}  // namespace mp::sink
