// L2 net. LocalServer: HTTP/1.1 and WebSocket for people and tools on this machine, on a thread of
// its own: pages, metrics, control. Plain TCP; not for the message path.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace mp::net {

// Whether a host is this machine alone: localhost, 127.0.0.0/8, ::1.
[[nodiscard]] bool is_loopback(std::string_view host);

struct ServerRequest {
  std::string method;                                      // as sent: GET
  std::string path;                                        // percent-decoded, without the query
  std::map<std::string, std::string, std::less<>> query;   // likewise; the last of a name
  std::map<std::string, std::string, std::less<>> header;  // by names in lower case
  std::string body;

  // Empty where there is none.
  [[nodiscard]] std::string_view header_named(std::string_view lower_case) const;
};

struct ServerResponse {
  unsigned status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers{};  // further ones
};

using SocketId = std::uint64_t;

// All calls come on the server's thread.
class ServerHandler {
 public:
  virtual ~ServerHandler() = default;
  virtual ServerResponse on_request(const ServerRequest& request) = 0;
  // A WebSocket is asked for. 101: it is opened as `socket`; else the refusal.
  virtual ServerResponse on_upgrade(SocketId socket, const ServerRequest& request) = 0;
  // A GET that accepts text/event-stream. 200: what is sent to `socket` from now on is its body, as
  // it is; else the answer, as of on_request.
  virtual ServerResponse on_event_stream(SocketId socket, const ServerRequest& request) = 0;
  virtual void on_message(SocketId socket, std::string_view text) = 0;
  virtual void on_closed(SocketId socket) = 0;
  // Every `tick`: whatever is to be sent by itself.
  virtual void on_tick() = 0;
};

struct LocalServerConfig {
  std::string host = "127.0.0.1";  // an address
  std::uint16_t port = 0;          // 0: a free one
  std::size_t clients_max = 2048;
  std::size_t body_bytes_max = std::size_t{1} << 20U;
  std::chrono::seconds idle{60};  // what keeps silent for so long is closed; WebSockets are pinged
  std::chrono::milliseconds tick{50};
};

class LocalServer {
 public:
  // Listens from when it returns, and answers after run(). ErrorKind::unavailable: the port is
  // taken or not ours to have. `handler` outlives it.
  static Result<std::unique_ptr<LocalServer>> open(const LocalServerConfig& config,
                                                   ServerHandler& handler);
  ~LocalServer();  // stop()
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;

  void run();
  // Closes all connections and ends the thread; the handler is not called any more.
  void stop();

  [[nodiscard]] std::uint16_t port() const;

  // All on its thread. Whether a WebSocket or event stream has taken all that it was given: who has
  // not read gets what is new by then, and never a backlog.
  [[nodiscard]] bool can_send(SocketId socket) const;
  void send(SocketId socket, std::string text);
  // Ends a WebSocket with this code (RFC 6455, 7.4) once what was sent has gone, an event stream at
  // once.
  void close(SocketId socket, std::uint16_t code, std::string reason);

 private:
  class Impl;
  explicit LocalServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mp::net
