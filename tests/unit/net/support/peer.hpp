// A scripted server on 127.0.0.1, for odd behaviour: the test says what each connection does.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/frame.hpp"
#include "net/task.hpp"
#include "unit/net/support/pki.hpp"

namespace mp::net::test {

struct PeerFrame {
  Opcode opcode = Opcode::close;
  std::string payload;
  bool ended = false;  // the connection did
};

// One accepted connection.
class Peer {
 public:
  struct Stream;
  explicit Peer(std::unique_ptr<Stream> stream);
  ~Peer();
  Peer(Peer&&) noexcept;

  // False where the TLS handshake failed (the client refused us).
  [[nodiscard]] bool connected() const;

  Task<std::string> read_some();  // empty at the end
  Task<std::string> read_head();  // to the empty line; what came of it at the end
  Task<void> write(std::string bytes);
  // Reads the request, which must be one, and answers 101. `more`: further headers, each with its
  // line end.
  Task<void> upgrade(std::string more = {});
  Task<PeerFrame> read_frame();
  Task<void> write_frame(Opcode opcode, std::string payload);

  void reset();      // TCP reset
  void end_tcp();    // FIN, without close_notify
  Task<void> end();  // close_notify where TLS, then FIN
  Task<void> read_to_end();

  std::string request;  // of upgrade()

 private:
  std::unique_ptr<Stream> stream_;
  std::string buffer_;
  Deframer deframer_;
  std::string slack_;
};

class Server {
 public:
  // With a certificate: TLS.
  Server(boost::asio::io_context& io, const KeyAndCertificate* identity);
  ~Server();

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::string url(std::string_view scheme, std::string_view target = "/") const;
  Task<Peer> accept();
  void close();

 private:
  struct Listener;
  std::unique_ptr<Listener> listener_;
};

// The bytes of one unmasked frame.
std::string frame(Opcode opcode, std::string_view payload);

// The key of an upgrade request.
std::string key_of(std::string_view request);

// Runs `io` until nothing is left to do; fails the test when that takes over 20 seconds.
void run(boost::asio::io_context& io);

}  // namespace mp::net::test
