// L3. The commits of a file sink: make the appearance of many files one step.
//
// The files of a flush are written to .staging/<flush>/<their place>. The flush is committed by the
// rename of that folder to <flush>.done; then they are moved to their places. What was delivered
// is told by the names of files (parquet_delivered.hpp). The log itself, .commits, only helps where
// these were taken away: it may be lost or damaged.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/event.hpp"
#include "core/files.hpp"
#include "core/result.hpp"
#include "sink/files.hpp"
#include "sink/parquet_name.hpp"

namespace mp::sink {

enum class Progress : std::uint8_t { done, more };

// The first index of the flush that is committed there and not finished: some of its files may be
// at their places, and others not. Nothing: there is none.
[[nodiscard]] Result<std::optional<std::uint64_t>> unfinished_flush(const Folders& folders);

class CommitLog {
 public:
  // One delivered stretch of events; `identity` tells its first event. A log of an earlier version
  // has no times, and there only the first event is known again.
  struct Flush {
    Stretch stretch;
    std::uint64_t identity = 0;
  };

  CommitLog(const Folders& folders, Durable durable, CrashPoint crash_point);

  // Looks what an earlier run has committed. finish() then completes it, and removes all else that
  // stands in .staging: it has to come to its end before the next commit.
  Result<void> open();
  [[nodiscard]] std::filesystem::path staging() const;

  // Commits the flush whose files stand in `folder` of staging(), each at one of `places` below it:
  // it is delivered, whatever happens to its renames. After an error it is not.
  Result<void> commit(const Flush& flush, const std::string& folder,
                      const std::vector<std::filesystem::path>& places);
  // Moves files of the last commit into place, a bounded number at each call. After an error it
  // goes on where it was.
  Result<Progress> finish();

  // The end of a delivered flush that this event is in, as far as the log knows.
  [[nodiscard]] std::optional<std::uint64_t> end_of(std::uint64_t index, const Event& event) const;
  // Of the delivered flushes that begin below `index`, the highest end; 0: there is none.
  [[nodiscard]] std::uint64_t end_before(std::uint64_t index, const Event& event) const;

 private:
  struct Move {
    std::filesystem::path from;  // below staging()
    std::filesystem::path to;    // below Folders::target
  };

  Result<void> read();
  Result<void> find_committed();
  void remember(const Flush& flush);
  Result<void> write() const;
  Result<Progress> move();
  Result<Progress> sync();
  void crash_point(std::string_view place) const {
    if (crash_point_ != nullptr) crash_point_(place);
  }

  Folders folders_;
  Durable durable_;
  CrashPoint crash_point_;
  std::deque<Flush> flushes_;                    // the newest at the end
  std::vector<Move> moves_;                      // of committed flushes
  std::size_t moved_ = 0;                        // of these, the first ones
  std::vector<std::filesystem::path> unsynced_;  // folders that got files, below the target
  Fd shared_;                                    // from the first move to the last
  bool leftovers_ = false;                       // .staging may have what nobody wants
};

}  // namespace mp::sink
