#include "net/connect_pacer.hpp"

#include <algorithm>

namespace mp::net {
namespace {

SteadyTime read(const std::atomic<std::int64_t>& at) {
  return SteadyTime{SteadyTime::duration{at.load()}};
}

// Nobody writes more than the pace allows, by a clock that may be a little ahead of `now`: what is
// later than that comes of a damaged file, and counts for nothing.
SteadyTime believed(SteadyTime at, SteadyTime now, SteadyTime::duration ahead_max) {
  constexpr std::chrono::minutes kAhead{1};
  return at > now + ahead_max + kAhead ? SteadyTime{} : at;
}

// False: somebody else has written it.
bool replace(std::atomic<std::int64_t>& at, SteadyTime before, SteadyTime after) {
  auto expected = before.time_since_epoch().count();
  return at.compare_exchange_strong(expected, after.time_since_epoch().count());
}

}  // namespace

SteadyTime ConnectPacer::due(SteadyTime now) const {
  return believed(read(memory_.due), now, rule_.between * rule_.burst);
}

SteadyTime ConnectPacer::failing_due(SteadyTime now) const {
  return believed(read(memory_.failing_due), now, kUnslowed * kSlower + rule_.between * kSlower);
}

SteadyTime ConnectPacer::take(SteadyTime now) {
  while (true) {
    const SteadyTime seen = read(memory_.due);
    const SteadyTime before = due(now);
    SteadyTime at = before - rule_.between * (rule_.burst - 1);
    if (rule_.failing == Failing::slower) at = std::max(at, failing_due(now) - kUnslowed * kSlower);
    if (at > now) return at;
    if (replace(memory_.due, seen, std::max(before, now) + rule_.between)) break;
  }
  if (all_ != nullptr) {
    if (const SteadyTime at = all_->take(now); at > now) {
      give_back();
      return at;
    }
  }
  while (true) {
    const SteadyTime seen = read(memory_.failing_due);
    const SteadyTime after = std::max(failing_due(now), now) + rule_.between * kSlower;
    if (replace(memory_.failing_due, seen, after)) return now;
  }
}

// Others may have taken their turn behind ours: they move up.
void ConnectPacer::give_back() {
  memory_.due -= std::chrono::duration_cast<SteadyTime::duration>(rule_.between).count();
}

void ConnectPacer::connected() {
  memory_.failing_due = 0;
}

}  // namespace mp::net
