// The contract of a simulated venue: its wire protocol without any I/O. To add one: a file and a
// line in exchange.cpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/event.hpp"
#include "sim/ledger.hpp"

namespace mp::sim {

enum class Payload : std::uint8_t { text, binary, none };  // none: nothing goes out
enum class Ending : std::uint8_t { none, cut, close };     // cut: the end of TCP, no goodbye

// A frame for one client. `entries` is what it says: none for acknowledgements, errors, pongs.
struct Frame {
  ConnectionId connection = 0;
  std::string text;
  std::vector<Entry> entries;
  Payload payload = Payload::text;
  std::uint64_t mark = 0;        // not 0: Exchange::settled() is told what became of it
  Ending ending = Ending::none;  // of the connection, once this frame and those before it are out
  std::uint16_t close_code = 1000;
};

struct HttpAnswer {
  unsigned status = 200;
  std::string body;
  std::vector<std::pair<std::string, std::string>>
      headers;                 // beyond Content-Type and Content-Length
  std::optional<Entry> entry;  // a book snapshot that was served
  std::uint64_t mark = 0;      // as of a frame
};

// What a venue's front door enforces on each connection. Zero switches a rule off.
struct DoorRules {
  std::chrono::milliseconds ping_every{0};   // protocol pings of the server
  std::chrono::milliseconds pong_within{0};  // then the connection is closed
  std::uint32_t frames_per_second = 0;  // text, ping and pong frames of the client; more: closed
  std::chrono::milliseconds silence_max{0};  // nothing sent to the client for so long: closed
};

// How the venues behave where reality varies, or where a test wants it quicker.
struct VenueOptions {
  std::chrono::milliseconds depth_every{100};
  std::chrono::milliseconds ticker_every{1000};
  std::chrono::milliseconds candle_every{2000};
  std::chrono::milliseconds slow_every{3000};  // OKX: open interest, and funding ten times rarer
  std::chrono::milliseconds book_keep_alive{60'000};  // OKX: "no change" after so long without one
  bool legacy_checksum = false;                       // OKX: CRC-32 as before 2026 instead of 0
  std::uint32_t rest_weight_per_minute = 6000;        // Binance: more is answered by 429, 418
  std::optional<DoorRules> door = {};                 // instead of the venue's own
};

class Exchange {
 public:
  virtual ~Exchange() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;  // the venue id
  [[nodiscard]] virtual DoorRules door() const = 0;

  // The answer to GET `target` (path and query).
  virtual HttpAnswer http(std::string_view target, Timestamp now) = 0;

  // A client asks for a WebSocket at `target`. False: there is nothing there.
  [[nodiscard]] virtual bool connect(ConnectionId id, std::string_view target) = 0;
  virtual void disconnect(ConnectionId id) = 0;
  // A text frame of the client; appends the answers.
  virtual void receive(ConnectionId id, std::string_view text, Timestamp now,
                       std::vector<Frame>& out) = 0;

  // The market moves until about `wanted` messages came out of it (each counted once, however many
  // clients get it), and whatever is due by time is sent. Returns how many came. `now` never
  // decreases.
  virtual std::size_t advance(Timestamp now, std::size_t wanted, std::vector<Frame>& out) = 0;

  // What few venues need; without it, nothing happens.

  // Told once, before any client comes: where the venue listens.
  virtual void listens(std::uint16_t /*port*/) {}
  // The answer to POST `target`.
  virtual HttpAnswer post(std::string_view /*target*/, Timestamp /*now*/) {
    return {.status = 405, .body = {}, .headers = {}, .entry = {}};
  }
  // The HTTP status that answers a connect() that was false.
  [[nodiscard]] virtual unsigned refusal_status() const { return 404; }
  // Told before each advance(): what waits to be written to this client.
  virtual void queued(ConnectionId /*id*/, std::size_t /*bytes*/) {}
  // True: the client's pings are not answered, and it is not pinged.
  [[nodiscard]] virtual bool is_mute(ConnectionId /*id*/, Timestamp /*now*/) const { return false; }
  // A frame or answer with this mark was written (sent), or its connection ended first (unsent).
  virtual void settled(std::uint64_t /*mark*/, Delivery /*delivery*/) {}
};

// The venue of that name, its market deterministic from `seed`; nothing for a name that is not in
// the list.
[[nodiscard]] std::unique_ptr<Exchange> make_exchange(std::string_view name, std::uint64_t seed,
                                                      Timestamp now, const VenueOptions& options);
[[nodiscard]] std::vector<std::string_view> exchange_names();

}  // namespace mp::sim
