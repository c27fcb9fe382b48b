// L1. Histogram: how long things take, from 1 ns to 100 s, at most 4 % off, in 5 KB. Uses core.
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "core/time.hpp"
#include "obs/counters.hpp"

namespace mp::obs {

// Buckets are 16 to each power of two: a bucket is 1/16 of its lower end wide, and its middle
// stands for it. Below 16 ns each value has its own.
inline constexpr unsigned kSubBucketBits = 4;
inline constexpr std::uint64_t kSubBuckets = std::uint64_t{1} << kSubBucketBits;
inline constexpr std::uint64_t kLatencyMaxNanoseconds = 100'000'000'000;

[[nodiscard]] constexpr std::size_t bucket_of(std::uint64_t nanoseconds) {
  if (nanoseconds < kSubBuckets) return static_cast<std::size_t>(nanoseconds);
  const auto octave = static_cast<unsigned>(std::bit_width(nanoseconds)) - 1 - kSubBucketBits;
  const std::uint64_t place = (nanoseconds >> octave) - kSubBuckets;
  return static_cast<std::size_t>((octave + 1) * kSubBuckets + place);
}

inline constexpr std::size_t kBucketCount = bucket_of(kLatencyMaxNanoseconds) + 1;

// The least value of a bucket; of the next one it is the end.
[[nodiscard]] constexpr std::uint64_t bucket_begin(std::size_t bucket) {
  if (bucket < kSubBuckets) return bucket;
  const std::size_t octave = bucket / kSubBuckets - 1;
  return (kSubBuckets + bucket % kSubBuckets) << octave;
}

// What a histogram held at one moment.
class LatencySnapshot {
 public:
  std::array<std::uint64_t, kBucketCount> buckets{};
  std::uint64_t count = 0;  // of all buckets
  Nanoseconds sum{0};       // of the values themselves
  Nanoseconds max{0};       // exact; of the histogram's whole life

  // The value that `share` (0 to 1) of the values do not exceed; 0 when there are none.
  [[nodiscard]] Nanoseconds percentile(double share) const;

  // Of both together.
  LatencySnapshot& operator+=(const LatencySnapshot& other);

  // What was recorded since `earlier`, a snapshot of the same histogram.
  [[nodiscard]] LatencySnapshot since(const LatencySnapshot& earlier) const;
};

// One thread records, any thread takes snapshots.
class Histogram {
 public:
  // Above 100 s counts as 100 s; below 0 (a clock was set back) as 0.
  void record(Nanoseconds latency) {
    const auto count = latency.count() < 0 ? 0 : static_cast<std::uint64_t>(latency.count());
    const std::uint64_t value = count < kLatencyMaxNanoseconds ? count : kLatencyMaxNanoseconds;
    buckets_[bucket_of(value)].add();
    sum_.add(value);
    if (value > max_.value()) max_.set(value);
  }

  // Values that are recorded meanwhile may be in one part of the answer and not yet in another.
  [[nodiscard]] LatencySnapshot snapshot() const;

 private:
  std::array<Counter, kBucketCount> buckets_;
  Counter sum_;
  Counter max_;
};

}  // namespace mp::obs
