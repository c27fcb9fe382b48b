// The connections of a made-up venue, as it and the feed have them. Only world*.cpp include this.
#pragma once

#include "pipeline/feed_leg.hpp"
#include "unit/simulation/world.hpp"

namespace mp::simulation {

using net::SessionAction;
using net::SessionInput;
using net::SessionState;

// What the venue has of a connection.
struct World::Socket {
  std::set<std::string> streams;
  net::SteadyTime last_delivery{};
  bool mute = false, dead = false;
  int skips = 0, twices = 0;
  std::chrono::milliseconds lag{0};
  std::optional<net::SteadyTime> stalls_since{};
};

// A leg of the feed with its session, as net/ would run it.
struct World::Link {
  Link(FeedMachine::Leg& leg, const net::SessionRules& rules, std::uint64_t seed)
      : leg(&leg), machine(rules), jitter(seed) {}
  FeedMachine::Leg* leg;
  net::SessionMachine machine;
  std::mt19937_64 jitter;
  std::deque<std::string> queue;
  std::unique_ptr<Socket> socket;
  std::uint64_t attempt = 0;  // what belongs to an earlier one is forgotten
  bool stops = false;         // told to, while it connects: it is said to the machine behind that
  bool finished = false;
};

}  // namespace mp::simulation
