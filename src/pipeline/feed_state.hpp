// L4. What a feed says to other threads: what has not come, and why; how its connections are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"
#include "pipeline/health.hpp"

namespace mp::pipeline {

// The state of an instrument is the worst of its streams', as they stand here.
enum class StreamState : std::uint8_t {
  live,
  waiting,  // nothing has come yet, or no book where one is wanted
  gap,      // the book is not in step
  down,     // not connected
  refused,  // the venue refused the subscription, or has no such instrument
};
[[nodiscard]] std::string_view name_of(StreamState state);

// An instrument that is wanted and waits.
struct Waiting {
  std::string venue;
  std::string symbol;  // empty while no listing has named it
  std::string name;    // the instrument's, else as it is wanted
  StreamState state = StreamState::waiting;
  std::string reason;  // for people, in the venue's words where it gave any

  static void fields(auto& self, auto&& visit) {
    visit("venue", self.venue);
    visit("symbol", self.symbol);
    visit("name", self.name);
    visit("state", self.state);
    visit("reason", self.reason);
  }
  friend bool operator==(const Waiting&, const Waiting&) = default;
};

// A stream that was added or taken away.
struct WantedStream {
  std::string instrument;  // the symbol where it has no name
  Channel channel = Channel::trade;

  friend auto operator<=>(const WantedStream&, const WantedStream&) = default;
};

struct FeedState {
  std::vector<Waiting> waiting;  // what does not wait for a known reason is left out
  std::string problem;           // for which nothing at all can come; empty: none is known
  FeedHealth health;
};

}  // namespace mp::pipeline
