// L4. FrameStages: times what becomes of one frame in many: decoding, books, journal. Nothing
// decides by it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "net/clock.hpp"
#include "obs/counters.hpp"
#include "obs/stage_times.hpp"

namespace mp::pipeline {

// Readable from other threads.
struct FrameStageTimes {
  obs::StageTimes decode;
  obs::StageTimes book;
  obs::StageTimes append;
  obs::Counter allocated_bytes;  // of the heap, by these frames; once warm none is added
};

// Belongs to the feed's thread. Each stage has its own time: what it calls has another's.
class FrameStages {
 public:
  // One frame in so many is timed: to read the clock costs about 30 ns, some six times a frame. A
  // prime, so that streams that take turns are all seen.
  static constexpr std::uint32_t kEvery = 61;
  using Clock = net::SteadyTime (*)();

  // `times` outlives it.
  explicit FrameStages(FrameStageTimes& times, Clock clock = net::steady_now)
      : times_(times), clock_(clock) {}

  void begin() {
    if (--left_ != 0) return;
    left_ = kEvery;
    start();
  }
  void end(std::string_view frame, Timestamp ts_recv) {
    if (timing_) finish(frame, ts_recv);
  }

  // While it lives, a part of the frame is this stage's.
  class Part {
   public:
    Part(FrameStages* stages, obs::Stage stage)
        : stages_(stages != nullptr && stages->timing_ ? stages : nullptr) {
      if (stages_ != nullptr) before_ = stages_->turn_to(stage);
    }
    ~Part() {
      if (stages_ != nullptr) (void)stages_->turn_to(before_);
    }
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

   private:
    FrameStages* stages_;
    obs::Stage before_ = obs::Stage::decode;
  };

 private:
  static constexpr std::size_t kStages = 3;  // decode, book, append

  void start();
  void finish(std::string_view frame, Timestamp ts_recv);
  // What has passed is the current stage's; answers which that was.
  obs::Stage turn_to(obs::Stage stage);

  FrameStageTimes& times_;
  const Clock clock_;
  std::uint32_t left_ = kEvery;
  bool timing_ = false;
  obs::Stage stage_ = obs::Stage::decode;
  net::SteadyTime since_{};
  const std::uint64_t* allocated_ = nullptr;  // by this thread; null: nobody counts
  std::uint64_t allocated_before_ = 0;
  bool knows_thread_ = false;
  std::array<Nanoseconds, kStages> spent_{};
};

}  // namespace mp::pipeline
