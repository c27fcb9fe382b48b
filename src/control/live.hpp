// L5. Live: what WebSocket clients watch. Each gets the newest state when it can take it, and no
// more often than it wants: never a backlog.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "control/observer.hpp"
#include "net/local_server.hpp"

namespace mp::control {

class Live {
 public:
  struct Hands {
    std::function<bool(net::SocketId)> can_send;
    std::function<void(net::SocketId, std::string)> send;
  };
  // `observer` and `collector` outlive it.
  Live(Observer& observer, const pipeline::Collector& collector, Hands hands)
      : observer_(observer), collector_(collector), hands_(std::move(hands)) {}

  void opened(net::SocketId socket) { clients_[socket]; }
  void closed(net::SocketId socket) { clients_.erase(socket); }
  // {"op":"watch",...} or {"op":"book",...}; what cannot be read is answered with an error.
  void on_message(net::SocketId socket, std::string_view text);
  void on_tick(net::SteadyTime now);

  [[nodiscard]] std::size_t clients() const { return clients_.size(); }

 private:
  struct BookWatch {
    std::string venue;
    std::string name;
    std::size_t depth = 25;
    std::uint64_t trades_after = 0;
    std::optional<pipeline::Bar> last_bar;  // that was sent
    std::chrono::milliseconds interval{50};
    net::SteadyTime due{};
    std::uint64_t last = 0;  // hash of what was sent last
    bool said_missing = false;
  };
  struct Client {
    std::set<std::string, std::less<>> topics;
    std::map<std::string, std::uint64_t, std::less<>> last;  // of each topic, likewise
    std::chrono::milliseconds interval{250};
    net::SteadyTime due{};
    std::optional<BookWatch> book;
  };
  void send_topics(net::SocketId socket, Client& client);
  void send_book(net::SocketId socket, BookWatch& watch);
  void send_bars(net::SocketId socket, BookWatch& watch);
  void complain(net::SocketId socket, std::string_view what);

  Observer& observer_;
  const pipeline::Collector& collector_;
  Hands hands_;
  std::map<net::SocketId, Client> clients_;
};

}  // namespace mp::control
