// L2 net. The clocks: UTC for time stamps, steady time for deadlines, and the rule that keeps the
// receive times of one connection from going back.
#pragma once

#include <chrono>
#include <cstdint>

#include "core/time.hpp"

namespace mp::net {

using SteadyClock = std::chrono::steady_clock;
using SteadyTime = SteadyClock::time_point;
using Milliseconds = std::chrono::milliseconds;

// UTC, from CLOCK_REALTIME.
[[nodiscard]] Timestamp now();
[[nodiscard]] inline SteadyTime steady_now() {
  return SteadyClock::now();
}

// Receive times of one connection: never earlier than the one before, whatever the wall clock does.
// When the wall clock was set back, time goes on at the pace of the steady clock until the wall
// clock has caught up.
class ReceiveClock {
 public:
  [[nodiscard]] Timestamp stamp(Timestamp wall, SteadyTime steady);

  // How often the wall clock was found set back by more than kStep.
  [[nodiscard]] std::uint64_t steps_back() const { return steps_back_; }

  static constexpr Milliseconds kStep{50};

 private:
  Timestamp last_{};
  SteadyTime last_steady_{};
  bool behind_ = false;  // the wall clock is behind what was handed out
  std::uint64_t steps_back_ = 0;
};

}  // namespace mp::net
