#include "net/local_server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>

#include "net/local_client.hpp"

namespace mp::net {
namespace {

using namespace std::chrono_literals;

// Answers with what it was asked, and sends each WebSocket a large text with each tick that it has
// taken the one before.
class Echo final : public ServerHandler {
 public:
  ServerResponse on_request(const ServerRequest& request) override {
    std::string body = request.method + " " + request.path;
    for (const auto& [name, value] : request.query) body += " " + name + "=" + value;
    return {.type = "text/plain", .body = body + " " + request.body};
  }
  ServerResponse on_upgrade(SocketId socket, const ServerRequest& request) override {
    if (request.path != "/live") return {.status = 404};
    socket_ = socket;
    return {.status = 101};
  }
  ServerResponse on_event_stream(SocketId socket, const ServerRequest& request) override {
    if (request.path != "/events") return {.status = 404};
    socket_ = socket;
    return {.status = 200, .body = "data: first\n\n"};
  }
  void on_message(SocketId socket, std::string_view text) override {
    server->send(socket, "you said " + std::string{text});
  }
  void on_closed(SocketId /*socket*/) override { ++closed; }
  void on_tick() override {
    if (flood && server->can_send(socket_)) {
      server->send(socket_, std::string(kFlood, 'x'));
      ++sent;
    }
  }

  static constexpr std::size_t kFlood = std::size_t{1} << 20U;
  LocalServer* server = nullptr;
  std::atomic<bool> flood = false;
  std::atomic<int> sent = 0;
  std::atomic<int> closed = 0;

 private:
  SocketId socket_ = 0;
};

class LocalServerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = LocalServer::open({.body_bytes_max = 100, .tick = 1ms}, echo_);
    ASSERT_TRUE(opened) << opened.error().message;
    server_ = opened.take();
    echo_.server = server_.get();
    server_->run();
  }
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server_->port());
  }
  // A connection that says this, and then waits for answers.
  [[nodiscard]] int connected(const std::string& text) const {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(server_->port());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    EXPECT_EQ(::send(fd, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
    return fd;
  }
  // Until it has said this.
  static std::string read_until(int fd, std::string_view what) {
    std::string text;
    std::array<char, 4096> bytes{};
    while (text.find(what) == std::string::npos) {
      const auto got = ::recv(fd, bytes.data(), bytes.size(), 0);
      if (got <= 0) break;
      text.append(bytes.data(), static_cast<std::size_t>(got));
    }
    return text;
  }
  [[nodiscard]] std::string answer_to(const std::string& text) const {
    const int fd = connected(text);
    ::shutdown(fd, SHUT_WR);
    const auto answer = read_until(fd, "no text says this");
    ::close(fd);
    return answer;
  }

  Echo echo_;
  std::unique_ptr<LocalServer> server_;
};

TEST_F(LocalServerTest, reads_paths_and_queries) {
  const auto answer = get_local(url(), "/a%20b/c?x=1%2B2&y&x=3", 5s);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200U);
  EXPECT_EQ(answer->body, "GET /a b/c x=3 y= ");
  EXPECT_EQ(get_local(url(), "/%zz%4", 5s)->body, "GET /%zz%4 ");
}

TEST_F(LocalServerTest, refuses_what_is_no_request_or_too_large) {
  EXPECT_TRUE(answer_to("nonsense\r\n\r\n").starts_with("HTTP/1.1 400"));
  EXPECT_TRUE(answer_to("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n")
                  .starts_with("HTTP/1.1 413"));
  EXPECT_TRUE(answer_to("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n")
                  .starts_with("HTTP/1.1 431"));
  const auto both = answer_to(
      "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
      "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(both.find("POST /1 hi"), std::string::npos) << both;
  EXPECT_NE(both.find("GET /2 "), std::string::npos) << "one connection, two requests";
}

TEST_F(LocalServerTest, a_port_that_is_taken_is_said) {
  const auto second = LocalServer::open({.port = server_->port()}, echo_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::unavailable);
  EXPECT_NE(second.error().message.find("cannot listen on 127.0.0.1:"), std::string::npos);
  EXPECT_EQ(LocalServer::open({.host = "here"}, echo_).error().kind, ErrorKind::config);
}

constexpr const char* kUpgrade =
    " HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

TEST_F(LocalServerTest, sends_events_for_as_long_as_the_client_is_there) {
  const std::string accept = " HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n";
  const int fd = connected("GET /events" + accept);
  const auto head = read_until(fd, "data: first\n\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream")) << head;
  ::close(fd);
  EXPECT_TRUE(answer_to("GET /other" + accept).starts_with("HTTP/1.1 404"));
}

TEST_F(LocalServerTest, opens_websockets_where_the_handler_wants) {
  EXPECT_TRUE(answer_to("GET /other" + std::string{kUpgrade}).starts_with("HTTP/1.1 404"));
  // "hi", masked with zeros.
  const std::string frame{"\x81\x82\0\0\0\0hi", 8};
  const int fd = connected("GET /live" + std::string{kUpgrade});
  const auto answer = read_until(fd, "\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 101")) << answer;
  EXPECT_EQ(::send(fd, frame.data(), frame.size(), MSG_NOSIGNAL), 8);
  EXPECT_NE(read_until(fd, "you said hi").find("you said hi"), std::string::npos);
  ::close(fd);
}

// Who does not read has a bounded number of texts under way, however long that lasts.
TEST_F(LocalServerTest, a_client_that_does_not_read_gets_no_backlog) {
  const int fd = connected("GET /live" + std::string{kUpgrade});
  (void)read_until(fd, "\r\n\r\n");
  echo_.flood = true;
  // Other clients are answered meanwhile; each answer is some ticks later.
  int sent = -1;
  for (int i = 0; i < 1000 && sent != echo_.sent; ++i) {
    sent = echo_.sent;
    for (int j = 0; j < 20; ++j) EXPECT_TRUE(get_local(url(), "/", 5s));
  }
  EXPECT_EQ(sent, echo_.sent) << "it has stopped";
  EXPECT_LT(sent, 20);
  ::close(fd);
  server_->stop();
}

}  // namespace
}  // namespace mp::net
