// One server connection that follows a script, and one WebSocket that reads until it is lost.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/websocket.hpp"
#include "unit/net/support/peer.hpp"
#include "unit/net/support/pki.hpp"

namespace mp::net::test {

inline const Pki& pki() {
  static const Pki made;
  return made;
}

class Collected final : public MessageSink {
 public:
  void on_message(std::string_view payload, Timestamp ts_recv) override {
    messages.emplace_back(payload);
    times.push_back(ts_recv);
  }
  void on_binary(std::string_view payload, Timestamp ts_recv) override {
    ++binary;
    on_message(payload, ts_recv);
  }
  std::vector<std::string> messages;
  std::vector<Timestamp> times;
  std::size_t binary = 0;  // of them
};

using Script = std::function<Task<void>(Peer&)>;

enum class Wire : std::uint8_t { plain, tls };

// One server connection that follows a script, and one client that reads until it is lost.
class Meeting {
 public:
  explicit Meeting(Wire wire = Wire::tls, FrameLimits limits = {})
      : identity(pki().issue()),
        tls(TlsContext::create({.ca_file = pki().ca_file()}).take()),
        server(io, wire == Wire::tls ? &identity : nullptr),
        url(*parse_url(server.url(wire == Wire::tls ? "wss" : "ws", "/stream?x=1"))),
        client(io, tls, buffers, limits) {}

  void play(Script script, Milliseconds patience = std::chrono::seconds{15}) {
    boost::asio::co_spawn(io, serve(std::move(script)), boost::asio::detached);
    boost::asio::co_spawn(io, read(patience), boost::asio::detached);
    test::run(io);
  }

  Task<void> serve(Script script) {
    Peer peer = co_await server.accept();
    server.close();
    co_await script(peer);
  }

  Task<void> read(Milliseconds patience) {
    loss = co_await client.open(url, steady_now() + patience);
    if (loss) co_return;
    opened = true;
    if (on_open) on_open();
    while (true) {
      end = co_await client.receive(sink, steady_now() + patience);
      if (end != ReceiveEnd::received) break;
    }
    if (end == ReceiveEnd::lost) loss = client.loss();
    co_await client.close(1000, "done", sink, steady_now() + std::chrono::seconds{5});
  }

  boost::asio::io_context io;
  KeyAndCertificate identity;
  TlsContext tls;
  ReceiveBuffers buffers;
  Server server;
  Url url;
  Collected sink;
  WebSocket client;
  std::function<void()> on_open;
  std::optional<Loss> loss;
  bool opened = false;
  ReceiveEnd end = ReceiveEnd::received;
};

}  // namespace mp::net::test
