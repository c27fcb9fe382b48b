// The simulator's chance: a seeded generator that gives the same numbers with every compiler and
// library.
#pragma once

#include <cstdint>

#include "core/assert.hpp"

namespace mp::sim {

// SplitMix64. std distributions are not used anywhere in sim/: their results differ between
// libraries.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }

  // A number in [0, limit). The slight bias of the remainder does not matter to a market.
  std::int64_t below(std::int64_t limit) {
    MP_ASSERT(limit > 0);
    return static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(limit));
  }

 private:
  std::uint64_t state_;
};

}  // namespace mp::sim
