// The load generator's listening socket and its connections.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "sim/load_connection.hpp"

namespace mp::sim {

class LoadDoor {
 public:
  // `weight_per_minute`: of REST calls; 0: without a limit.
  LoadDoor(LoadTlsContext tls, const LoadMarket::Size& size, std::uint32_t weight_per_minute)
      : tls_(std::move(tls)), desk(size, weight_per_minute) {}
  ~LoadDoor();
  LoadDoor(const LoadDoor&) = delete;
  LoadDoor& operator=(const LoadDoor&) = delete;

  // On 127.0.0.1; 0: any port that is free.
  Result<void> listen(std::uint16_t port);
  [[nodiscard]] std::uint16_t port() const { return port_; }
  // Accepts, reads and answers. Waits for at most `wait` until there is something to do.
  void serve(std::chrono::milliseconds wait);
  // An unsolicited pong to each session, whose messages are counted from here.
  void mark_sessions(std::string_view word);
  void drop(const LoadConnection* connection);

  // The session that got the fewest messages for each of its streams; null: nobody wants any.
  [[nodiscard]] LoadConnection* least_served() const;
  [[nodiscard]] bool is_empty() const { return connections_.empty(); }

 private:
  void accept();

  LoadTlsContext tls_;

 public:
  LoadDesk desk;  // outlives the connections
  std::uint64_t sessions_dropped = 0;

 private:
  std::vector<std::unique_ptr<LoadConnection>> connections_;
  int listener_ = -1;
  int epoll_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace mp::sim
