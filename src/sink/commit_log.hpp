// L3. The commit log of a file sink: makes the renames of many files one step, and remembers what
// was delivered.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "sink/files.hpp"

namespace mp::sink {

class CommitLog {
 public:
  // One delivered stretch of events: from `first`, of which `identity` tells the event, to before
  // `end`.
  struct Flush {
    std::uint64_t first = 0;
    std::uint64_t identity = 0;
    std::uint64_t end = 0;
  };
  struct Move {
    std::filesystem::path from;  // below staging()
    std::filesystem::path to;    // below Folders::target
  };

  CommitLog(const Folders& folders, Durable durable, CrashPoint crash_point);

  // Completes the flush that a crash interrupted, if it was committed, and removes all else that
  // stands in .staging.
  Result<void> open();
  [[nodiscard]] std::filesystem::path staging() const { return folders_.own / ".staging"; }

  // Commits the flush and moves its files into place. After an error finish() has to succeed before
  // the next commit.
  Result<void> commit(const Flush& flush, std::vector<Move> moves);
  Result<void> finish();
  // Whether the last commit was written down: it is delivered, whatever happens to its renames.
  [[nodiscard]] bool committed(const Flush& flush) const;

  // The end of a delivered flush that began with this event.
  [[nodiscard]] std::optional<std::uint64_t> end_of(std::uint64_t first,
                                                    std::uint64_t identity) const;

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
  std::vector<Move> moves_;    // of the newest flush, those not made yet
};

}  // namespace mp::sink
