// L0. BackOff: pauses that grow while something keeps failing. No clock, no chance: both are the
// caller's.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace mp {

struct BackOff {
  std::chrono::milliseconds first{};
  std::chrono::milliseconds most{};
  unsigned doublings = 1;  // from one pause to the next

  // The longest pause after so many failures in a row before this one.
  [[nodiscard]] constexpr std::chrono::milliseconds longest(unsigned failures) const {
    constexpr unsigned kShiftMax = 30;
    const auto shift = std::min<std::uint64_t>(std::uint64_t{failures} * doublings, kShiftMax);
    if (first.count() > most.count() >> shift) return most;
    return std::chrono::milliseconds{first.count() << shift};
  }
};

// Full jitter, evenly over [0, most): those that one event has thrown out do not come back
// together. `random` is evenly spread over all its values, `most` at most 24 days.
[[nodiscard]] constexpr std::chrono::milliseconds spread(std::chrono::milliseconds most,
                                                         std::uint32_t random) {
  constexpr std::int64_t kSteps = std::int64_t{1} << 32U;
  return std::chrono::milliseconds{most.count() * std::int64_t{random} / kSteps};
}
// Likewise over the upper half: none comes at once.
[[nodiscard]] constexpr std::chrono::milliseconds spread_upper(std::chrono::milliseconds most,
                                                               std::uint32_t random) {
  return most / 2 + spread(most - most / 2, random);
}

}  // namespace mp
