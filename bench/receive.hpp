// Our receiving end alone: a session that reads the load and counts its frames.
#pragma once

#include <string>

#include "bench/floor_client.hpp"
#include "bench/load_process.hpp"

namespace mp::bench {

struct Received {
  double messages = 0;
  double nanoseconds = 0;  // CPU time of the receiving thread for each
};

// One run of the load, received by net::Session; and by the floor.
[[nodiscard]] Result<Received> receive_with_session(const LoadOptions& load);
[[nodiscard]] Result<Received> receive_with_floor(const LoadOptions& load);

}  // namespace mp::bench
