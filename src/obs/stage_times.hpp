// L1. StageTimes: how long a stage of the way from socket to sink takes, and what it took longest
// for. Uses core.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "obs/histogram.hpp"

namespace mp::obs {

enum class Stage : std::uint8_t {
  decode,  // a frame through the venue's handler
  book,    // its updates of books
  append,  // its events into the journal
  encode,  // an event into a sink's lines
  write,   // a batch into a sink
};
inline constexpr std::size_t kStageCount = 5;
[[nodiscard]] std::string_view name_of(Stage stage);

// A frame, event or batch that a stage took long for.
struct SlowWork {
  Nanoseconds took{0};
  Timestamp at{};           // when it was received
  std::uint64_t bytes = 0;  // that it has
  std::string head;         // its first bytes; of what has none, its symbol
};

// What a stage has taken at one moment.
struct StageSnapshot {
  LatencySnapshot times;
  std::vector<SlowWork> slowest;  // the slowest first

  // Of both together, with the slowest of either.
  StageSnapshot& operator+=(const StageSnapshot& other);
};

// One thread records, any thread takes snapshots.
class StageTimes {
 public:
  static constexpr std::size_t kSlowestMax = 4;
  static constexpr std::size_t kHeadBytesMax = 120;
  // What was slow long ago makes room: it says nothing of now.
  static constexpr std::chrono::minutes kKept{10};

  struct Work {
    Timestamp at;
    std::uint64_t bytes = 0;
    std::string_view head{};
  };
  // Allocates nothing. What is slower than most is kept too, under a lock that only a snapshot
  // holds besides.
  void record(Nanoseconds took, const Work& work) {
    times_.record(took);
    if (took > least_ || work.at >= renew_at_) keep(took, work);
  }
  [[nodiscard]] StageSnapshot snapshot() const;

 private:
  struct Kept {
    Nanoseconds took{-1};  // below 0: free
    Timestamp at{};
    std::uint64_t bytes = 0;
    std::size_t head_size = 0;
    std::array<char, kHeadBytesMax> head{};
  };
  void keep(Nanoseconds took, const Work& work);

  Histogram times_;
  Nanoseconds least_{-1};  // of those that are kept
  Timestamp renew_at_ = Timestamp::max();
  mutable std::mutex mutex_;  // a text cannot be read while it is written
  std::array<Kept, kSlowestMax> slowest_{};
};

}  // namespace mp::obs
