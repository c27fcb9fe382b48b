// How sockets connect: from which address, with which buffers, over which family.
#include "net/dialer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "unit/net/support/meeting.hpp"

namespace mp::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::seconds;
using test::Meeting;
using test::Peer;
using test::Wire;
using testing::HasSubstr;

// A listening socket, and what came of dialling it.
class Dialled {
 public:
  explicit Dialled(const std::string& listens_on) : acceptor_(io_), connected(io_) {
    const tcp::endpoint at(asio::ip::make_address(listens_on), 0);
    boost::system::error_code error;
    acceptor_.open(at.protocol(), error);
    if (!error) acceptor_.bind(at, error);
    if (!error) acceptor_.listen(4, error);
    can_listen = !error;
  }
  void dial(const std::string& host, SocketOptions options, AddressMemory* memory = nullptr) {
    Dialer dialer{io_, std::move(options)};
    const auto port = acceptor_.local_endpoint().port();
    const auto go = [&]() -> Task<void> {
      loss = co_await dialer.dial(host, port, steady_now() + seconds{5}, memory, connected);
    };
    asio::co_spawn(io_, go(), asio::detached);
    test::run(io_);
  }
  std::string peer_of_accepted() {
    boost::system::error_code error;
    tcp::socket accepted = acceptor_.accept(error);
    return error ? error.message() : accepted.remote_endpoint().address().to_string();
  }

 private:
  asio::io_context io_;
  tcp::acceptor acceptor_;

 public:
  tcp::socket connected;
  std::optional<Loss> loss;
  bool can_listen = false;
};

TEST(Dialer, comes_from_the_address_that_it_is_given) {
  Dialled dialled{"127.0.0.1"};
  dialled.dial("localhost", {.source = "127.0.0.2"});
  ASSERT_FALSE(dialled.loss) << dialled.loss->message;
  EXPECT_EQ(dialled.peer_of_accepted(), "127.0.0.2");
}

TEST(Dialer, says_that_the_address_is_none_of_ours) {
  Dialled dialled{"127.0.0.1"};
  dialled.dial("127.0.0.1", {.source = "192.0.2.1"});
  ASSERT_TRUE(dialled.loss);
  EXPECT_EQ(dialled.loss->reason, LossReason::refused);
  EXPECT_THAT(dialled.loss->message, HasSubstr("from 192.0.2.1, the source address"));
}

TEST(Dialer, says_that_the_host_is_of_the_other_family) {
  Dialled dialled{"127.0.0.1"};
  dialled.dial("127.0.0.1", {.source = "::1"});
  ASSERT_TRUE(dialled.loss);
  EXPECT_THAT(dialled.loss->message, HasSubstr("no address of the family of ::1"));
}

TEST(Dialer, gives_sockets_the_buffers_that_are_wanted) {
  Dialled dialled{"127.0.0.1"};
  dialled.dial("127.0.0.1", {.receive_buffer = 20'000, .send_buffer = 10'000});
  ASSERT_FALSE(dialled.loss);
  const auto size = [&](int option) {
    int value = 0;
    socklen_t bytes = sizeof value;
    EXPECT_EQ(::getsockopt(dialled.connected.native_handle(), SOL_SOCKET, option, &value, &bytes),
              0);
    return value;
  };
  // Linux doubles them for its own needs.
  EXPECT_EQ(size(SO_RCVBUF), 40'000);
  EXPECT_EQ(size(SO_SNDBUF), 20'000);
}

TEST(Dialer, reaches_an_ipv6_address_of_a_url) {
  Dialled dialled{"::1"};
  if (!dialled.can_listen) GTEST_SKIP() << "this machine has no ::1";
  const auto url = parse_url("wss://[::1]:9443/stream");
  ASSERT_TRUE(url);
  dialled.dial(url->host, {});
  ASSERT_FALSE(dialled.loss) << dialled.loss->message;
  EXPECT_EQ(dialled.peer_of_accepted(), "::1");
}

TEST(Dialer, looks_a_name_up_once_for_a_proxy_that_wants_an_address) {
  asio::io_context io;
  AddressMemory memory;
  const auto look_up = [&](const std::string& host) {
    Dialer dialer{io};
    std::string address;
    std::optional<Loss> loss;
    const auto go = [&]() -> Task<void> {
      loss = co_await dialer.look_up(host, steady_now() + seconds{5}, &memory, address);
    };
    asio::co_spawn(io, go(), asio::detached);
    test::run(io);
    return loss ? loss->message : address;
  };
  EXPECT_EQ(look_up("127.0.0.9"), "127.0.0.9");
  EXPECT_EQ(look_up("venue.invalid"), "127.0.0.9") << "it is not asked for again while it is fresh";
  memory.server_resolved_at = steady_now() - AddressMemory::kFresh - seconds{1};
  EXPECT_EQ(look_up("venue.invalid"), "127.0.0.9") << "nor lost when it cannot be resolved";
  memory.server_resolved_at = steady_now() - AddressMemory::kValid - seconds{1};
  EXPECT_THAT(look_up("venue.invalid"), HasSubstr("cannot be resolved"));
}

TEST(WebSocketOpen, calls_a_proxy_that_hangs_up_the_proxy) {
  Meeting meeting(Wire::plain);
  meeting.url = *parse_url("wss://venue.invalid/stream");
  meeting.url.via =
      Proxy{.kind = ProxyKind::http, .host = "127.0.0.1", .port = meeting.server.port()};
  meeting.play([](Peer& peer) -> Task<void> {
    const std::string asked = co_await peer.read_head();
    EXPECT_NE(asked, "");
    co_await peer.end();
  });
  ASSERT_TRUE(meeting.loss);
  EXPECT_THAT(meeting.loss->message, HasSubstr("the proxy 127.0.0.1:"));
  EXPECT_THAT(meeting.loss->message, HasSubstr("ended the connection"));
}

}  // namespace
}  // namespace mp::net
