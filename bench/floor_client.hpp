// The least program that can read what the load generator (sim/load.hpp) sends: what any collector
// costs at least. Blocking sockets, one buffer, OpenSSL, a walk over the frames; nothing is parsed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "core/result.hpp"
#include "obs/histogram.hpp"

namespace mp::bench {

struct FloorConfig {
  std::uint16_t port = 0;  // on 127.0.0.1
  std::size_t instruments = 50;
  std::size_t sessions = 1;  // which share all streams evenly; several are waited for with poll()
  // Ends after so many messages of the measured part, or at its end, whichever comes first. 0: at
  // its end.
  std::uint64_t messages = 0;
  // The peer may be so long without a word. It covers the time until the measured part, too.
  std::chrono::milliseconds silence_max{30'000};
  // Compare the stamp of each quote with the clock. Meaningful when the load is paced.
  bool latency = false;
  // Look for bytes again and again instead of sleeping, without silence_max. Of one session.
  bool spin = false;
  int cpu = -1;  // to run on; -1: any
};

// Of the measured part: what came after the server's pong "begin", session by session.
struct FloorReport {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;  // of payloads
  std::uint64_t reads = 0;  // calls of recv()
  double cpu_seconds = 0;   // of this thread
  double seconds = 0;       // from "begin" to the last message
  obs::LatencySnapshot latency;
};

// Runs on the calling thread until the measured part is over. The certificate is not verified.
[[nodiscard]] Result<FloorReport> run_floor(const FloorConfig& config);

}  // namespace mp::bench
