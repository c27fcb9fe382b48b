// L2 net. Session: keeps one WebSocket session alive until told to stop. The decisions are
// SessionMachine's; this performs them.
//
//   net::Session session(io, tls, buffers, {.url = *net::parse_url(text), .rules = rules},
//   handler); co_spawn(io, session.run(), ...);   // ends after session.stop()
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "net/clock.hpp"
#include "net/connect_pacer.hpp"
#include "net/frame.hpp"
#include "net/loss.hpp"
#include "net/receive_buffers.hpp"
#include "net/session_machine.hpp"
#include "net/task.hpp"
#include "net/tls.hpp"
#include "net/url.hpp"

namespace mp::net {

// Says where to connect, where that must be asked for before each connect.
class UrlSource {
 public:
  virtual ~UrlSource() = default;
  [[nodiscard]] virtual Task<Result<Url>> next_url() = 0;
};

struct SessionConfig {
  Url url;
  SessionRules rules{};
  FrameLimits limits{};
  ConnectPacer* pacer = nullptr;  // shared by the sessions of one venue; none: connect at will
  UrlSource* urls = nullptr;      // asked before each connect; none: `url` it is
  std::uint64_t seed = 0;         // of the jitter; give every session another one
};

struct Disconnect {
  Loss why{};
  bool was_open = false;     // false: an attempt to connect failed
  Milliseconds retry_in{0};  // until the next attempt; meaningless where the reason is `stopped`
};

// Called on the session's thread, from run(). Calls of the session's own methods are fine in it;
// destroying the session is not.
class SessionHandler {
 public:
  virtual ~SessionHandler() = default;

  // Open, nothing sent yet: send() the subscriptions.
  virtual void on_connected(Timestamp now) = 0;
  // A text message; kFrameSlack readable bytes follow `text`. Valid during the call.
  virtual void on_frame(std::string_view text, Timestamp ts_recv) = 0;
  // A binary one, for whom it makes a difference.
  virtual void on_binary_frame(std::string_view bytes, Timestamp ts_recv) {
    on_frame(bytes, ts_recv);
  }
  // After all the frames of one wake-up.
  virtual void on_batch_end() = 0;
  // The text ping that is due, where SessionRules has one; empty: as it stands there.
  virtual std::string text_ping() { return {}; }
  // An open session ended or an attempt failed. Requests still queued are gone.
  virtual void on_disconnected(const Disconnect& why, Timestamp now) = 0;
};

struct SessionCounters {
  std::uint64_t frames = 0;
  std::uint64_t frame_bytes = 0;
  std::uint64_t wire_bytes = 0;
  std::uint64_t wakeups = 0;
  std::uint64_t attempts = 0;
  std::uint64_t connects = 0;
  std::array<std::uint64_t, kLossReasonCount> disconnects{};      // of open sessions, by reason
  std::array<std::uint64_t, kLossReasonCount> failed_attempts{};  // by reason
  std::uint64_t requests_sent = 0;
  std::uint64_t requests_refused = 0;  // the queue was full
  std::uint64_t text_pings_sent = 0;
  std::uint64_t probes_sent = 0;
  std::uint64_t pings_answered = 0;
  std::uint64_t pongs_received = 0;
  std::uint64_t clock_steps_back = 0;
  // Of the last probe that was answered by a pong; before there was one, of the upgrade.
  std::optional<Milliseconds> round_trip{};
};

// Belongs to the thread that runs `io`. The arguments must outlive it; run() must have ended, or
// `io` must never run again, before it is destroyed.
class Session {
 public:
  Session(IoContext& io, const TlsContext& tls, ReceiveBuffers& buffers, SessionConfig config,
          SessionHandler& handler);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Runs until stop(). Once.
  [[nodiscard]] Task<void> run();

  // Queues a text message; they leave in order, between_requests apart. ErrorKind::unavailable when
  // the session is not open or requests_max wait already.
  [[nodiscard]] Result<void> send(std::string text);

  // Sends at once, past queue and pacing: the reply that a venue's text ping wants.
  void send_now(std::string_view text);

  // Ends the connection politely and makes a new one at once. `why` is for the message.
  void reconnect(std::string_view why);

  // Says goodbye and makes run() end, within close_deadline.
  void stop();

  [[nodiscard]] SessionState state() const;
  [[nodiscard]] const SessionCounters& counters() const;
  [[nodiscard]] std::size_t queued_requests() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace mp::net
