#include "control/disk_trend.hpp"

namespace mp::control {

std::optional<std::chrono::seconds> DiskTrend::left() const {
  constexpr double kLongest = 100.0 * 365 * 24 * 3600;
  if (points_.size() < 2) return std::nullopt;
  const auto& first = points_.front();
  const auto& last = points_.back();
  const std::chrono::duration<double> time = last.at - first.at;
  if (time < kLeast || last.free >= first.free) return std::nullopt;
  const double seconds =
      static_cast<double>(last.free) / static_cast<double>(first.free - last.free) * time.count();
  if (seconds > kLongest) return std::nullopt;
  return std::chrono::seconds{static_cast<std::int64_t>(seconds)};
}

}  // namespace mp::control
