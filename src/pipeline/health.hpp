// L4. Health: what a feed tells of its connections, its availability and its REST calls. Values
// that list their members once (`fields(self, visit)`), as bodies of events do: whoever shows them
// is a visitor. Their names carry the units.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "pipeline/arbiter.hpp"
#include "pipeline/availability.hpp"

namespace mp::pipeline {

// What came over a connection and those before it in its place.
struct Traffic {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;                                // as the kernel gave them
  std::optional<std::chrono::milliseconds> round_trip{};  // as net::SessionCounters

  Traffic& operator+=(const Traffic& other);
};

enum class ConnectionState : std::uint8_t {
  opening,  // an attempt is under way, or waits for its turn
  live,
  waiting,  // until the next attempt
};
[[nodiscard]] std::string_view name_of(ConnectionState state);

struct ConnectionHealth {
  std::string name;       // in the log and in recordings
  std::uint32_t leg = 0;  // of those that carry the same: 0, 1...
  ConnectionState state = ConnectionState::opening;
  std::string reason{};                  // not live: what the last attempt or connection ended with
  std::optional<Timestamp> retry_at{};   // waiting: the next attempt, by our clock
  std::chrono::milliseconds uptime{0};   // of the connection that is live
  std::chrono::milliseconds silence{0};  // likewise: since its last frame, or the connect
  std::optional<std::chrono::milliseconds> round_trip{};  // as net::SessionCounters
  // How far the venue's clock is behind ours when something new comes: lately, and usually.
  std::optional<std::chrono::milliseconds> delay{};
  std::optional<std::chrono::milliseconds> usual_delay{};
  std::uint64_t connects = 0;
  std::uint64_t disconnects = 0;
  std::uint64_t topics = 0;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;  // received
  Race race{};

  static void fields(auto& self, auto&& visit) {
    visit("name", self.name);
    visit("leg", self.leg);
    visit("state", self.state);
    visit("reason", self.reason);
    visit("retry_at", self.retry_at);
    visit("uptime_ms", self.uptime);
    visit("silence_ms", self.silence);
    visit("round_trip_ms", self.round_trip);
    visit("delay_ms", self.delay);
    visit("usual_delay_ms", self.usual_delay);
    visit("connects", self.connects);
    visit("disconnects", self.disconnects);
    visit("topics", self.topics);
    visit("messages", self.messages);
    visit("bytes", self.bytes);
    visit("race", self.race);
  }
};

// REST calls; of `connections` and `reused` the sum is the calls that went out.
struct CallHealth {
  std::uint64_t submitted = 0;
  std::uint64_t failed = 0;
  std::uint64_t active = 0;
  std::uint64_t waiting = 0;         // due, and may not be made yet
  std::chrono::milliseconds p95{0};  // from the request to the whole answer
  std::uint64_t connections = 0;     // that were opened for them
  std::uint64_t reused = 0;          // calls that went over one which was there already

  static void fields(auto& self, auto&& visit) {
    visit("submitted", self.submitted);
    visit("failed", self.failed);
    visit("active", self.active);
    visit("waiting", self.waiting);
    visit("p95_ms", self.p95);
    visit("connections", self.connections);
    visit("reused", self.reused);
  }
};

struct FeedHealth {
  std::string venue;
  std::uint32_t shard = 0;
  // Of what is planned for a connection (with several legs, any of them will do), since the start
  // at the earliest. While no listing has named what is wanted, one connection is.
  Uptime hour{};
  Uptime day{};
  std::uint64_t silences = 0;  // of connections and topics, out of their habit
  std::uint64_t stale = 0;     // connections that brought what was old
  CallHealth calls{};
  std::vector<ConnectionHealth> connections{};

  static void fields(auto& self, auto&& visit) {
    visit("venue", self.venue);
    visit("shard", self.shard);
    visit("availability_1h", self.hour);
    visit("availability_24h", self.day);
    visit("silences", self.silences);
    visit("stale", self.stale);
    visit("calls", self.calls);
    visit("connections", self.connections);
  }
};

}  // namespace mp::pipeline
