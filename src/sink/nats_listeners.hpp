// L3. NATS without a stream, and what both have in common.
#pragma once

#include <memory>

#include "sink/nats_connection.hpp"
#include "sink/parcels.hpp"
#include "sink/sink.hpp"
#include "sink/spec.hpp"

namespace mp::sink {

[[nodiscard]] inline Join join_of(const Settings& settings) {
  return settings.text("message") == "batch" ? Join::lines : Join::no;
}
[[nodiscard]] inline std::size_t payload_bytes_max(const NatsConnection& connection) {
  constexpr std::size_t kHeaderBytes = 128;  // more than one Nats-Msg-Id takes
  return connection.message_bytes_max() - kHeaderBytes;
}

// The keys are those of `nats`.
[[nodiscard]] std::unique_ptr<Sink> make_nats_listeners(const Settings& settings);

}  // namespace mp::sink
