// L2 net. AddressMemory: where a host was last reached, so that its name need not be resolved for
// each connection, and for when it cannot be.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "net/clock.hpp"

namespace mp::net {

struct AddressMemory {
  std::vector<std::string> addresses;          // as text, the one that worked first
  SteadyTime remembered_at{};                  // when one of them worked
  SteadyTime resolved_at = SteadyTime::min();  // when the name was asked for

  // Where a proxy is told an address: the server's.
  std::string server;
  SteadyTime server_resolved_at{};

  static constexpr std::chrono::seconds kFresh{300};  // so long the name is not asked for again
  static constexpr std::chrono::hours kValid{1};      // while it cannot be resolved
};

}  // namespace mp::net
