// The exchange simulator: venues' real wire protocols over TLS on 127.0.0.1, in this process.
//
//   auto simulator = sim::Simulator::start({.seed = 7, .ca_file = dir + "/ca.pem"});
//   simulator->ws_url("binance")  ->  "wss://127.0.0.1:34567"
//   ...  simulator->stop_traffic(5s); compare with simulator->totals(); simulator->stop();
//   simulator->ledger().entries()
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "sim/exchange.hpp"
#include "sim/ledger.hpp"

namespace mp::sim {

struct Config {
  std::uint64_t seed = 1;
  std::vector<std::string> venues = {"binance", "okx"};
  std::uint64_t rate_per_second =
      2000;  // messages per venue, each counted once however many clients get it
  std::uint16_t first_port = 0;       // the venues listen on it and the next ones; 0: on free ones
  std::string ca_file = {};           // where the certificate authority is written, for the clients
  std::chrono::milliseconds tick{5};  // how often the market moves: several messages a write
  std::size_t ledger_entries_max = 1'000'000;  // about 300 bytes each, books more; 0: totals only
  std::size_t queue_bytes_max = 16U
                                << 20U;  // per client; one that lets more pile up is disconnected
  std::size_t connections_max = 256;     // per venue
  VenueOptions options = {};
};

// Sums since the start, over all venues.
struct Statistics {
  std::uint64_t connections_opened = 0;  // WebSocket sessions
  std::uint64_t connections_open = 0;
  std::uint64_t messages_sent = 0;     // market data of which the write completed
  std::uint64_t messages_dropped = 0;  // kept back by a fault
  std::uint64_t messages_unsent = 0;   // lost to the end of their connection
  std::uint64_t bytes_sent = 0;        // of WebSocket frames
  std::uint64_t rest_answers = 0;
  std::uint64_t slow_clients = 0;  // disconnected for reading too slowly
  std::uint64_t rate_kills = 0;    // disconnected for too many frames
  std::uint64_t idle_kills = 0;    // disconnected for silence or a missing pong
};

// Runs on a thread of its own. All members may be called from any other thread; one at a time.
class Simulator {
 public:
  static Result<std::unique_ptr<Simulator>> start(const Config& config);
  // This one instead of Config::venues.
  static Result<std::unique_ptr<Simulator>> start(const Config& config,
                                                  std::unique_ptr<Exchange> exchange);
  ~Simulator();  // stops
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  // "wss://127.0.0.1:PORT" and "https://127.0.0.1:PORT". The venue must be one that is
  // served.
  [[nodiscard]] std::string ws_url(std::string_view venue) const;
  [[nodiscard]] std::string rest_url(std::string_view venue) const;
  [[nodiscard]] std::uint16_t port(std::string_view venue) const;

  // The market stands still; connections stay and answer. Waits until all that was queued is
  // written.
  [[nodiscard]] Result<void> stop_traffic(std::chrono::milliseconds patience);
  void resume_traffic();
  // Ends all connections and the thread. Idempotent.
  void stop();

  // Faults. Each is noted in the ledger.
  void drop_depth(std::string_view venue, std::string_view symbol);  // its next book update is lost
  void reset_connections(std::string_view venue);                    // TCP reset of every WebSocket
  void mute(
      std::string_view venue);  // connections stay open, nothing is sent any more, not even pongs
  void unmute(std::string_view venue);  // what came meanwhile is lost

  [[nodiscard]] Statistics statistics() const;
  [[nodiscard]] Totals totals() const;
  // Only after stop().
  [[nodiscard]] const Ledger& ledger() const;

 private:
  struct Impl;
  explicit Simulator(std::unique_ptr<Impl> impl);
  static Result<std::unique_ptr<Simulator>> run(const Config& config, std::unique_ptr<Impl> impl,
                                                std::vector<std::unique_ptr<Exchange>> exchanges);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mp::sim
