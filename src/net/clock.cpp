#include "net/clock.hpp"

namespace mp::net {

Timestamp now() {
  return std::chrono::time_point_cast<Nanoseconds>(std::chrono::system_clock::now());
}

Timestamp ReceiveClock::stamp(Timestamp wall, SteadyTime steady) {
  if (wall >= last_) {
    behind_ = false;
    last_ = wall;
    last_steady_ = steady;
    return wall;
  }
  if (!behind_ && last_ - wall > kStep) ++steps_back_;
  behind_ = true;
  if (steady > last_steady_) {
    last_ += std::chrono::duration_cast<Nanoseconds>(steady - last_steady_);
    last_steady_ = steady;
  }
  return last_;
}

}  // namespace mp::net
