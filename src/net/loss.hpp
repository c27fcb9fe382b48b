// L2 net. Loss: why a connection could not be opened, or ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "net/clock.hpp"

namespace mp::net {

enum class LossReason : std::uint8_t {
  stopped,           // we were told to stop
  resolve,           // the name has no address
  refused,           // no address accepts connections
  timeout,           // not open by the deadline
  certificate,       // the server's certificate is not trusted
  tls,               // the TLS protocol failed in another way
  handshake_status,  // the upgrade was answered with another status than 101
  handshake,         // the answer to the upgrade is not a valid one
  reset,             // TCP reset
  eof,               // TCP end without a close frame
  tls_truncated,     // TCP end without TLS's close_notify
  closed,            // the server sent a close frame
  protocol,          // the server broke the WebSocket protocol
  too_large,         // a message over the limits
  stale,             // nothing came, and the probe was not answered
  overflow,          // the server does not read what we send
  requested,         // the owner asked for a new connection
  rotated,           // planned, before the venue's limit of lifetime
  io,                // another error of the system
};
inline constexpr std::size_t kLossReasonCount = 19;

// As in metrics: "reset", "tls_truncated", ...
[[nodiscard]] std::string_view name_of(LossReason reason);

struct Loss {
  LossReason reason = LossReason::io;
  std::string message;                        // one sentence, names the host
  int http_status = 0;                        // of a refused upgrade
  std::uint16_t close_code = 0;               // of a close frame; 1005 where it had none
  std::optional<Milliseconds> retry_after{};  // what the server asked for

  // A refused certificate is ErrorKind::permission: quick repetition cannot help.
  [[nodiscard]] Error error() const;
};

}  // namespace mp::net
