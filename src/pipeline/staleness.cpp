#include "pipeline/staleness.hpp"

#include <algorithm>

#include "core/back_off.hpp"

namespace mp::pipeline {
namespace {

using std::chrono::minutes;

constexpr BackOff kLatePauses{.first = Staleness::kPatience, .most = std::chrono::hours{24}};
// In time for so long, it is as good as new.
constexpr minutes kMended{10};

}  // namespace

// The least of the last minutes: of the present one too, where no other is known.
std::optional<Nanoseconds> Staleness::habit() const {
  std::optional<Nanoseconds> before;
  std::optional<Nanoseconds> present;
  for (const Minute& minute : minutes_) {
    if (minute.number < 0 || minute.number + static_cast<std::int64_t>(kHabitMinutes) < present_)
      continue;
    auto& least = minute.number == present_ ? present : before;
    least = std::min(least.value_or(minute.least), minute.least);
  }
  return before ? before : present;
}

void Staleness::learn(Nanoseconds least, net::SteadyTime now) {
  present_ = std::chrono::floor<minutes>(now.time_since_epoch()).count();
  Minute& minute = minutes_[static_cast<std::size_t>(present_) % minutes_.size()];
  if (minute.number != present_) minute = {.number = present_, .least = least};
  minute.least = std::min(minute.least, least);
}

void Staleness::clock_was_set(Nanoseconds by) {
  for (Minute& minute : minutes_) minute.least += by;
  late_since_.reset();
}

bool Staleness::out_of_habit(std::optional<Nanoseconds> least, net::SteadyTime now) {
  if (!least) return false;
  delay_ = *least;
  learn(*least, now);
  const Nanoseconds limit = std::max<Nanoseconds>(kLeast, *habit() + kOverHabit);
  if (*least <= limit) {
    late_since_.reset();
    if (!in_time_since_) in_time_since_ = now;
    if (now >= *in_time_since_ + kMended) times_ = 0;
    return false;
  }
  in_time_since_.reset();
  if (!late_since_) late_since_ = now;
  if (now < *late_since_ + kLatePauses.longest(times_)) return false;
  ++times_;
  late_since_.reset();
  return true;
}

}  // namespace mp::pipeline
