#include "net/local_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include <optional>
#include <thread>
#include <variant>

#include "net/task.hpp"
#include "obs/process.hpp"

namespace mp::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::uint32_t kRequestHeaderMax = 16 * 1024;
constexpr std::size_t kMessageBytesMax = 64 * 1024;
constexpr std::size_t kQueuedBytesMax = std::size_t{16} << 20U;

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// A broken escape stays as it is.
std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool whole = text[at] == '%' && at + 2 < text.size();
    const int high = whole ? digit_of(text[at + 1]) : -1;
    const int low = whole ? digit_of(text[at + 2]) : -1;
    if (high < 0 || low < 0) {
      out.push_back(text[at]);
      continue;
    }
    out.push_back(static_cast<char>(high * 16 + low));
    at += 2;
  }
  return out;
}

void add_query(std::string_view query, ServerRequest& out) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    const auto equals = std::min(pair.find('='), pair.size());
    const auto value = equals < pair.size() ? pair.substr(equals + 1) : std::string_view{};
    out.query[percent_decoded(pair.substr(0, equals))] = percent_decoded(value);
    query.remove_prefix(std::min(end + 1, query.size()));
  }
}

ServerRequest request_of(const http::request<http::string_body>& message) {
  ServerRequest out{
      .method = std::string{message.method_string()}, .path = {}, .body = message.body()};
  const std::string_view target{message.target().data(), message.target().size()};
  const auto mark = std::min(target.find('?'), target.size());
  out.path = percent_decoded(target.substr(0, mark));
  if (mark < target.size()) add_query(target.substr(mark + 1), out);
  for (const auto& field : message) {
    std::string name{field.name_string()};
    std::ranges::transform(name, name.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    out.header[name] = std::string{field.value()};
  }
  return out;
}

}  // namespace

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  // 127.0.0.0/8, and no name that begins so.
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos;
}

std::string_view ServerRequest::header_named(std::string_view lower_case) const {
  const auto found = header.find(lower_case);
  return found == header.end() ? std::string_view{} : std::string_view{found->second};
}

class LocalServer::Impl {
 public:
  Impl(const LocalServerConfig& config, ServerHandler& handler)
      : config_(config), handler_(handler), acceptor_(io_), timer_(io_) {}

  Result<void> listen() {
    beast::error_code code;
    const auto address = asio::ip::make_address(config_.host, code);
    if (code) {
      return Error{ErrorKind::config,
                   fmt::format("\"{}\" is not an address to listen on; expected one like 127.0.0.1",
                               config_.host)};
    }
    const tcp::endpoint endpoint{address, config_.port};
    acceptor_.open(endpoint.protocol(), code);
    if (!code) acceptor_.set_option(tcp::acceptor::reuse_address(true), code);
    if (!code) acceptor_.bind(endpoint, code);
    if (!code) acceptor_.listen(asio::socket_base::max_listen_connections, code);
    if (code) {
      return Error{ErrorKind::unavailable, fmt::format("cannot listen on {}:{}: {}", config_.host,
                                                       config_.port, code.message())};
    }
    port_ = acceptor_.local_endpoint().port();
    return {};
  }

  void run() {
    asio::co_spawn(io_, accept(), asio::detached);
    asio::co_spawn(io_, tick(), asio::detached);
    thread_ = std::thread{[this] {
      obs::name_thread("mp-control");
      io_.run();
    }};
  }

  void stop() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

  [[nodiscard]] bool can_send(SocketId socket) const {
    const auto found = sockets_.find(socket);
    return found != sockets_.end() && found->second->queued_bytes == 0;
  }

  void send(SocketId id, std::string text) {
    const auto found = sockets_.find(id);
    if (found == sockets_.end()) return;
    const auto socket = found->second;
    if (socket->queued_bytes + text.size() > kQueuedBytesMax) return;
    socket->queued_bytes += text.size();
    socket->queue.push_back(std::move(text));
    if (socket->queue.size() == 1) asio::co_spawn(io_, write(socket), asio::detached);
  }

  void close(SocketId id, std::uint16_t code, std::string reason) {
    const auto found = sockets_.find(id);
    if (found == sockets_.end()) return;
    found->second->end =
        beast::websocket::close_reason{static_cast<beast::websocket::close_code>(code), reason};
    if (found->second->queue.empty()) asio::co_spawn(io_, write(found->second), asio::detached);
  }

 private:
  using WebSocket = beast::websocket::stream<beast::tcp_stream, false>;
  struct Socket {
    std::variant<WebSocket, beast::tcp_stream> stream;  // or an event stream
    std::deque<std::string> queue{};                    // the first one is being written
    std::size_t queued_bytes = 0;
    std::optional<beast::websocket::close_reason> end{};  // behind the queue
  };

  Task<void> accept() {
    while (true) {
      auto [code, socket] = co_await acceptor_.async_accept(kAwait);
      if (code == asio::error::operation_aborted) co_return;
      if (code || clients_ >= config_.clients_max) {
        // Descriptors may be used up for a while: no busy loop meanwhile.
        if (code) co_await pause();
        continue;
      }
      asio::co_spawn(io_, serve(beast::tcp_stream{std::move(socket)}), asio::detached);
    }
  }

  Task<void> pause() {
    asio::steady_timer timer{io_, config_.tick};
    co_await timer.async_wait(kAwait);
  }

  Task<void> tick() {
    while (true) {
      timer_.expires_after(config_.tick);
      co_await timer_.async_wait(kAwait);
      handler_.on_tick();
    }
  }

  Task<void> serve(beast::tcp_stream stream) {
    ++clients_;
    beast::flat_buffer buffer{kRequestHeaderMax + config_.body_bytes_max};
    bool open = true;
    while (open) {
      http::request_parser<http::string_body> parser;
      parser.header_limit(kRequestHeaderMax);
      parser.body_limit(config_.body_bytes_max);
      stream.expires_after(config_.idle);
      auto [code, bytes] = co_await http::async_read(stream, buffer, parser, kAwait);
      if (code) {
        if (const auto refusal = refusal_of(code)) {
          co_await reply(stream, *refusal, 11, false, false);
        }
        break;
      }
      const auto& message = parser.get();
      const auto request = request_of(message);
      if (beast::websocket::is_upgrade(message)) {
        const SocketId id = ++sockets_so_far_;
        const auto answer = handler_.on_upgrade(id, request);
        if (answer.status == 101) {
          co_await serve_socket(id, std::move(stream), message);
          --clients_;
          co_return;
        }
        co_await reply(stream, answer, message.version(), false, false);
        break;
      }
      if (request.method == "GET" &&
          request.header_named("accept").find("text/event-stream") != std::string_view::npos) {
        const SocketId id = ++sockets_so_far_;
        const auto answer = handler_.on_event_stream(id, request);
        if (answer.status != 200) {
          open = co_await reply(stream, answer, message.version(), message.keep_alive(), false);
          continue;
        }
        co_await serve_events(id, std::move(stream), answer);
        --clients_;
        co_return;
      }
      const auto answer = handler_.on_request(request);
      const bool head = message.method() == http::verb::head;
      open = co_await reply(stream, answer, message.version(), message.keep_alive(), head);
    }
    beast::error_code ignored;
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    --clients_;
  }

  static std::optional<ServerResponse> refusal_of(const beast::error_code& code) {
    if (code == http::error::body_limit) {
      return ServerResponse{.status = 413, .body = R"({"error":"the body is too large"})"};
    }
    if (code == http::error::header_limit) {
      return ServerResponse{.status = 431, .body = R"({"error":"the header is too large"})"};
    }
    if (code.category() == http::make_error_code(http::error::bad_method).category() &&
        code != http::error::end_of_stream && code != http::error::partial_message) {
      return ServerResponse{.status = 400, .body = R"({"error":"this is not HTTP/1.1"})"};
    }
    return std::nullopt;
  }

  Task<bool> reply(beast::tcp_stream& stream, const ServerResponse& answer, unsigned version,
                   bool keep_alive, bool head) {
    http::response<http::string_body> message{static_cast<http::status>(answer.status), version};
    message.set(http::field::content_type, answer.type);
    for (const auto& [name, value] : answer.headers) message.set(name, value);
    message.keep_alive(keep_alive);
    message.body() = answer.body;
    message.prepare_payload();
    if (head) message.body().clear();
    stream.expires_after(config_.idle);
    auto [code, bytes] = co_await http::async_write(stream, message, kAwait);
    co_return !code && keep_alive;
  }

  Task<void> serve_socket(SocketId id, beast::tcp_stream stream,
                          http::request<http::string_body> message) {
    const auto socket = std::make_shared<Socket>(WebSocket{std::move(stream)});
    auto& web = std::get<WebSocket>(socket->stream);
    beast::get_lowest_layer(web).expires_never();
    auto timeout = beast::websocket::stream_base::timeout::suggested(beast::role_type::server);
    timeout.idle_timeout = config_.idle;
    timeout.keep_alive_pings = true;
    web.set_option(timeout);
    web.read_message_max(kMessageBytesMax);
    web.text(true);
    web.auto_fragment(false);
    auto [refused] = co_await web.async_accept(message, kAwait);
    if (!refused) {
      sockets_[id] = socket;
      beast::flat_buffer buffer;
      while (true) {
        auto [code, bytes] = co_await web.async_read(buffer, kAwait);
        if (code) break;
        const auto data = buffer.data();
        handler_.on_message(id, {static_cast<const char*>(data.data()), data.size()});
        buffer.clear();
      }
      sockets_.erase(id);
    }
    handler_.on_closed(id);
  }

  // Its body has no end but the connection's.
  Task<void> serve_events(SocketId id, beast::tcp_stream stream, const ServerResponse& answer) {
    const auto socket = std::make_shared<Socket>(std::move(stream));
    auto& plain = std::get<beast::tcp_stream>(socket->stream);
    plain.expires_never();
    std::string head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
        "Connection: close\r\n";
    for (const auto& [name, value] : answer.headers) head += name + ": " + value + "\r\n";
    sockets_[id] = socket;
    send(id, head + "\r\n" + answer.body);
    std::array<char, 512> said;  // nothing is expected
    while (true) {
      auto [code, bytes] = co_await plain.async_read_some(asio::buffer(said), kAwait);
      if (code) break;
    }
    sockets_.erase(id);
    handler_.on_closed(id);
  }

  Task<void> write(std::shared_ptr<Socket> socket) {
    auto* const web = std::get_if<WebSocket>(&socket->stream);
    auto* const plain = std::get_if<beast::tcp_stream>(&socket->stream);
    while (!socket->queue.empty()) {
      const auto bytes = asio::buffer(socket->queue.front());
      auto [code, written] = web != nullptr ? co_await web->async_write(bytes, kAwait)
                                            : co_await asio::async_write(*plain, bytes, kAwait);
      if (code) {
        (web != nullptr ? beast::get_lowest_layer(*web) : *plain).close();
        co_return;  // what is queued goes with the socket
      }
      socket->queued_bytes -= socket->queue.front().size();
      socket->queue.pop_front();
    }
    if (!socket->end) co_return;
    if (web != nullptr) co_await web->async_close(*socket->end, kAwait);
    if (plain != nullptr) plain->close();
  }

  LocalServerConfig config_;
  ServerHandler& handler_;
  IoContext io_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer timer_;
  std::uint16_t port_ = 0;
  std::size_t clients_ = 0;
  SocketId sockets_so_far_ = 0;
  std::map<SocketId, std::shared_ptr<Socket>> sockets_;
  std::thread thread_;
};

LocalServer::LocalServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LocalServer::~LocalServer() {
  stop();
}

Result<std::unique_ptr<LocalServer>> LocalServer::open(const LocalServerConfig& config,
                                                       ServerHandler& handler) {
  auto impl = std::make_unique<Impl>(config, handler);
  if (auto listening = impl->listen(); !listening) return listening.error();
  return std::unique_ptr<LocalServer>{new LocalServer{std::move(impl)}};
}

void LocalServer::run() {
  impl_->run();
}
void LocalServer::stop() {
  impl_->stop();
}
std::uint16_t LocalServer::port() const {
  return impl_->port();
}
bool LocalServer::can_send(SocketId socket) const {
  return impl_->can_send(socket);
}
void LocalServer::send(SocketId socket, std::string text) {
  impl_->send(socket, std::move(text));
}
void LocalServer::close(SocketId socket, std::uint16_t code, std::string reason) {
  impl_->close(socket, code, std::move(reason));
}

}  // namespace mp::net
