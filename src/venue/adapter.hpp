// L3. Adapter: what a venue's messages mean. Data (Traits) and a Decoder for each session: a pure
// function of the session's frames and their times. No socket, clock, thread or file, so that live
// collection, replay, golden tests and fuzzing run the same code. To add a venue: CONTRIBUTING.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "venue/traits.hpp"

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

// Texts are valid until the decoder's next read.
struct Reading {
  Verdict verdict = Verdict::unknown;
  std::string_view problem;  // malformed or broken: what was wrong; rejected: the venue's words
  std::string_view reply;    // a text frame to send back at once
  // The number of the request of ours that is acknowledged or refused. Where the frame names the
  // topic instead, the decoder hands over a status event (subscribed, rejected) itself.
  std::optional<std::int64_t> answers;
  bool ready = false;           // the venue's welcome (Requests::after_welcome)
  bool reconnect_soon = false;  // the venue announced that it will close this session
  bool broken = false;          // messages of this session were lost: its books are wrong
  // Not in the venue's usual form: read as well, but more slowly. A rising share among data frames
  // tells of a changed format.
  bool unusual = false;
  std::uint32_t left_out = 0;  // optional numbers that did not fit, and are absent in the events
};

// One stream that a user wants.
struct Subscription {
  Channel channel = Channel::trade;
  std::string symbol;    // the venue's spelling
  std::string interval;  // of candles, our word: "1m"

  friend bool operator==(const Subscription&, const Subscription&) = default;
};

// Reads the frames of one session, and remembers what is the session's (channel ids, numbers of
// messages, the last state of what comes as changes). The next session gets a new one.
class Decoder {
 public:
  virtual ~Decoder() = default;

  // Hands the frame's events to `handler`, in the venue's order, with venue, symbol, ts_event,
  // ts_recv and body set; `instrument` and `seq` are the pipeline's to fill. `frame` is a text
  // message, or a binary one as it came. Never throws; never hands over half a frame.
  virtual Reading read(std::string_view frame, Timestamp ts_recv, EventHandler& handler) = 0;
};

// A REST call to make, under rest_url.
struct RestCall {
  RestKind kind = RestKind::listing;
  std::string symbol{};  // of a snapshot or a poll
  std::string target{};  // path and query
  Method method = Method::get;
  std::string body{};
  Channel channel = Channel::book;  // of a poll
  std::uint32_t weight = 1;
  std::size_t levels = 0;  // of a snapshot that is cut off sooner than BookRule says

  friend bool operator==(const RestCall&, const RestCall&) = default;
};

// What a REST answer leads to, beyond its events.
struct RestReading {
  std::vector<RestCall> more{};  // further pages, or listings that this one names
  std::string next_page{};       // the cursor of a further page; empty: this was the last
  std::uint32_t left_out = 0;    // entries of a listing that could not be read, and why the first
  std::string problem{};
  // Of a token: where to connect, whole; and how often to ping, 0 as Traits says.
  std::string ws_url{};
  std::chrono::milliseconds ping_every{0};
};

class Adapter {
 public:
  virtual ~Adapter() = default;

  [[nodiscard]] virtual const Traits& traits() const = 0;

  [[nodiscard]] virtual std::unique_ptr<Decoder> decoder() const = 0;

  // Appends what fills a hole of the venue's own in a template; false for a hole that it does not
  // know. A text that goes into JSON must be escaped.
  virtual bool fill(std::string_view hole, const Subscription& wanted, std::string& out) const {
    (void)hole, (void)wanted, (void)out;
    return false;
  }

  // Reads the body of the answer to `call`. A listing hands over one InstrumentInfo event for each
  // instrument. ErrorKind::data for what cannot be read; the venue's words where it refuses.
  [[nodiscard]] virtual Result<void> read_rest(const RestCall& call, std::string_view body,
                                               Timestamp ts_recv, EventHandler& handler,
                                               RestReading& out) const = 0;

  // The instrument that a symbol spells out by itself ("BTC-USDT-SWAP"); nothing where only the
  // listing can tell ("BTCUSDT"). The views are into `symbol` or static.
  [[nodiscard]] virtual std::optional<InstrumentInfo> derive(std::string_view symbol) const {
    (void)symbol;
    return std::nullopt;
  }
};

}  // namespace mp::venue
