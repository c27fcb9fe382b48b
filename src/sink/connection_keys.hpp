// L3. What sinks with a server share: keys, so that they are called and explained alike, and how a
// connection is opened.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

#include "sink/spec.hpp"

namespace mp::sink {

// Ends the connection that there is, and opens another.
template <class Connection>
[[nodiscard]] Result<void> open_anew(std::unique_ptr<Connection>& connection,
                                     const Settings& settings) {
  connection.reset();
  auto opened = Connection::open(settings);
  if (!opened) return opened.error();
  connection = opened.take();
  return {};
}

inline constexpr std::size_t kSentenceMax = 300;  // of what a server says of a failure, in bytes

inline constexpr Key kUserKey{"user", "", "A name, with the password below.", "\"collector\""};
inline constexpr Key kPasswordKey{"password", "", "Its password.", "\"...\""};
inline constexpr Key kTlsKey{"tls", false, "TLS, with the system's authorities."};
inline constexpr Key kCaFileKey{"ca_file", "", "TLS, with the authorities of this file.",
                                "\"/etc/marketprism/ca.pem\""};
inline constexpr Key kTrustKey{
    "ca_file", "", "PEM file of the authorities to trust, in place of the system's.", "\"ca.pem\""};
// Of the key "unique": by what a table knows that a row is there already.
inline constexpr std::array<std::string_view, 2> kUniqueWords = {"delivery", "identity"};
[[nodiscard]] constexpr Key timeout_key(std::chrono::milliseconds usual) {
  return {.name = "timeout",
          .fallback = usual,
          .doc = "The longest wait for an answer.",
          .least = 100,
          .most = 3'600'000};
}
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
