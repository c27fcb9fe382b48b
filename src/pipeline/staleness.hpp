// L4. Staleness: whether what a connection brings gets old on its way: the venue's clock lags ever
// more behind ours, since a gateway resends old data or a queue grows. Judged by its own habit, so
// that a clock which is off makes no alarm. No clock: time is an argument.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/time.hpp"
#include "net/clock.hpp"

namespace mp::pipeline {

class Staleness {
 public:
  // It is late above both, for kPatience.
  static constexpr std::chrono::seconds kLeast{10};
  static constexpr std::chrono::seconds kOverHabit{5};
  static constexpr std::chrono::seconds kPatience{30};
  // The habit is the least delay of so many minutes before the present one.
  static constexpr std::size_t kHabitMinutes = 10;

  // A connection begins: what was late is forgotten, the habit is not.
  void begin() { late_since_.reset(); }
  // Our clock was set forward by so much, or back: all that comes is later by that, or earlier.
  void clock_was_set(Nanoseconds by);

  // `least`: of what came since the last call, the least that it was behind the venue's clock; may
  // be below 0. None: nothing came that tells. True once when it has been late for too long, and
  // again after twice as long each time.
  [[nodiscard]] bool out_of_habit(std::optional<Nanoseconds> least, net::SteadyTime now);

  // What was told last; and the habit.
  [[nodiscard]] std::optional<Nanoseconds> delay() const { return delay_; }
  [[nodiscard]] std::optional<Nanoseconds> habit() const;

 private:
  struct Minute {
    std::int64_t number = -1;  // of the steady clock
    Nanoseconds least{0};
  };
  void learn(Nanoseconds least, net::SteadyTime now);

  std::array<Minute, kHabitMinutes + 1> minutes_{};  // a ring, by number
  std::int64_t present_ = -1;
  std::optional<Nanoseconds> delay_;
  std::optional<net::SteadyTime> late_since_;
  std::optional<net::SteadyTime> in_time_since_;
  unsigned times_ = 0;  // that it was out of habit since it was in time for long
};

}  // namespace mp::pipeline
