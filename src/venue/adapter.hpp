// L3. Adapter: what a venue's messages mean. A pure function of (frame, ts_recv): no socket, clock,
// thread or file, so that live collection, replay, golden tests and fuzzing run the same code. To
// add a venue: CONTRIBUTING.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/book_rule.hpp"
#include "core/event.hpp"
#include "core/result.hpp"

namespace mp::venue {

// What one frame turned out to be.
enum class Verdict : std::uint8_t {
  data,       // events were handed over (none, when the venue says "nothing changed")
  control,    // acknowledgements, pongs, notices
  unknown,    // valid, of a kind that we do not read; counted and kept
  malformed,  // not what the venue documents; counted and kept
  rejected,   // the venue refused something we asked for
};
inline constexpr std::size_t kVerdictCount = 5;
[[nodiscard]] std::string_view name_of(Verdict verdict);

struct Reading {
  Verdict verdict = Verdict::unknown;
  std::string_view
      problem;  // malformed: what was wrong; rejected: the venue's words. Valid until the next read
  std::string_view reply;       // a text frame to send back at once; static storage
  bool reconnect_soon = false;  // the venue announced that it will close this session
  // Not in the venue's usual form: read as well, but more slowly. A rising share among data frames
  // tells of a changed format.
  bool unusual = false;
};

// One stream that a user wants.
struct Subscription {
  Channel channel = Channel::trade;
  std::string symbol;    // the venue's spelling
  std::string interval;  // of candles: "1m"

  friend bool operator==(const Subscription&, const Subscription&) = default;
};

// What the venue allows and expects of a session. Sources: the adapter's docs link.
struct Limits {
  std::size_t topics_per_session = 100;
  std::size_t topics_per_request = 50;
  std::chrono::milliseconds between_requests{250};   // least time between two messages of ours
  std::chrono::milliseconds between_connects{1000};  // least time between two connects to the venue
  std::chrono::seconds session_lifetime{0};          // the venue closes then; 0 = never
  std::chrono::milliseconds between_rest_calls{200};  // least time between two REST calls
  std::size_t rest_calls_at_once = 2;
};

// A text ping of ours after `silence` without a frame; protocol pings are answered by net/ in any
// case.
struct PingRule {
  std::string_view text;  // empty: the venue pings, or nobody does
  std::chrono::seconds silence{0};
};

struct Traits {
  std::string_view name;  // the venue id of ARCHITECTURE.md
  std::string_view docs_url;
  std::string_view ws_url;    // scheme, host and port; the path is Adapter::path
  std::string_view rest_url;  // likewise
  std::span<const Channel> channels;
  PingRule ping;
  Limits limits;
  BookRule book;
  std::chrono::seconds stale_after{60};  // no frame at all for so long: the session is dead
};

enum class RestKind : std::uint8_t { listing, snapshot };

// A REST call to make: GET rest_url + target.
struct RestCall {
  RestKind kind = RestKind::listing;
  std::string symbol;  // of a snapshot
  std::string target;  // path and query
};

class Adapter {
 public:
  virtual ~Adapter() = default;

  [[nodiscard]] virtual const Traits& traits() const = 0;

  // The path (and query) under ws_url of the session that carries `subscription`. One session has
  // one path.
  [[nodiscard]] virtual std::string_view path(const Subscription& subscription) const = 0;

  // Appends the text frames that start or end the subscriptions, at most topics_per_request in
  // each. A subscription to a channel that the venue lacks is a broken promise: whoever plans
  // checks Traits::channels first.
  virtual void subscribe(std::span<const Subscription> wanted,
                         std::vector<std::string>& requests) = 0;
  virtual void unsubscribe(std::span<const Subscription> unwanted,
                           std::vector<std::string>& requests) = 0;

  // Hands the frame's events to `handler`, in the venue's order, with venue, symbol, ts_event,
  // ts_recv and body set; `instrument` and `seq` are the pipeline's to fill. Never throws; never
  // hands over half a frame.
  virtual Reading read(std::string_view frame, Timestamp ts_recv, EventHandler& handler) = 0;

  // Calls whose answers list all instruments; read_rest hands over one InstrumentInfo event for
  // each.
  [[nodiscard]] virtual std::vector<RestCall> listing() const = 0;

  // The call that asks for a book's snapshot; nothing where the rule is not
  // BookStart::rest_snapshot.
  [[nodiscard]] virtual std::optional<RestCall> snapshot(std::string_view symbol) const = 0;

  // What a recorded REST answer was to, by its URL (any host, older API versions too); nothing for
  // one that we do not read.
  [[nodiscard]] virtual std::optional<RestCall> identify(std::string_view url) const = 0;

  // Reads the answer's body. `call` says to what.
  [[nodiscard]] virtual Result<void> read_rest(const RestCall& call, std::string_view body,
                                               Timestamp ts_recv, EventHandler& handler) = 0;

  // The instrument that a symbol spells out by itself ("BTC-USDT-SWAP"); nothing where only the
  // listing can tell
  // ("BTCUSDT"). The views are into `symbol` or static.
  [[nodiscard]] virtual std::optional<InstrumentInfo> derive(std::string_view symbol) const = 0;
};

}  // namespace mp::venue
