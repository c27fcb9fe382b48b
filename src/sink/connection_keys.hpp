// L3. Keys that sinks with a server share, so that they are called and explained alike.
#pragma once

#include <chrono>

#include "sink/spec.hpp"

namespace mp::sink {

inline constexpr Key kUserKey{"user", "", "A name, with the password below.", "\"collector\""};
inline constexpr Key kPasswordKey{"password", "", "Its password.", "\"...\""};
inline constexpr Key kTlsKey{"tls", false, "TLS, with the system's authorities."};
inline constexpr Key kCaFileKey{"ca_file", "", "TLS, with the authorities of this file.",
                                "\"/etc/marketprism/ca.pem\""};
inline constexpr Key kInFlightKey{.name = "in_flight",
                                  .fallback = std::uint64_t{1024},
                                  .doc = "Messages that may wait for their acknowledgement.",
                                  .least = 1,
                                  .most = 60'000};
inline constexpr Key kAckTimeoutKey{
    .name = "ack_timeout",
    .fallback = std::chrono::milliseconds{5000},
    .doc = "After so long without an acknowledgement the connection is made anew.",
    .least = 100,
    .most = 60'000};

}  // namespace mp::sink
