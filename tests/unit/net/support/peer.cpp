#include "unit/net/support/peer.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "net/upgrade.hpp"

namespace mp::net::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct Peer::Stream {
  Stream(tcp::socket accepted, asio::ssl::context* context) : socket(std::move(accepted)) {
    if (context != nullptr) {
      tls = std::make_unique<asio::ssl::stream<tcp::socket&>>(socket, *context);
    }
  }
  tcp::socket socket;
  std::unique_ptr<asio::ssl::stream<tcp::socket&>> tls;
  bool connected = true;
};

Peer::Peer(std::unique_ptr<Stream> stream)
    : stream_(std::move(stream)), deframer_({}, net::Peer::client) {}
Peer::~Peer() = default;
Peer::Peer(Peer&&) noexcept = default;

bool Peer::connected() const {
  return stream_->connected;
}

Task<std::string> Peer::read_some() {
  std::string bytes(65'536, '\0');
  error_code error;
  std::size_t size = 0;
  if (stream_->tls) {
    size = co_await stream_->tls->async_read_some(asio::buffer(bytes),
                                                  asio::redirect_error(asio::use_awaitable, error));
  } else {
    size = co_await stream_->socket.async_read_some(
        asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
  }
  bytes.resize(error ? 0 : size);
  co_return bytes;
}

Task<std::string> Peer::read_head() {
  while (true) {
    const std::size_t end = buffer_.find("\r\n\r\n");
    if (end != std::string::npos) {
      std::string head = buffer_.substr(0, end + 4);
      buffer_.erase(0, end + 4);
      co_return head;
    }
    const std::string more = co_await read_some();
    if (more.empty()) co_return std::exchange(buffer_, {});
    buffer_ += more;
  }
}

Task<void> Peer::write(std::string bytes) {
  error_code error;
  if (stream_->tls) {
    co_await asio::async_write(*stream_->tls, asio::buffer(bytes),
                               asio::redirect_error(asio::use_awaitable, error));
  } else {
    co_await asio::async_write(stream_->socket, asio::buffer(bytes),
                               asio::redirect_error(asio::use_awaitable, error));
  }
}

std::string key_of(std::string_view request) {
  constexpr std::string_view kName = "Sec-WebSocket-Key: ";
  const std::size_t at = request.find(kName);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = request.substr(at + kName.size());
  return std::string(rest.substr(0, rest.find("\r\n")));
}

Task<void> Peer::upgrade(std::string more) {
  request = co_await read_head();
  const std::string key = key_of(request);
  EXPECT_FALSE(key.empty()) << request;
  std::string answer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  answer += "Sec-WebSocket-Accept: " + upgrade_accept(key) + "\r\n" + more + "\r\n";
  co_await write(std::move(answer));
}

Task<PeerFrame> Peer::read_frame() {
  while (true) {
    if (const auto found = deframer_.next()) {
      co_return PeerFrame{found->opcode, std::string(found->payload), false};
    }
    slack_ = std::exchange(buffer_, {});
    if (slack_.empty()) slack_ = co_await read_some();
    if (slack_.empty()) co_return PeerFrame{Opcode::close, {}, true};
    const std::size_t size = slack_.size();
    slack_.resize(size + kFrameSlack);
    deframer_.feed(std::span(slack_).first(size));
  }
}

Task<void> Peer::write_frame(Opcode opcode, std::string payload) {
  co_await write(frame(opcode, payload));
}

void Peer::reset() {
  const linger now{1, 0};
  ::setsockopt(stream_->socket.native_handle(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  error_code ignored;
  stream_->socket.close(ignored);
}

void Peer::end_tcp() {
  error_code ignored;
  stream_->socket.shutdown(tcp::socket::shutdown_send, ignored);
}

Task<void> Peer::end() {
  error_code error;
  if (stream_->tls) {
    co_await stream_->tls->async_shutdown(asio::redirect_error(asio::use_awaitable, error));
  }
  end_tcp();
}

Task<void> Peer::read_to_end() {
  // g++ 12 destroys the temporaries of a co_await in a condition twice.
  while (true) {
    const std::string bytes = co_await read_some();
    if (bytes.empty()) break;
  }
}

struct Server::Listener {
  Listener(asio::io_context& io, const KeyAndCertificate* identity)
      : acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    if (identity == nullptr) return;
    context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
    SSL_CTX_set_security_level(context->native_handle(), 0);  // weak certificates are served, too
    context->use_certificate_chain(asio::buffer(identity->certificate));
    context->use_private_key(asio::buffer(identity->key), asio::ssl::context::pem);
  }
  tcp::acceptor acceptor;
  std::unique_ptr<asio::ssl::context> context;
};

Server::Server(asio::io_context& io, const KeyAndCertificate* identity)
    : listener_(std::make_unique<Listener>(io, identity)) {}
Server::~Server() = default;

std::uint16_t Server::port() const {
  return listener_->acceptor.local_endpoint().port();
}

std::string Server::url(std::string_view scheme, std::string_view target) const {
  return std::string(scheme) + "://localhost:" + std::to_string(port()) + std::string(target);
}

void Server::close() {
  error_code ignored;
  listener_->acceptor.close(ignored);
}

Task<Peer> Server::accept() {
  error_code error;
  tcp::socket socket =
      co_await listener_->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
  auto stream = std::make_unique<Peer::Stream>(std::move(socket), listener_->context.get());
  stream->connected = !error;
  if (stream->connected && stream->tls) {
    co_await stream->tls->async_handshake(asio::ssl::stream_base::server,
                                          asio::redirect_error(asio::use_awaitable, error));
    stream->connected = !error;
  }
  co_return Peer(std::move(stream));
}

std::string frame(Opcode opcode, std::string_view payload) {
  std::string out;
  encode_frame(out, {opcode, payload}, std::nullopt);
  return out;
}

void run(asio::io_context& io) {
  io.restart();
  io.run_for(std::chrono::seconds{20});
  EXPECT_TRUE(io.stopped()) << "something still waits after 20 seconds";
}

}  // namespace mp::net::test
