// L6. Ctrl-C, SIGTERM and SIGHUP as questions that a loop can ask.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace mp::cli {

// What a signal means beside those before it. Signal handlers on any threads ask.
class StopWish {
 public:
  // Of the first signal. coreutils' `timeout` always sends two, to the process and to its group.
  static constexpr std::chrono::seconds kOneWish{1};

  enum class Meaning : std::uint8_t { stop, same, end_at_once };
  // `now`: of a clock that only goes forward.
  Meaning on_signal(int number, std::chrono::nanoseconds now);
  [[nodiscard]] bool wished() const { return first_ != kNever; }

 private:
  using Nanoseconds = std::int64_t;
  static constexpr Nanoseconds kNever = INT64_MIN;
  static_assert(std::atomic<Nanoseconds>::is_always_lock_free);  // as a handler must have it
  std::atomic<Nanoseconds> first_{kNever};
};

// What SIGHUP means: that the terminal was closed, or that the configuration is to be read anew
// (unless the terminal that there was is gone).
enum class HangUp : std::uint8_t { stops, reloads };

// From now on these signals only set the request; another SIGINT or SIGTERM, later than that of the
// same wish, ends the program at once.
void watch_for_stop(HangUp hang_up = HangUp::stops);
[[nodiscard]] bool stop_requested();
// With HangUp::reloads: whether SIGHUP asked for it since the last question.
[[nodiscard]] bool take_reload_request();
// Returns once that is so, or after `longest`.
void wait_for_stop(std::optional<std::chrono::nanoseconds> longest);

}  // namespace mp::cli
