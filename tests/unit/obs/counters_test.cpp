#include "obs/counters.hpp"

#include <gtest/gtest.h>

#include <array>
#include <thread>

namespace mp::obs {
namespace {

struct Group {
  Counter received;
  Counter dropped;
};
static_assert(sizeof(Padded<Group>) == kCacheLineBytes);
static_assert(alignof(std::array<Padded<Group>, 2>) == kCacheLineBytes);

TEST(Counter, adds_and_is_set) {
  Padded<Group> group;
  group.received.add();
  group.received.add(41);
  group.dropped.set(7);
  EXPECT_EQ(group.received.value(), 42U);
  EXPECT_EQ(group.dropped.value(), 7U);
}

TEST(Counter, is_read_by_other_threads_and_never_falls) {
  constexpr std::uint64_t kCount = 200'000;
  Counter counter;
  std::thread writer{[&] {
    for (std::uint64_t i = 0; i < kCount; ++i) counter.add();
  }};
  std::uint64_t seen = 0;
  bool fell = false;
  while (seen < kCount) {
    const std::uint64_t now = counter.value();
    fell = fell || now < seen;
    seen = now;
    if (seen < kCount) std::this_thread::yield();
  }
  writer.join();
  EXPECT_FALSE(fell);
  EXPECT_EQ(seen, kCount);
}

}  // namespace
}  // namespace mp::obs
