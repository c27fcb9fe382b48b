// A certificate authority of the simulator's own and a server certificate for 127.0.0.1, made
// afresh at each start.
#pragma once

#include <string>

#include "core/result.hpp"

namespace mp::sim {

struct Certificates {
  std::string ca_pem;      // for clients: what to trust
  std::string server_pem;  // for localhost and 127.0.0.1, signed by the authority
  std::string key_pem;     // of the server; it never leaves the process
};

[[nodiscard]] Result<Certificates> make_certificates();

}  // namespace mp::sim
