// L4. Availability: how long something was there of the time for which it was wanted, over the last
// hour or day. No clock: time is an argument.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "net/clock.hpp"

namespace mp::pipeline {

// Of several that are wanted, the sums of their times.
struct Uptime {
  std::chrono::milliseconds wanted{0};
  std::chrono::milliseconds live{0};  // at most `wanted`

  static void fields(auto& self, auto&& visit) {
    visit("wanted_ms", self.wanted);
    visit("live_ms", self.live);
  }
  Uptime& operator+=(const Uptime& other) {
    wanted += other.wanted;
    live += other.live;
    return *this;
  }
  friend bool operator==(const Uptime&, const Uptime&) = default;
};

class Availability {
 public:
  static constexpr std::chrono::minutes kKept{24 * 60};

  // Of what is counted, and lasts until the next set().
  struct Present {
    std::uint32_t wanted = 0;
    std::uint32_t live = 0;  // at most `wanted`
  };
  void set(const Present& present, net::SteadyTime now);
  // Of the minute of `now`, and of as many whole ones before it; at most kKept, and no earlier than
  // the first set().
  [[nodiscard]] Uptime over(std::chrono::minutes minutes, net::SteadyTime now) const;

 private:
  struct Minute {
    std::int64_t number = -1;  // of the steady clock
    std::chrono::nanoseconds wanted{0};
    std::chrono::nanoseconds live{0};
  };
  void add(net::SteadyTime from, net::SteadyTime to);

  Present present_;
  net::SteadyTime since_{};
  std::vector<Minute> minutes_;  // a ring, by number; empty before the first set()
};

}  // namespace mp::pipeline
