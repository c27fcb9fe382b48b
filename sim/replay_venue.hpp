// A recording as a venue: REST answers by URL, the recorded frames for each WebSocket. It knows no
// venue by name: whatever a client of the recorded one understands comes from the recording.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/exchange.hpp"
#include "sim/fault_plan.hpp"
#include "sim/recorded.hpp"
#include "sim/replay_ledger.hpp"
#include "sim/replies.hpp"
#include "sim/rest_match.hpp"

namespace mp::sim {

struct ReplayConfig {
  std::uint32_t speed = 0;        // times the recorded pace; 0: as fast as the clients take it
  bool close_at_the_end = false;  // else a session stays open and quiet
  std::vector<FaultRule> faults = {};
  std::string ledger_file = {};                         // empty: none
  std::size_t queue_bytes_max = std::size_t{1} << 20U;  // what a client has not taken yet
};

struct ReplayCounters {
  std::uint64_t sessions = 0;
  std::uint64_t frames_sent = 0;    // written; one that comes twice counts twice
  std::uint64_t frames_unsent = 0;  // their connection ended first
  std::uint64_t rest_answers = 0;   // written
  std::uint64_t not_found = 0;      // of them, those that the recording does not have
  std::array<std::uint64_t, kFaultActions> faults{};  // done, by FaultAction
};

class ReplayVenue final : public Exchange {
 public:
  static constexpr std::string_view kName = "replay";

  ReplayVenue(Recording recording, ReplayConfig config);

  // Before the first client, and after the last.
  [[nodiscard]] Result<void> open() { return ledger_.open(); }
  [[nodiscard]] Result<void> close() { return ledger_.close(); }
  [[nodiscard]] const ReplayCounters& counters() const { return counters_; }
  // Likewise; any thread may ask, at any time.
  [[nodiscard]] std::uint64_t frames_sent() const {
    return frames_sent_.load(std::memory_order_relaxed);
  }

  [[nodiscard]] std::string_view name() const override { return kName; }
  [[nodiscard]] DoorRules door() const override;
  void listens(std::uint16_t port) override;

  HttpAnswer http(std::string_view target, Timestamp now) override;
  HttpAnswer post(std::string_view target, Timestamp now) override { return http(target, now); }

  // The recorded connection of the same path, else any, that was served least; of several, the
  // first.
  [[nodiscard]] bool connect(ConnectionId id, std::string_view target) override;
  [[nodiscard]] unsigned refusal_status() const override { return refusal_status_; }
  void disconnect(ConnectionId id) override { sessions_.erase(id); }
  void receive(ConnectionId id, std::string_view text, Timestamp now,
               std::vector<Frame>& out) override;

  void queued(ConnectionId id, std::size_t bytes) override;
  std::size_t advance(Timestamp now, std::size_t wanted, std::vector<Frame>& out) override;
  [[nodiscard]] bool is_mute(ConnectionId id, Timestamp now) const override;
  void settled(std::uint64_t mark, Delivery delivery) override;

 private:
  struct Session {
    ConnectionId id = 0;
    std::size_t connection = 0;  // in the recording
    std::uint64_t number = 0;    // from 1, in the order of upgrades
    bool running = false;
    bool ended = false;
    std::size_t next = 0;            // frame
    std::optional<Timestamp> began;  // when the first frame was due
    Timestamp quiet_until;           // delay and mute
    Timestamp mute_until;
    std::optional<std::size_t> delayed;  // the frame whose delay is being kept
    std::size_t queued_bytes = 0;
  };
  struct Written {
    std::variant<SentFrame, SentAnswer> sent;
    bool goes_out = true;  // else it only says what a fault left out
  };

  void advance_session(Session& session, Timestamp now, std::vector<Frame>& out);
  [[nodiscard]] Timestamp due(const Session& session, const RecordedFrame& frame) const;
  // Sends the frame at `index` as the plan wants it, and perhaps the next one before it. Returns
  // how many frames of the recording that were.
  std::size_t send(Session& session, std::size_t index, Faults::Hits hits, Timestamp now,
                   std::vector<Frame>& out);
  void emit(Session& session, std::size_t index, Faults::Hits hits, std::vector<Frame>& out);
  void end_session(Session& session, const Faults::Hits& hits, Timestamp now,
                   std::vector<Frame>& out);
  void count_faults(const Faults::Hits& hits);
  [[nodiscard]] static std::string names_of(const Faults::Hits& hits);
  std::uint64_t note(Written written);
  HttpAnswer answer(std::string_view target, SentAnswer sent, std::string body);

  Recording recording_;
  ReplayConfig config_;
  RestAnswers answers_;
  Faults faults_;
  PingReplies pings_;
  ReplayLedger ledger_;
  ReplayCounters counters_;
  std::atomic<std::uint64_t> frames_sent_ = 0;
  std::string ws_url_;
  unsigned refusal_status_ = 503;
  std::vector<std::uint64_t> served_;  // how often, by connection of the recording
  std::map<ConnectionId, Session> sessions_;
  std::map<std::uint64_t, Written> in_flight_;  // by mark
  std::uint64_t last_mark_ = 0;
};

}  // namespace mp::sim
