// One client of the load generator: TLS, then HTTP requests or a WebSocket session.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/load_market.hpp"
#include "sim/load_tls.hpp"
#include "sim/request.hpp"
#include "sim/websocket.hpp"
#include "sim/weight_meter.hpp"

namespace mp::sim {

class LoadConnection;

// What all connections share.
struct LoadDesk {
  LoadDesk(const LoadMarket::Size& size, std::uint32_t weight_per_minute)
      : market(size),
        owners(market.streams()),
        snapshot_served(market.instruments()),
        weight(weight_per_minute) {}

  // A book that is subscribed, and of which no snapshot was served yet.
  [[nodiscard]] bool owes_snapshot() const;

  LoadMarket market;
  RequestReader requests;
  std::vector<LoadConnection*> owners;  // by stream: who subscribed it last; null: nobody
  std::size_t subscribed = 0;           // streams that have an owner
  std::vector<bool> snapshot_served;    // by instrument
  WeightMeter weight;
  Timestamp now{};
};

class LoadConnection {
 public:
  // Owns the socket, which is a blocking one with a time limit for sending. Borrows the rest.
  LoadConnection(int socket, const LoadTlsContext& tls, LoadDesk& desk);
  ~LoadConnection();
  LoadConnection(const LoadConnection&) = delete;
  LoadConnection& operator=(const LoadConnection&) = delete;

  // Reads what has come and answers it. False: the connection is over.
  [[nodiscard]] bool receive();
  // Encrypts; nothing is sent before flush().
  void write(std::string_view frames) { tls_.write(frames); }
  // Writes an unsolicited pong.
  void mark(std::string_view word);
  // Sends all that is encrypted. False: the client did not take it in time, or has left.
  [[nodiscard]] bool flush();

  [[nodiscard]] bool is_session() const { return is_session_; }
  [[nodiscard]] int socket() const { return socket_; }
  // Its streams take turns. There must be one.
  [[nodiscard]] bool has_streams() const { return !streams_.empty(); }
  [[nodiscard]] std::size_t streams() const { return streams_.size(); }
  [[nodiscard]] LoadStream next_stream() const { return streams_[turn_]; }
  void take_turn() {
    if (++turn_ == streams_.size()) turn_ = 0;
  }

  std::uint64_t messages = 0;  // of the measured part that it got
  double turns = 0;            // messages for each of its streams so far
  bool has_unsent = false;     // for whoever writes to several and then flushes them

 private:
  [[nodiscard]] bool take_requests();
  [[nodiscard]] bool answer(std::string_view head);
  [[nodiscard]] bool take_frames();
  [[nodiscard]] std::string answer_to(std::string_view text);
  void subscribe(LoadStream stream);
  void unsubscribe(LoadStream stream);

  int socket_;
  LoadDesk& desk_;
  LoadTls tls_;
  std::string input_;  // decrypted: of HTTP, until the upgrade
  FrameReader frames_;
  bool is_session_ = false;
  std::vector<LoadStream> streams_;
  std::size_t turn_ = 0;
};

}  // namespace mp::sim
