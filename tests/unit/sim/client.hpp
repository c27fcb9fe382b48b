// Test helper: a client of the simulator, and a folder for its certificate authority.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace mp::sim {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

inline constexpr std::chrono::seconds kPatience{60};

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mp-sim-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string file(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// Another implementation of the protocol than the server's: Beast's. Every operation has a
// deadline.
class Client {
 public:
  Client(std::uint16_t port, const std::string& ca_file, int receive_bytes = 0)
      : context_(asio::ssl::context::tls_client), port_(port) {
    if (!ca_file.empty()) context_.load_verify_file(ca_file);
    stream_.next_layer().set_verify_mode(asio::ssl::verify_peer);
    stream_.next_layer().set_verify_callback(asio::ssl::host_name_verification("127.0.0.1"));
    auto& socket = stream_.next_layer().next_layer();
    socket.open(tcp::v4());
    if (receive_bytes > 0) socket.set_option(asio::socket_base::receive_buffer_size(receive_bytes));
    stream_.control_callback([this](websocket::frame_type kind, std::string_view payload) {
      if (kind == websocket::frame_type::ping) ++pings;
      if (kind == websocket::frame_type::pong) pongs.emplace_back(payload);
    });
  }

  error_code handshake_tls() {
    stream_.next_layer().next_layer().connect({asio::ip::address_v4::loopback(), port_}, error);
    if (error) return error;
    stream_.next_layer().async_handshake(asio::ssl::stream_base::client,
                                         [this](error_code e) { finish(e); });
    return wait();
  }
  error_code connect(const std::string& target) {
    if (handshake_tls()) return error;
    stream_.async_handshake("127.0.0.1", target, [this](error_code e) { finish(e); });
    return wait();
  }
  error_code send(std::string_view text) {
    stream_.async_write(asio::buffer(text), [this](error_code e, std::size_t) { finish(e); });
    return wait();
  }
  // The next message; empty when the connection has ended (see `error`).
  std::string read() {
    buffer_.clear();
    stream_.async_read(buffer_, [this](error_code e, std::size_t) { finish(e); });
    if (wait()) return {};
    return beast::buffers_to_string(buffer_.data());
  }
  std::string get(const std::string& target, unsigned& status) {
    return ask(beast::http::verb::get, target, status);
  }
  std::string ask(beast::http::verb verb, const std::string& target, unsigned& status) {
    beast::http::request<beast::http::empty_body> request{verb, target, 11};
    request.set(beast::http::field::host, "127.0.0.1");
    beast::http::async_write(stream_.next_layer(), request,
                             [this](error_code e, std::size_t) { finish(e); });
    if (wait()) return {};
    beast::http::response<beast::http::string_body> response;
    beast::http::async_read(stream_.next_layer(), http_buffer_, response,
                            [this](error_code e, std::size_t) { finish(e); });
    if (wait()) return {};
    status = response.result_int();
    return response.body();
  }
  error_code ping() {
    stream_.async_ping({}, [this](error_code e) { finish(e); });
    return wait();
  }
  // Of the message that was read last.
  [[nodiscard]] bool was_binary() const { return stream_.got_binary(); }
  [[nodiscard]] int close_code() const { return stream_.reason().code; }

  error_code error;
  int pings = 0;
  std::vector<std::string> pongs;

 private:
  void finish(error_code e) {
    error = e;
    finished_ = true;
  }
  error_code wait() {
    finished_ = false;
    io_.restart();
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!finished_ && io_.run_one_until(deadline) > 0) {
    }
    if (!finished_) {
      ADD_FAILURE() << "nothing happened for too long";
      stream_.next_layer().next_layer().close();
      io_.run();
      error = asio::error::timed_out;
    }
    return error;
  }

  asio::io_context io_;
  asio::ssl::context context_;
  std::uint16_t port_;
  websocket::stream<asio::ssl::stream<tcp::socket>> stream_{io_, context_};
  beast::flat_buffer buffer_;
  beast::flat_buffer http_buffer_;
  bool finished_ = false;
};

}  // namespace mp::sim
