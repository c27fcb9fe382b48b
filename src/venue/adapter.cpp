#include "venue/adapter.hpp"

#include <array>

namespace mp::venue {

std::string_view name_of(Verdict verdict) {
  constexpr std::array<std::string_view, kVerdictCount> kNames = {"data", "control", "unknown",
                                                                  "malformed", "rejected"};
  return kNames[static_cast<std::size_t>(verdict)];
}

}  // namespace mp::venue
