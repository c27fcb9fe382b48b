// L5. DiskTrend: how long the room of a disk lasts, by how it shrank lately.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "net/clock.hpp"

namespace mp::control {

// Belongs to one thread.
class DiskTrend {
 public:
  static constexpr std::chrono::seconds kEvery{10};
  static constexpr std::chrono::seconds kWindow{600};
  static constexpr std::chrono::seconds kLeast{60};  // of less nothing is said

  // Whether it is time to look.
  [[nodiscard]] bool wants(net::SteadyTime now) const {
    return points_.empty() || now - points_.back().at >= kEvery;
  }
  void note(net::SteadyTime now, std::uint64_t free) {
    points_.push_back({.at = now, .free = free});
    while (now - points_.front().at > kWindow) points_.pop_front();
  }
  // Nothing: it does not shrink, or that is not known yet.
  [[nodiscard]] std::optional<std::chrono::seconds> left() const;

 private:
  struct Point {
    net::SteadyTime at;
    std::uint64_t free = 0;
  };
  std::deque<Point> points_;
};

}  // namespace mp::control
