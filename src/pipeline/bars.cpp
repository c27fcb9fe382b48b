#include "pipeline/bars.hpp"

#include <algorithm>

namespace mp::pipeline {

void Bars::add(Timestamp ts, double price, double quantity) {
  const auto minute = std::chrono::floor<std::chrono::minutes>(ts).time_since_epoch();
  const auto time = std::chrono::seconds{minute}.count();
  if (bars_.empty() || time > bars_[newest_].time) {
    const Bar fresh{.time = time,
                    .open = price,
                    .high = price,
                    .low = price,
                    .close = price,
                    .volume = quantity};
    if (bars_.size() < kKept) {
      bars_.push_back(fresh);
      newest_ = bars_.size() - 1;
    } else {
      newest_ = (newest_ + 1) % kKept;
      bars_[newest_] = fresh;
    }
    return;
  }
  Bar& bar = bars_[newest_];
  bar.high = std::max(bar.high, price);
  bar.low = std::min(bar.low, price);
  bar.close = price;
  bar.volume += quantity;
}

Timestamp Bars::newest() const {
  if (bars_.empty()) return Timestamp::min();
  return Timestamp{std::chrono::seconds{bars_[newest_].time}};
}

std::vector<Bar> Bars::all() const {
  std::vector<Bar> out;
  out.reserve(bars_.size());
  for (std::size_t i = 1; i <= bars_.size(); ++i)
    out.push_back(bars_[(newest_ + i) % bars_.size()]);
  return out;
}

}  // namespace mp::pipeline
