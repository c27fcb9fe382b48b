// L2 net. SessionMachine: every decision of a session that is kept alive, without I/O: when to
// connect, ping, probe, send, rotate, give up and wait.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/assert.hpp"
#include "net/clock.hpp"
#include "net/loss.hpp"
#include "net/message_progress.hpp"

namespace mp::net {

enum class PingPace : std::uint8_t {
  when_silent,  // after `silence` without a frame
  regular,      // every `silence`, whatever comes
};

// A text ping of ours, for venues that want one.
struct PingRule {
  std::string text;  // empty: none
  Milliseconds silence{0};
  PingPace pace = PingPace::when_silent;
};

struct SessionRules {
  PingRule ping{};
  Milliseconds stale_after{60'000};       // without any frame: probe; 0 = never
  Milliseconds probe_deadline{10'000};    // for the probe's answer
  Milliseconds message_deadline{60'000};  // for a message, from its first byte to its last
  Milliseconds between_requests{250};     // least time between two requests or pings of ours
  // At most `messages_max` of ours, pongs included, in `messages_per`; but pongs must be sent, and
  // one request may go in each window however many they are. 0: one in between_requests.
  std::uint32_t messages_max = 0;
  Milliseconds messages_per{0};
  Milliseconds lifetime{0};                 // the venue closes then; 0 = never
  Milliseconds connect_deadline{10'000};    // from name resolution to the upgrade
  Milliseconds close_deadline{2'000};       // for the goodbye
  Milliseconds backoff_first{500};          // the first wait is at most this long
  Milliseconds backoff_max{32'000};         // and no wait is longer, unless the server asks for it
  Milliseconds healthy_after{60'000};       // open so long: the back-off starts anew
  Milliseconds slow_retry{60'000};          // after a refusal that time alone will not mend
  Milliseconds retry_after_max{3'600'000};  // the longest Retry-After that is honoured
  std::size_t requests_max = 4096;          // waiting to be sent
};

enum class SessionState : std::uint8_t { idle, connecting, open, closing, waiting, stopped };

struct SessionInput {
  enum class Kind : std::uint8_t {
    start,
    tick,  // time has passed
    connected,
    connect_failed,  // loss
    received,        // bytes; answers_sent, progress
    lost,            // loss
    queued,          // requests: how many wait now
    reconnect,       // the owner wants a new connection
    closed,          // the goodbye is done
    stop,
  };
  Kind kind = Kind::tick;
  const Loss* loss = nullptr;    // valid during the call
  std::size_t requests = 0;      // with queued: all that wait
  std::size_t answers_sent = 0;  // with received: pongs sent, which count as messages of ours
  MessageProgress progress = MessageProgress::none;  // with received
  std::uint32_t random = 0;  // evenly spread, another one each time: the jitter
};

struct SessionAction {
  enum class Kind : std::uint8_t {
    connect,       // and answer connected or connect_failed, by `until`
    send_request,  // the oldest one waiting
    send_text_ping,
    send_probe,   // a protocol ping
    rotate,       // close, then connect at once
    close,        // say goodbye by `until`, and answer closed
    drop,         // end the connection without a word; nothing is answered
    report_lost,  // tell the owner: disconnected for `reason` (with the input's loss, if any)
    finish,       // the session is over
  };
  Kind kind = Kind::connect;
  SteadyTime until{};
  LossReason reason = LossReason::stopped;  // of report_lost
  Milliseconds retry_in{0};                 // of report_lost: when the next attempt comes

  friend bool operator==(const SessionAction&, const SessionAction&) = default;
};

class SessionActions {
 public:
  static constexpr std::size_t kMax = 8;

  void add(SessionAction action) {
    MP_ASSERT(size_ < kMax);
    actions_[size_++] = action;
  }
  [[nodiscard]] const SessionAction* begin() const { return actions_.data(); }
  [[nodiscard]] const SessionAction* end() const { return actions_.data() + size_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  std::array<SessionAction, kMax> actions_{};
  std::size_t size_ = 0;
};

class SessionMachine {
 public:
  explicit SessionMachine(SessionRules rules);

  // What to do about `input`. Actions are to be performed in order.
  [[nodiscard]] SessionActions next(const SessionInput& input, SteadyTime now);

  // When to come with a tick at the latest; SteadyTime::max() = never.
  [[nodiscard]] SteadyTime wake_at() const;

  [[nodiscard]] SessionState state() const { return state_; }
  [[nodiscard]] const SessionRules& rules() const { return rules_; }

 private:
  void start_connecting(SteadyTime now, SessionActions& actions);
  void start_closing(LossReason reason, SteadyTime now, SessionActions& actions);
  void on_open(const SessionInput& input, SteadyTime now);
  void on_received(const SessionInput& input, SteadyTime now, SessionActions& actions);
  void on_end(const SessionInput& input, SteadyTime now, SessionActions& actions);
  void on_stop(SteadyTime now, SessionActions& actions);
  void on_tick(SteadyTime now, std::uint32_t random, SessionActions& actions);
  void tick_open(SteadyTime now, std::uint32_t random, SessionActions& actions);
  [[nodiscard]] Milliseconds delay_after(const SessionInput& input, LossReason reason) const;
  void note_sent(SteadyTime now);
  [[nodiscard]] SteadyTime sendable(SteadyTime wanted_since) const;
  [[nodiscard]] SteadyTime ping_due() const;
  [[nodiscard]] SteadyTime stale_due() const;
  [[nodiscard]] SteadyTime message_due() const;

  SessionRules rules_;
  SessionState state_ = SessionState::idle;
  SteadyTime opened_{};
  SteadyTime last_received_{};
  SteadyTime last_sent_{};        // a request or ping of ours
  std::vector<SteadyTime> sent_;  // the last messages_max messages, pongs included; a ring
  std::size_t oldest_sent_ = 0;
  SteadyTime requested_{};                        // since when the oldest request waits
  SteadyTime message_begun_ = SteadyTime::max();  // of the incomplete message
  SteadyTime last_text_ping_{};
  SteadyTime probe_sent_{};
  bool probing_ = false;
  bool stopping_ = false;
  LossReason closing_for_ = LossReason::requested;
  SteadyTime rotate_at_ = SteadyTime::max();
  SteadyTime retry_at_ = SteadyTime::max();
  std::size_t requests_ = 0;
  std::uint32_t failures_ = 0;  // ends in a row without a healthy session
};

}  // namespace mp::net
