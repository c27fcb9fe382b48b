#include "pipeline/silence.hpp"

#include <algorithm>

#include "core/back_off.hpp"

namespace mp::pipeline {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr milliseconds kLimitMax = std::chrono::hours{24};

}  // namespace

void Silence::begin(std::uint64_t count, net::SteadyTime now) {
  first_count_ = last_count_ = count;
  began_ = heard_ = now;
  longest_ = milliseconds{0};
  times_ = 0;
}

milliseconds Silence::limit() const {
  const std::uint64_t counts = last_count_ - first_count_;
  if (counts < kEnough) return rule_->late;
  const milliseconds mean = duration_cast<milliseconds>(heard_ - began_) / counts;
  const auto habit =
      std::max<milliseconds>({rule_->least, mean * rule_->means, longest_ * rule_->longests});
  return habit <= rule_->soon ? habit : std::max<milliseconds>(habit, rule_->late);
}

bool Silence::out_of_habit(std::uint64_t count, net::SteadyTime now) {
  if (count != last_count_) {
    longest_ = std::max(longest_, duration_cast<milliseconds>(now - heard_));
    last_count_ = count;
    heard_ = now;
    times_ = 0;
    return false;
  }
  const BackOff limits{.first = limit(), .most = std::max(limit(), kLimitMax)};
  if (now < heard_ + limits.longest(times_)) return false;
  ++times_;
  return true;
}

milliseconds Silence::silent_for(net::SteadyTime now) const {
  return duration_cast<milliseconds>(now - heard_);
}

}  // namespace mp::pipeline
