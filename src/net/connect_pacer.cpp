#include "net/connect_pacer.hpp"

#include <algorithm>

namespace mp::net {

SteadyTime ConnectPacer::free_at() const {
  const SteadyTime usual = due_ - rule_.between * (rule_.burst - 1);
  if (rule_.failing == Failing::as_usual) return usual;
  return std::max(usual, failing_due_ - kUnslowed * kSlower);
}

SteadyTime ConnectPacer::take(SteadyTime now) {
  const std::scoped_lock lock{mutex_};
  const SteadyTime at = free_at();
  if (at > now) return at;
  if (all_ != nullptr) {
    const SteadyTime all_at = all_->take(now);
    if (all_at > now) return all_at;
  }
  due_ = std::max(due_, now) + rule_.between;
  failing_due_ = std::max(failing_due_, now) + rule_.between * kSlower;
  return now;
}

void ConnectPacer::connected() {
  const std::scoped_lock lock{mutex_};
  failing_due_ = SteadyTime{};
}

}  // namespace mp::net
