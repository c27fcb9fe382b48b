// L4. What a feed is told, and what it counts.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/event.hpp"
#include "net/compression.hpp"
#include "obs/counters.hpp"
#include "obs/histogram.hpp"
#include "pipeline/connection_share.hpp"
#include "pipeline/frame_stages.hpp"
#include "pipeline/quarantine.hpp"
#include "venue/traits.hpp"

namespace mp::pipeline {

// Connections that carry the same.
inline constexpr unsigned kLegsMax = 4;

// Some instruments of a venue and what to collect of each.
struct Want {
  std::vector<std::string> instruments;  // our names
  std::vector<std::string> symbols;      // or the venue's
  std::vector<Channel> channels;         // empty: all that the venue streams
  std::string interval = "1m";           // of candles
};

struct FeedConfig {
  std::string venue;
  std::vector<Want> wants;
  std::string ws_url;    // empty: the venue's own
  std::string rest_url;  // likewise
  std::string ca_file;   // trusted instead of the system's certificates
  // Who connects for us (net/proxy.hpp; empty: nobody), and the address of ours that connections
  // come from. Leg N takes the Nth, and the first again behind the last; REST calls the first.
  std::vector<std::string> proxies;
  std::vector<std::string> source_addresses;
  std::string proxy_from;  // where a proxy's name comes from, unless from the configuration
  std::string no_proxy;    // for which hosts nobody connects, as in NO_PROXY
  net::Compression compression = net::Compression::none;  // of WebSocket messages
  std::uint32_t receive_buffer = 0;                       // bytes, of a socket; 0: the system's
  std::uint32_t send_buffer = 0;                          // likewise
  QuarantineConfig quarantine;
  // What was spent of the venue's limits, shared with other processes; empty: with none.
  std::filesystem::path budget_file;
  std::uint64_t seed = 0;                 // of the jitter
  std::optional<venue::Limits> limits{};  // instead of the venue's own: a user may have others
  // Several shards serve the venue: who collects what is wanted, by the name that it is wanted
  // with. Empty: all is collected here. One symbol under two names is the lower shard's.
  std::uint32_t shard = 0;
  std::map<std::string, std::uint32_t, std::less<>> homes{};
  unsigned legs = 1;  // connections that carry the same: the first copy counts
  // Of each leg, over all shards; successors do not count.
  std::size_t connections_max = kConnectionsMaxDefault;
  std::chrono::seconds listing_every{1800};  // how often the catalogue is asked for anew
};

// REST calls of a feed: snapshots, listings, polls.
struct CallCounters {
  obs::Counter submitted;  // that were begun
  obs::Counter failed;
  std::atomic<std::size_t> active{0};
  std::atomic<std::size_t> waiting{0};  // that are due, and may not be made yet
  obs::Histogram duration;              // from the request to the whole answer
  // Connections that were made for them, and calls that went over one that was there already.
  std::atomic<std::uint64_t> connects{0};
  std::atomic<std::uint64_t> reused{0};
};

// Readable from other threads.
struct FeedCounters {
  std::atomic<std::uint64_t> frames{0};
  std::atomic<std::uint64_t> bytes{0};   // of their payloads
  std::atomic<std::uint64_t> copies{0};  // events that another connection had brought before
  obs::Counter events;
  obs::Counter collected;  // of them: what the venue sent of what is wanted
  std::atomic<std::uint64_t> unknown{0};
  std::atomic<std::uint64_t> malformed{0};
  std::atomic<std::uint64_t> rejected{0};
  std::atomic<std::uint64_t> silences{0};    // of connections and topics, out of their habit
  std::atomic<std::uint64_t> stale{0};       // connections that brought what was old
  std::atomic<std::uint64_t> unanswered{0};  // subscriptions whose answers did not come
  std::atomic<std::uint64_t> slow{0};        // data frames that only the exact reader could read
  std::atomic<std::uint64_t> left_out{0};    // numbers that did not fit: EngineCounters
  std::atomic<std::uint64_t> connects{0};
  std::atomic<std::uint64_t> disconnects{0};
  std::atomic<std::uint64_t> gaps{0};
  CallCounters calls;
  // One value for each batch of frames that were read at once, of its last event: from the venue's
  // clock to the socket, and from there to the journal.
  obs::Histogram delay;
  obs::Histogram journalled;
  FrameStageTimes stages;  // one frame in FrameStages::kEvery
};

}  // namespace mp::pipeline
