#include "obs/histogram.hpp"

#include <algorithm>
#include <cmath>

namespace mp::obs {

Nanoseconds LatencySnapshot::percentile(double share) const {
  if (count == 0) return Nanoseconds{0};
  const double wanted = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count));
  const auto rank = std::max(static_cast<std::uint64_t>(wanted), std::uint64_t{1});
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBucketCount; ++i) {
    seen += buckets[i];
    if (seen < rank) continue;
    const std::uint64_t middle = (bucket_begin(i) + bucket_begin(i + 1) - 1) / 2;
    return std::min(Nanoseconds{static_cast<std::int64_t>(middle)}, max);
  }
  return max;
}

LatencySnapshot& LatencySnapshot::operator+=(const LatencySnapshot& other) {
  for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
  count += other.count;
  sum += other.sum;
  max = std::max(max, other.max);
  return *this;
}

LatencySnapshot LatencySnapshot::since(const LatencySnapshot& earlier) const {
  LatencySnapshot difference = *this;
  for (std::size_t i = 0; i < kBucketCount; ++i) difference.buckets[i] -= earlier.buckets[i];
  difference.count -= earlier.count;
  difference.sum -= earlier.sum;
  return difference;
}

LatencySnapshot Histogram::snapshot() const {
  LatencySnapshot out;
  for (std::size_t i = 0; i < kBucketCount; ++i) {
    out.buckets[i] = buckets_[i].value();
    out.count += out.buckets[i];
  }
  out.sum = Nanoseconds{static_cast<std::int64_t>(sum_.value())};
  out.max = Nanoseconds{static_cast<std::int64_t>(max_.value())};
  return out;
}

}  // namespace mp::obs
