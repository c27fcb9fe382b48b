// L3. Traits: what a venue's documentation says, as data. Texts with holes ("{symbol}") are
// templates: venue/topics.hpp and venue/rest.hpp fill them. Every group of facts says where it
// stands (`source`), and every channel how it was seen to work (`evidence`); docs/venues.md is made
// from both.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/book_rule.hpp"
#include "core/event.hpp"

namespace mp::venue {

// At most `count` in any stretch of `per`; count 0: no limit is known.
struct Window {
  std::uint32_t count = 0;
  std::chrono::milliseconds per{1000};

  // The least time between two that keeps it.
  [[nodiscard]] constexpr std::chrono::milliseconds pace() const {
    return count == 0 ? std::chrono::milliseconds{0}
                      : (per + std::chrono::milliseconds{count - 1}) / count;
  }
  friend bool operator==(const Window&, const Window&) = default;
};

// A header of REST answers that tells how much of the weight's window is spent, by whomever at our
// address.
struct SpentHeader {
  enum class Tells : std::uint8_t { spent, left };
  std::string_view name{};  // empty: there is none
  Tells tells = Tells::spent;
};

// What the venue allows. A user may have other limits: pipeline::FeedConfig::limits.
struct Limits {
  std::size_t topics_per_session = 100;
  std::size_t topics_per_request = 50;
  std::size_t session_bytes = 0;  // of the topics of a session together; 0: no limit is known
  Window requests{4, std::chrono::milliseconds{1000}};  // messages of ours on a session
  Window connects{1, std::chrono::milliseconds{1000}};
  Window rest_calls{5, std::chrono::milliseconds{1000}};
  Window rest_weight{};  // sum of the weights of calls
  SpentHeader rest_spent{};
  std::size_t rest_calls_at_once = 2;
  std::chrono::seconds session_lifetime{0};  // the venue closes then; 0 = never
  std::string_view source{};
};

enum class PingPace : std::uint8_t {
  when_silent,  // after `every` without a frame
  regular,      // every `every`, whatever comes
};

// A text ping of ours; protocol pings are answered by net/ in any case. Holes: {id}, {now_ms},
// {now_s}.
struct Ping {
  std::string_view text{};  // empty: the venue pings, or nobody does
  std::chrono::seconds every{0};
  PingPace pace = PingPace::when_silent;
  std::string_view source{};
};

// How a channel is had over the WebSocket. Several channels may share a topic: it is asked for
// once.
struct Route {
  Channel channel = Channel::trade;
  // The topic as it stands in a request, a JSON string or object mostly. Holes: {symbol},
  // {symbol_lower}, {interval} (the venue's word), and those that Adapter::fill knows.
  std::string_view topic{};
  std::string_view evidence{};  // "recorded 2024-08-08", "pair tardis", "documented"
  std::string_view group{};     // fills {group} of a request, which then holds topics of one group
  std::string_view path{};      // under ws_url; empty: Traits::path
};

// Requests on a session. Holes: {topics}, {group}, {id}, {now_s}, {now_ms}.
struct Requests {
  std::span<const std::string_view> hello{};  // sent first on each session
  std::string_view subscribe{};
  std::string_view unsubscribe{};
  std::string_view snapshot{};  // BookStart::socket_snapshot: {symbol} and the like, {id}
  bool after_welcome = false;   // nothing may be sent before Reading::ready
  std::string_view source{};

  // A topic can be ended by itself. Where it is the same request, it takes the place of all before.
  [[nodiscard]] constexpr bool can_end() const {
    return !unsubscribe.empty() && unsubscribe != subscribe;
  }
};

enum class RestKind : std::uint8_t {
  listing,   // names instruments
  snapshot,  // of a book
  poll,      // of a channel that is not streamed, on a schedule
  token,     // where and how to connect, asked for before each connect
  trades,    // of a symbol, by their ids: those that were missed
};

enum class Method : std::uint8_t { get, post };

// A REST call. Its target also tells what a recorded answer was to (venue/rest.hpp).
struct Endpoint {
  RestKind kind = RestKind::listing;
  // Path and query; holes as in a topic. Of trades also {from_id}, the first one that is missing,
  // and {behind_id}, the one behind the last: a venue gives those from the one on, or those before
  // the other.
  std::string_view target{};
  Method method = Method::get;
  std::string_view body{};          // of a POST; holes likewise
  Channel channel = Channel::book;  // of a snapshot or a poll
  std::chrono::seconds every{0};    // of a poll, for each symbol; of a listing: 0, as configured
  std::string_view cursor{};        // the query parameter that asks for a further page
  std::uint32_t weight = 1;
  // Of a snapshot that is cheaper than the first one: at so many levels a side it is cut off.
  std::size_t levels = 0;
  std::string_view also{};      // an older path of the same call, as recordings have it
  std::string_view evidence{};  // as a Route's
  std::string_view source{};
};

// An interval of candles: our word ("1m", "1h", "1d") and the venue's.
struct Interval {
  std::string_view ours{};
  std::string_view theirs{};
};

struct Traits {
  std::string_view name;  // the venue id of ARCHITECTURE.md
  std::string_view docs_url;
  std::string_view ws_url;      // scheme, host and port
  std::string_view path = "/";  // of a session under it, unless a route has its own
  std::string_view origin{};    // the Origin header without which the venue refuses a session
  std::string_view rest_url;
  std::span<const Route> routes{};
  std::span<const Endpoint> endpoints{};
  std::span<const Interval> intervals{};
  Requests requests{};
  Ping ping{};
  Limits limits{};
  // The ids of a symbol's trades count up by one, so that they tell what is missing.
  bool trades_are_counted = false;
  BookRule book{};
  std::string_view book_source{};
  std::chrono::seconds stale_after{60};  // no frame at all for so long: the session is dead
};

// Intervals for which the venue has our words.
template <std::size_t N>
[[nodiscard]] constexpr std::array<Interval, N> same_words(const char* const (&words)[N]) {
  std::array<Interval, N> intervals{};
  for (std::size_t i = 0; i < N; ++i) intervals[i] = {words[i], words[i]};
  return intervals;
}

// The route of a channel, null where the venue does not stream it.
[[nodiscard]] const Route* route_of(const Traits& traits, Channel channel);
// The first endpoint of a kind (and, of polls, of a channel), null where there is none.
[[nodiscard]] const Endpoint* endpoint_of(const Traits& traits, RestKind kind);
[[nodiscard]] const Endpoint* poll_of(const Traits& traits, Channel channel);
// Streamed or polled, in the order of Channel.
[[nodiscard]] std::vector<Channel> channels_of(const Traits& traits);

// The venue's word for an interval of ours; nothing where it has none.
[[nodiscard]] std::optional<std::string_view> their_interval(const Traits& traits,
                                                             std::string_view ours);
// Our word for an interval of the venue's, which stands for itself where we have none.
[[nodiscard]] std::string_view our_interval(const Traits& traits, std::string_view theirs);

}  // namespace mp::venue
