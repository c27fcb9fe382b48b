// L0. A hash for names and checksums that are written down: the same in every program, for ever.
#pragma once

#include <cstdint>
#include <string_view>

namespace mp {

inline constexpr std::uint64_t kFnv1aBasis = 0xcbf29ce484222325U;

// FNV-1a. `hash`: of what stands before `text`.
[[nodiscard]] constexpr std::uint64_t fnv1a(std::string_view text,
                                            std::uint64_t hash = kFnv1aBasis) {
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;
  return hash;
}

}  // namespace mp
