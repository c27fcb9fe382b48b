#include "pipeline/venue_budget.hpp"

#include <algorithm>

namespace mp::pipeline {

net::SteadyTime SpentWindow::free_at(std::uint64_t amount, net::SteadyTime now) const {
  if (window_.count == 0) return now;
  auto left = sum_;
  auto part = parts_.begin();
  const auto drop = [&] { left -= part++->amount; };
  while (part != parts_.end() && part->at + window_.per <= now) drop();
  auto at = now;
  while (part != parts_.end() && left + amount > window_.count) {
    at = part->at + window_.per;
    drop();
  }
  return at;
}

void SpentWindow::spend(std::uint64_t amount, net::SteadyTime now) {
  if (window_.count == 0) return;
  while (!parts_.empty() && parts_.front().at + window_.per <= now) {
    sum_ -= parts_.front().amount;
    parts_.pop_front();
  }
  parts_.push_back({now, amount});
  sum_ += amount;
}

net::SteadyTime VenueBudget::free_at(net::SteadyTime now, std::uint32_t weight, Leave leave) const {
  const auto left = leave == Leave::half ? weight_.most() / 2 : 0;
  return std::max({paused_until_, calls_.free_at(1, now), weight_.free_at(weight + left, now)});
}

VenueBudget::Call VenueBudget::begin_call(net::SteadyTime now, std::uint32_t weight, Leave leave) {
  const std::scoped_lock lock{mutex_};
  if (under_way_ >= calls_max_ || free_at(now, weight, leave) > now) return Call{};
  calls_.spend(1, now);
  weight_.spend(weight, now);
  ++under_way_;
  return Call{*this};
}

net::SteadyTime VenueBudget::calls_free_at(net::SteadyTime now, std::uint32_t weight,
                                           Leave leave) const {
  const std::scoped_lock lock{mutex_};
  return free_at(now, weight, leave);
}

bool VenueBudget::has_weight(std::uint64_t weight, net::SteadyTime now) const {
  const std::scoped_lock lock{mutex_};
  if (weight_.most() == 0) return true;
  return weight <= weight_.most() && weight_.free_at(weight, now) <= now;
}

void VenueBudget::pause_calls(net::SteadyTime until) {
  const std::scoped_lock lock{mutex_};
  paused_until_ = std::max(paused_until_, until);
}

void VenueBudget::end_call() {
  const std::scoped_lock lock{mutex_};
  --under_way_;
}

}  // namespace mp::pipeline
