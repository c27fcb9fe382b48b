// L2 net. AddressMemory: where a host was last reached, for when its name cannot be resolved.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "net/clock.hpp"

namespace mp::net {

struct AddressMemory {
  std::vector<std::string> addresses;  // as text, the one that worked first
  SteadyTime remembered_at{};

  static constexpr std::chrono::hours kValid{1};
};

}  // namespace mp::net
