// Opening: what the server answers, which certificates it has, and where it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "unit/net/support/meeting.hpp"

namespace mp::net {
namespace {

using std::chrono::seconds;
using test::Meeting;
using test::Peer;
using test::pki;
using test::Server;
using test::Wire;
using testing::HasSubstr;

Task<void> answer(Peer& peer, std::string text) {
  const std::string request = co_await peer.read_head();
  EXPECT_NE(test::key_of(request), "");
  co_await peer.write(std::move(text));
  co_await peer.read_to_end();
}

Loss loss_after_answer(const std::string& text) {
  Meeting meeting;
  meeting.play([&](Peer& peer) { return answer(peer, text); });
  EXPECT_FALSE(meeting.opened);
  EXPECT_FALSE(meeting.client.is_open());
  return meeting.loss.value_or(Loss{LossReason::stopped, {}});
}

TEST(WebSocketOpen, tells_why_an_upgrade_was_refused) {
  const Loss banned = loss_after_answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(banned.reason, LossReason::handshake_status);
  EXPECT_EQ(banned.http_status, 403);
  const Loss busy = loss_after_answer("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\n\r\n");
  EXPECT_EQ(busy.http_status, 429);
  EXPECT_EQ(busy.retry_after, Milliseconds{7'000});
  const Loss wrong = loss_after_answer(
      "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
      "x\r\n\r\n");
  EXPECT_EQ(wrong.reason, LossReason::handshake);
  EXPECT_THAT(wrong.message, HasSubstr("Sec-WebSocket-Accept"));
  const Loss large = loss_after_answer("HTTP/1.1 101 x\r\nA: " + std::string(70'000, 'a'));
  EXPECT_EQ(large.reason, LossReason::handshake);
  EXPECT_THAT(large.message, HasSubstr("16 KiB"));
}

Task<void> never_answer(Peer& peer) {
  co_await peer.write("HTTP/1.1 101 Sw");
  co_await peer.read_to_end();
}

TEST(WebSocketOpen, does_not_wait_for_an_upgrade_beyond_the_deadline) {
  Meeting meeting;
  meeting.play(never_answer, Milliseconds{300});
  ASSERT_TRUE(meeting.loss);
  EXPECT_EQ(meeting.loss->reason, LossReason::timeout);
}

Task<void> expect_refusal(Server& server, bool& refused, std::string& received) {
  Peer peer = co_await server.accept();
  server.close();
  refused = !peer.connected();
  if (peer.connected()) received = co_await peer.read_some();
}

TEST(WebSocketOpen, sends_nothing_to_a_server_whose_certificate_is_refused) {
  using Issuer = test::Certificate::Issuer;
  const std::vector<test::Certificate> bad{
      {.issuer = Issuer::self},
      {.issuer = Issuer::unknown_ca},
      {.valid_from = -7200, .valid_to = -3600},
      {.alternative_names = "DNS:other.example"},
      {.rsa_bits = 1024},
      {.sha1 = true},
  };
  for (const test::Certificate& certificate : bad) {
    Meeting meeting;
    const auto identity = pki().issue(certificate);
    Server server(meeting.io, &identity);
    meeting.url = *parse_url(server.url("wss"));
    bool refused = false;
    std::string received;
    meeting.server.close();
    boost::asio::co_spawn(meeting.io, expect_refusal(server, refused, received),
                          boost::asio::detached);
    boost::asio::co_spawn(meeting.io, meeting.read(seconds{10}), boost::asio::detached);
    test::run(meeting.io);
    ASSERT_TRUE(meeting.loss);
    EXPECT_EQ(meeting.loss->reason, LossReason::certificate);
    EXPECT_EQ(meeting.loss->error().kind, ErrorKind::permission);
    EXPECT_THAT(meeting.loss->message, HasSubstr("certificate of localhost is refused: "));
    EXPECT_EQ(received, "") << "application data was sent";
  }
}

TEST(WebSocketOpen, tells_when_nobody_listens) {
  Meeting meeting;
  meeting.server.close();
  boost::asio::co_spawn(meeting.io, meeting.read(seconds{5}), boost::asio::detached);
  test::run(meeting.io);
  ASSERT_TRUE(meeting.loss);
  EXPECT_EQ(meeting.loss->reason, LossReason::refused);
}

TEST(WebSocketOpen, reaches_a_host_whose_name_is_gone_where_it_was_last) {
  Meeting meeting(Wire::plain);
  meeting.url.host = "no-such-host.invalid";
  AddressMemory memory{{"127.0.0.1"}, steady_now()};
  const auto open = [](Meeting& m, AddressMemory& known) -> Task<void> {
    m.loss = co_await m.client.open(m.url, steady_now() + seconds{15}, &known);
    co_await m.client.close(1000, "", m.sink, steady_now() + seconds{1});
  };
  boost::asio::co_spawn(meeting.io,
                        meeting.serve([](Peer& peer) -> Task<void> { co_await peer.upgrade(); }),
                        boost::asio::detached);
  boost::asio::co_spawn(meeting.io, open(meeting, memory), boost::asio::detached);
  test::run(meeting.io);
  EXPECT_FALSE(meeting.loss);
}

Task<void> open_and_leave(Meeting& meeting, AddressMemory& memory) {
  meeting.loss = co_await meeting.client.open(meeting.url, steady_now() + seconds{15}, &memory);
  if (!meeting.loss)
    co_await meeting.client.close(1000, "", meeting.sink, steady_now() + seconds{1});
}

// The second connection to a host does not ask for its name: a name server that is slow costs one.
TEST(WebSocketOpen, does_not_resolve_a_name_again_that_was_resolved_of_late) {
  Meeting meeting(Wire::plain);
  meeting.url.host = "no-such-host.invalid";
  const SteadyTime before = steady_now();
  AddressMemory memory{.addresses = {"127.0.0.1"}, .remembered_at = before, .resolved_at = before};
  boost::asio::co_spawn(meeting.io,
                        meeting.serve([](Peer& peer) -> Task<void> { co_await peer.upgrade(); }),
                        boost::asio::detached);
  boost::asio::co_spawn(meeting.io, open_and_leave(meeting, memory), boost::asio::detached);
  test::run(meeting.io);
  EXPECT_FALSE(meeting.loss);
  EXPECT_EQ(memory.resolved_at, before) << "its age is that of the answer of the name server";
}

TEST(WebSocketOpen, resolves_a_name_again_when_its_last_address_is_dead) {
  Meeting meeting(Wire::plain);
  const SteadyTime before = steady_now() - seconds{1};
  AddressMemory memory{.addresses = {"127.0.0.9"}, .remembered_at = before, .resolved_at = before};
  boost::asio::co_spawn(meeting.io,
                        meeting.serve([](Peer& peer) -> Task<void> { co_await peer.upgrade(); }),
                        boost::asio::detached);
  boost::asio::co_spawn(meeting.io, open_and_leave(meeting, memory), boost::asio::detached);
  test::run(meeting.io);
  EXPECT_FALSE(meeting.loss);
  EXPECT_GT(memory.resolved_at, before);
}

TEST(WebSocketOpen, waits_for_the_text_of_a_refusal) {
  Meeting meeting;
  meeting.play([](Peer& peer) -> Task<void> {
    const std::string request = co_await peer.read_head();
    EXPECT_NE(test::key_of(request), "");
    co_await peer.write("HTTP/1.1 403 No\r\nContent-Length: 14\r\n\r\n");
    co_await peer.write("not served");
    co_await peer.write(" you");
    co_await peer.read_to_end();
  });
  ASSERT_TRUE(meeting.loss);
  EXPECT_THAT(meeting.loss->message, HasSubstr(": not served you"));
}

}  // namespace
}  // namespace mp::net
