#include "pipeline/call_limit.hpp"

#include <algorithm>
#include <numeric>

namespace mp::pipeline {

CallLimit::Venue CallLimit::add_venue() {
  const std::scoped_lock lock{mutex_};
  active_.push_back(0);
  return active_.size() - 1;
}

bool CallLimit::begin(Venue venue) {
  const std::scoped_lock lock{mutex_};
  const std::size_t share = std::max<std::size_t>(most_ / active_.size(), 1);
  std::size_t taken = std::accumulate(active_.begin(), active_.end(), std::size_t{0});
  if (active_[venue] >= share) {
    for (Venue other = 0; other < active_.size(); ++other) {
      if (other != venue) taken += share - std::min(share, active_[other]);
    }
  }
  if (taken >= most_) return false;
  ++active_[venue];
  return true;
}

void CallLimit::end(Venue venue) {
  const std::scoped_lock lock{mutex_};
  --active_[venue];
}

std::size_t CallLimit::active() const {
  const std::scoped_lock lock{mutex_};
  return std::accumulate(active_.begin(), active_.end(), std::size_t{0});
}

}  // namespace mp::pipeline
