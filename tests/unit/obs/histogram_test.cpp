#include "obs/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace mp::obs {
namespace {

using std::chrono::seconds;

constexpr bool buckets_meet() {
  for (std::size_t i = 0; i + 1 < kBucketCount; ++i) {
    if (bucket_of(bucket_begin(i)) != i) return false;
    if (bucket_of(bucket_begin(i + 1) - 1) != i) return false;
  }
  return true;
}
static_assert(buckets_meet());

TEST(Histogram, is_at_most_4_percent_off_from_1_ns_to_100_s) {
  for (double value = 1; value <= 1e11; value *= 1.013) {
    const Nanoseconds exact{static_cast<std::int64_t>(value)};
    Histogram histogram;
    histogram.record(exact);
    histogram.record(seconds{100});  // so that the exact maximum does not help
    const auto read = static_cast<double>(histogram.snapshot().percentile(0.5).count());
    const auto wanted = static_cast<double>(exact.count());
    ASSERT_LE(std::abs(read - wanted), 0.04 * wanted) << exact.count();
  }
}

TEST(Histogram, gives_percentiles_like_a_sorted_list) {
  std::mt19937_64 random{9};
  std::lognormal_distribution<double> latencies{10, 2};
  const auto histogram = std::make_unique<Histogram>();
  std::vector<std::int64_t> all;
  for (int i = 0; i < 100'000; ++i) {
    all.push_back(static_cast<std::int64_t>(latencies(random)) + 1);
    histogram->record(Nanoseconds{all.back()});
  }
  std::sort(all.begin(), all.end());
  const LatencySnapshot snapshot = histogram->snapshot();
  for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(all.size())));
    const auto wanted = static_cast<double>(all[rank - 1]);
    const auto read = static_cast<double>(snapshot.percentile(share).count());
    EXPECT_LE(std::abs(read - wanted), 0.04 * wanted) << share;
  }
  EXPECT_EQ(snapshot.count, all.size());
  EXPECT_EQ(snapshot.max.count(), all.back());
}

TEST(Histogram, takes_what_is_out_of_range_at_its_ends) {
  Histogram histogram;
  histogram.record(Nanoseconds{-5});
  histogram.record(seconds{5000});
  const LatencySnapshot snapshot = histogram.snapshot();
  EXPECT_EQ(snapshot.percentile(0.5).count(), 0);
  EXPECT_EQ(snapshot.max, seconds{100});
  EXPECT_EQ(Histogram{}.snapshot().percentile(0.99).count(), 0);
}

TEST(Histogram, tells_one_interval_from_the_next) {
  Histogram histogram;
  histogram.record(Nanoseconds{10});
  const LatencySnapshot before = histogram.snapshot();
  histogram.record(Nanoseconds{1000});
  const LatencySnapshot interval = histogram.snapshot().since(before);
  EXPECT_EQ(interval.count, 1U);
  EXPECT_EQ(interval.sum.count(), 1000);
  EXPECT_NEAR(static_cast<double>(interval.percentile(0.5).count()), 1000, 40);
}

TEST(Histogram, is_read_while_another_thread_records) {
  constexpr std::uint64_t kCount = 100'000;
  Histogram histogram;
  std::thread writer{[&] {
    for (std::uint64_t i = 0; i < kCount; ++i)
      histogram.record(Nanoseconds{static_cast<std::int64_t>(i)});
  }};
  std::uint64_t seen = 0;
  while (seen < kCount) {
    const LatencySnapshot snapshot = histogram.snapshot();
    ASSERT_GE(snapshot.count, seen);
    seen = snapshot.count;
    std::this_thread::yield();
  }
  writer.join();
  EXPECT_EQ(histogram.snapshot().count, kCount);
}

}  // namespace
}  // namespace mp::obs
