#include "net/loss.hpp"

#include <array>

namespace mp::net {

std::string_view name_of(LossReason reason) {
  static constexpr std::array<std::string_view, kLossReasonCount> kNames{
      "stopped",       "resolve",          "refused",   "timeout",   "certificate",
      "tls",           "handshake_status", "handshake", "reset",     "eof",
      "tls_truncated", "closed",           "protocol",  "too_large", "stale",
      "overflow",      "requested",        "rotated",   "io"};
  const auto index = static_cast<std::size_t>(reason);
  MP_ASSERT(index < kNames.size());
  return kNames[index];
}

Error Loss::error() const {
  switch (reason) {
    case LossReason::certificate:
      return {ErrorKind::permission, message};
    case LossReason::handshake:
    case LossReason::protocol:
    case LossReason::too_large:
      return {ErrorKind::data, message};
    default:
      return {ErrorKind::unavailable, message};
  }
}

}  // namespace mp::net
