// Runs one simulated venue: pace, rules of the front door, faults. Decides and does no I/O; the
// Wire performs it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/exchange.hpp"
#include "sim/ledger.hpp"

namespace mp::sim {

// The sockets of one venue. An unknown connection (one that has just ended) is not an error. An
// implementation may call Host::closed from within, and nothing else of the host.
class Wire {
 public:
  virtual ~Wire() = default;
  virtual void send(Frame frame) = 0;
  virtual void ping(ConnectionId id) = 0;
  virtual void close(ConnectionId id, std::uint16_t code, std::string_view reason) = 0;
  virtual void reset(ConnectionId id) = 0;  // TCP RST
  // TCP ends once all that is queued was written, without a goodbye of TLS or WebSocket.
  virtual void cut(ConnectionId id) = 0;
  [[nodiscard]] virtual std::size_t queued_bytes(ConnectionId id) const = 0;
};

struct HostCounters {
  std::uint64_t rate_kills = 0;
  std::uint64_t idle_kills = 0;
  std::uint64_t messages_dropped = 0;
};

class Host {
 public:
  // Borrows the wire and the ledger.
  Host(std::unique_ptr<Exchange> exchange, std::uint64_t rate_per_second, Wire& wire,
       Ledger& ledger);

  // The WebSocket's life. False: there is nothing at `target`.
  [[nodiscard]] bool opened(ConnectionId id, std::string_view target, Timestamp now);
  void closed(ConnectionId id);
  void text_came(ConnectionId id, std::string_view text, Timestamp now);
  // True: answer the client's ping with a pong.
  [[nodiscard]] bool ping_came(ConnectionId id, Timestamp now);
  void pong_came(ConnectionId id, Timestamp now);
  [[nodiscard]] HttpAnswer http(std::string_view target, Timestamp now) {
    return exchange_->http(target, now);
  }
  [[nodiscard]] HttpAnswer post(std::string_view target, Timestamp now) {
    return exchange_->post(target, now);
  }
  void listens(std::uint16_t port) { exchange_->listens(port); }
  [[nodiscard]] unsigned refusal_status() const { return exchange_->refusal_status(); }
  void settled(std::uint64_t mark, Delivery delivery) { exchange_->settled(mark, delivery); }

  // To be called every few milliseconds: the market moves by the rate, and deadlines are kept.
  void tick(Timestamp now);
  void set_traffic(bool on) { traffic_ = on; }

  void drop_depth(std::string_view symbol, Timestamp now);
  void reset_all(Timestamp now);
  void mute(Timestamp now);
  void unmute(Timestamp now);

  [[nodiscard]] std::string_view name() const { return exchange_->name(); }
  [[nodiscard]] const HostCounters& counters() const { return counters_; }

 private:
  struct Client {
    Timestamp sent_last;
    Timestamp pinged_last;
    bool owes_pong = false;
    Timestamp window_began;  // of counting the client's frames
    std::uint32_t window_frames = 0;
  };
  // A book update that is to be lost: the next one of its symbol, for all who would get it.
  struct Drop {
    std::string symbol;
    std::size_t fault = 0;                 // in the ledger
    std::optional<std::int64_t> sequence;  // once one was met
  };

  void deliver(Timestamp now);
  [[nodiscard]] bool is_lost(const Frame& frame);
  void keep_deadlines(Timestamp now);
  // Counts a frame of the client; false when it was one too many, and the connection is closed.
  bool count_frame(ConnectionId id, Timestamp now);

  std::unique_ptr<Exchange> exchange_;
  DoorRules door_;
  std::int64_t rate_per_second_;
  Wire& wire_;
  Ledger& ledger_;
  std::map<ConnectionId, Client> clients_;
  std::vector<Drop> drops_;
  std::vector<Frame> frames_;
  HostCounters counters_;
  std::optional<Timestamp> ticked_last_;
  std::int64_t credit_ = 0;  // messages due, in 10^-9
  bool traffic_ = true;
  bool muted_ = false;
};

}  // namespace mp::sim
