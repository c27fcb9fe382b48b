// L1. Counter: a number that one thread raises and any thread reads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace mp::obs {

inline constexpr std::size_t kCacheLineBytes = 64;

// One thread writes, so a plain load and store suffice: no locked instruction on the message path.
// Readers see each counter's value of a moment ago; several counters are not read at one instant.
class Counter {
 public:
  void add(std::uint64_t count = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  // For levels rather than sums: bytes in use, books in step.
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// A struct of counters that shares no cache line with its neighbours, so that groups which
// differing threads write do not slow each other down.
template <class Group>
struct alignas(kCacheLineBytes) Padded : Group {};

}  // namespace mp::obs
