// L1. From a copy of a stack to who called whom.
#pragma once

#include <cstdint>
#include <vector>

#include "obs/cpu_sampler.hpp"
#include "obs/modules.hpp"

namespace mp::obs {

inline constexpr std::size_t kStackDepthMax = 96;

// Addresses, the innermost first; of a caller one within its call. By frame pointers, which the
// program has. Libraries have none: from there it goes on with the nearest return address into the
// program that stands on the stack, so that at worst a frame is missing or stale. Ends where the
// copy does.
void walk_stack(const CpuSample& sample, const Modules& modules, std::vector<std::uintptr_t>& out);

}  // namespace mp::obs
