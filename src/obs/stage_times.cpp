#include "obs/stage_times.hpp"

#include <algorithm>
#include <iterator>

namespace mp::obs {

std::string_view name_of(Stage stage) {
  static constexpr std::array<std::string_view, kStageCount> kNames = {"decode", "book", "append",
                                                                       "encode", "write"};
  return kNames[static_cast<std::size_t>(stage)];
}

StageSnapshot& StageSnapshot::operator+=(const StageSnapshot& other) {
  times += other.times;
  slowest.insert(slowest.end(), other.slowest.begin(), other.slowest.end());
  std::ranges::sort(slowest, std::ranges::greater{}, &SlowWork::took);
  if (slowest.size() > StageTimes::kSlowestMax) slowest.resize(StageTimes::kSlowestMax);
  return *this;
}

// In the place of what is too old, else of the quickest.
void StageTimes::keep(Nanoseconds took, const Work& work) {
  const std::lock_guard guard{mutex_};
  for (Kept& each : slowest_) {
    if (each.took.count() >= 0 && work.at - each.at >= kKept) each = Kept{};
  }
  const auto place = std::ranges::min_element(slowest_, {}, &Kept::took);
  if (took > place->took) {
    place->took = took;
    place->at = work.at;
    place->bytes = work.bytes;
    place->head_size = work.head.copy(place->head.data(), place->head.size());
  }
  least_ = std::ranges::min_element(slowest_, {}, &Kept::took)->took;
  renew_at_ = Timestamp::max();
  for (const Kept& each : slowest_) {
    if (each.took.count() >= 0) renew_at_ = std::min<Timestamp>(renew_at_, each.at + kKept);
  }
}

StageSnapshot StageTimes::snapshot() const {
  StageSnapshot out{.times = times_.snapshot(), .slowest = {}};
  {
    const std::lock_guard guard{mutex_};
    for (const Kept& each : slowest_) {
      if (each.took.count() < 0) continue;
      out.slowest.push_back({.took = each.took,
                             .at = each.at,
                             .bytes = each.bytes,
                             .head = std::string{each.head.data(), each.head_size}});
    }
  }
  std::ranges::sort(out.slowest, std::ranges::greater{}, &SlowWork::took);
  return out;
}

}  // namespace mp::obs
