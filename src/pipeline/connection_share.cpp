#include "pipeline/connection_share.hpp"

#include "core/assert.hpp"

namespace mp::pipeline {

ConnectionShare::Part::Part(ConnectionShare& share) : share_(share) {
  const std::scoped_lock lock{share_.mutex_};
  share_.parts_.insert(this);
}

ConnectionShare::Part::~Part() {
  const std::scoped_lock lock{share_.mutex_};
  share_.parts_.erase(this);
}

void ConnectionShare::Part::need(std::size_t sessions) {
  const std::scoped_lock lock{share_.mutex_};
  needed_ = sessions;
}

bool ConnectionShare::Part::take() {
  const std::scoped_lock lock{share_.mutex_};
  std::size_t spoken_for = 0;
  for (const Part* const part : share_.parts_) {
    const bool may_need_one = part->taken_ == 0 && part->needed_.value_or(1) > 0;
    spoken_for += part->taken_;
    if (taken_ > 0 && part != this && may_need_one) ++spoken_for;
  }
  if (spoken_for >= share_.most_) return false;
  ++taken_;
  return true;
}

void ConnectionShare::Part::give_back() {
  const std::scoped_lock lock{share_.mutex_};
  MP_ASSERT(taken_ > 0);
  --taken_;
}

std::size_t ConnectionShare::needed() const {
  const std::scoped_lock lock{mutex_};
  std::size_t needed = 0;
  for (const Part* const part : parts_) needed += part->needed_.value_or(0);
  return needed;
}

}  // namespace mp::pipeline
