// L1. Repeats: trouble that can come with every frame. Of lines that say the same, the first few
// pass in each interval; how many were held back is told when it is over.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mp::obs {

// Belongs to one thread at a time.
class Repeats {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kInterval{10};
  static constexpr std::uint64_t kPassing = 10;  // lines of each kind in an interval
  static constexpr std::size_t kKindsMax = 256;  // what does not fit passes

  // Whether a line of that kind may pass now.
  [[nodiscard]] bool admit(std::uint64_t kind, std::string_view event, Time now);

  struct Held {
    std::string event;
    std::uint64_t lines = 0;
  };
  // Of the intervals that are over, and forgets them; with `all`, of all.
  enum class Which : std::uint8_t { over, all };
  [[nodiscard]] std::vector<Held> take(Time now, Which which = Which::over);

 private:
  struct Kind {
    std::uint64_t kind = 0;
    std::string event;
    Time since;
    std::uint64_t lines = 0;
  };
  std::vector<Kind> kinds_;
};

}  // namespace mp::obs
