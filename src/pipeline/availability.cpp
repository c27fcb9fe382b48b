#include "pipeline/availability.hpp"

#include <algorithm>

#include "core/assert.hpp"

namespace mp::pipeline {
namespace {

using std::chrono::minutes;

constexpr auto kSlots = static_cast<std::size_t>(Availability::kKept.count()) + 1;

minutes minute_of(net::SteadyTime time) {
  return std::chrono::floor<minutes>(time.time_since_epoch());
}

}  // namespace

void Availability::set(const Present& present, net::SteadyTime now) {
  MP_ASSERT(present.live <= present.wanted);
  if (minutes_.empty()) {
    minutes_.resize(kSlots);
    since_ = now;
  }
  add(since_, now);
  since_ = std::max(since_, now);
  present_ = present;
}

// Minute by minute; what would be forgotten at once is passed over.
void Availability::add(net::SteadyTime from, net::SteadyTime to) {
  from = std::max(from, to - kKept);
  while (from < to) {
    const auto number = minute_of(from);
    const auto end = std::min(to, net::SteadyTime{number + minutes{1}});
    Minute& minute = minutes_[static_cast<std::size_t>(number.count()) % kSlots];
    if (minute.number != number.count()) minute = {.number = number.count()};
    minute.wanted += (end - from) * present_.wanted;
    minute.live += (end - from) * present_.live;
    from = end;
  }
}

Uptime Availability::over(minutes time, net::SteadyTime now) const {
  if (minutes_.empty()) return {};
  const auto first = minute_of(now) - std::min(time, kKept);
  std::chrono::nanoseconds wanted{0};
  std::chrono::nanoseconds live{0};
  for (const Minute& minute : minutes_) {
    if (minute.number < first.count()) continue;
    wanted += minute.wanted;
    live += minute.live;
  }
  const auto since = std::max(since_, net::SteadyTime{first});
  if (since < now) {
    wanted += (now - since) * present_.wanted;
    live += (now - since) * present_.live;
  }
  return {.wanted = std::chrono::floor<std::chrono::milliseconds>(wanted),
          .live = std::chrono::floor<std::chrono::milliseconds>(live)};
}

}  // namespace mp::pipeline
