#include "net/websocket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "net/upgrade.hpp"
#include "unit/net/support/meeting.hpp"

namespace mp::net {
namespace {

using std::chrono::seconds;
using test::frame;
using test::Meeting;
using test::Peer;
using test::Script;
using test::Wire;
using testing::HasSubstr;

Task<void> close_politely(Peer& peer) {
  co_await peer.write_frame(Opcode::close, std::string("\x03\xe8", 2));
  const auto answer = co_await peer.read_frame();
  EXPECT_EQ(answer.opcode, Opcode::close);
  EXPECT_FALSE(answer.ended);
  co_await peer.end();
}

Task<void> send_three(Peer& peer) {
  co_await peer.upgrade();
  EXPECT_TRUE(peer.request.starts_with("GET /stream?x=1 HTTP/1.1\r\n"));
  co_await peer.write_frame(Opcode::text, "one");
  co_await peer.write_frame(Opcode::binary, "two");
  co_await peer.write_frame(Opcode::text, "three");
  co_await close_politely(peer);
}

TEST(WebSocket, receives_over_tls_and_without) {
  for (const Wire wire : {Wire::tls, Wire::plain}) {
    Meeting meeting(wire);
    const Timestamp before = now();
    meeting.play(send_three);
    EXPECT_EQ(meeting.sink.messages, (std::vector<std::string>{"one", "two", "three"}));
    ASSERT_EQ(meeting.sink.times.size(), 3U);
    EXPECT_GE(meeting.sink.times[0], before);
    EXPECT_LE(meeting.sink.times[2], now());
    ASSERT_TRUE(meeting.loss);
    EXPECT_EQ(meeting.loss->reason, LossReason::closed);
    EXPECT_EQ(meeting.loss->close_code, 1000);
    EXPECT_EQ(meeting.client.counters().messages, 3U);
    EXPECT_EQ(meeting.client.counters().message_bytes, 11U);
  }
}

Task<void> expect_pong_then_close(Peer& peer) {
  co_await peer.upgrade();
  for (const char byte : frame(Opcode::text, "split") + frame(Opcode::ping, "p") +
                             frame(Opcode::text, std::string(200, 's'))) {
    co_await peer.write(std::string(1, byte));
  }
  const auto pong = co_await peer.read_frame();
  EXPECT_EQ(pong.opcode, Opcode::pong);
  EXPECT_EQ(pong.payload, "p");
  co_await close_politely(peer);
}

TEST(WebSocket, reads_frames_that_come_one_byte_a_record) {
  for (const Wire wire : {Wire::tls, Wire::plain}) {
    Meeting meeting(wire);
    meeting.play(expect_pong_then_close);
    EXPECT_EQ(meeting.sink.messages, (std::vector<std::string>{"split", std::string(200, 's')}));
    EXPECT_EQ(meeting.client.counters().pings_received, 1U);
  }
}

Task<void> send_coalesced(Peer& peer) {
  co_await peer.upgrade();
  std::string bytes;
  for (int index = 0; index < 1'000; ++index) bytes += frame(Opcode::text, std::to_string(index));
  co_await peer.write(bytes);
  co_await close_politely(peer);
}

TEST(WebSocket, reads_a_thousand_messages_of_one_record) {
  Meeting meeting;
  meeting.play(send_coalesced);
  ASSERT_EQ(meeting.sink.messages.size(), 1'000U);
  EXPECT_EQ(meeting.sink.messages.front(), "0");
  EXPECT_EQ(meeting.sink.messages.back(), "999");
  EXPECT_LT(meeting.client.counters().wakeups, 10U);
}

Task<void> send_large(Peer& peer) {
  co_await peer.upgrade();
  co_await peer.write_frame(Opcode::text, "before");
  co_await peer.write_frame(Opcode::text, std::string(1'000'000, 'L'));
  std::string first = frame(Opcode::text, "frag");
  first[0] = static_cast<char>(first[0] & 0x7f);
  co_await peer.write(first + frame(Opcode::ping, "mid") + frame(Opcode::continuation, "ments"));
  const auto pong = co_await peer.read_frame();
  EXPECT_EQ(pong.opcode, Opcode::pong);
  EXPECT_EQ(pong.payload, "mid");
  co_await close_politely(peer);
}

TEST(WebSocket, reads_large_and_fragmented_messages) {
  for (const Wire wire : {Wire::tls, Wire::plain}) {
    Meeting meeting(wire);
    meeting.play(send_large);
    EXPECT_EQ(meeting.sink.messages,
              (std::vector<std::string>{"before", std::string(1'000'000, 'L'), "fragments"}));
  }
}

Task<void> answer_with_frames(Peer& peer) {
  const std::string request = co_await peer.read_head();
  std::string answer = "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  answer += "Sec-WebSocket-Accept: " + upgrade_accept(test::key_of(request)) + "\r\n\r\n";
  std::string half = frame(Opcode::text, "second");
  co_await peer.write(answer + frame(Opcode::text, "first") + half.substr(0, 3));
  co_await peer.write(half.substr(3));
  co_await close_politely(peer);
}

TEST(WebSocket, keeps_the_frames_that_come_with_the_upgrade) {
  for (const Wire wire : {Wire::tls, Wire::plain}) {
    Meeting meeting(wire);
    meeting.play(answer_with_frames);
    EXPECT_EQ(meeting.sink.messages, (std::vector<std::string>{"first", "second"}));
  }
}

Task<void> echo_until_closed(Peer& peer) {
  co_await peer.upgrade();
  while (true) {
    const auto got = co_await peer.read_frame();
    if (got.ended || got.opcode == Opcode::close) break;
    co_await peer.write_frame(got.opcode == Opcode::ping ? Opcode::pong : Opcode::text,
                              got.payload);
    if (got.payload == "last") co_return co_await close_politely(peer);
  }
  ADD_FAILURE() << "the last message did not come";
}

TEST(WebSocket, sends_text_and_pings) {
  Meeting meeting;
  const std::string large(300'000, 'u');
  meeting.on_open = [&] {
    meeting.client.send("hello");
    meeting.client.ping("are you there");
    meeting.client.send(large);
    meeting.client.send("last");
  };
  meeting.play(echo_until_closed);
  EXPECT_EQ(meeting.sink.messages, (std::vector<std::string>{"hello", large, "last"}));
  EXPECT_EQ(meeting.client.counters().pongs_received, 1U);
}

Task<void> reset_mid_frame(Peer& peer) {
  co_await peer.upgrade();
  co_await peer.write(frame(Opcode::text, "whole") + frame(Opcode::text, "cut").substr(0, 3));
  const auto seen = co_await peer.read_frame();
  EXPECT_EQ(seen.payload, "ready");
  peer.reset();
}

// Sends "ready" once the first message is in.
class ReadySink final : public MessageSink {
 public:
  explicit ReadySink(WebSocket& socket) : socket_(socket) {}
  void on_message(std::string_view, Timestamp) override { socket_.send("ready"); }

 private:
  WebSocket& socket_;
};

Task<void> read_ready(Meeting& meeting) {
  ReadySink sink(meeting.client);
  meeting.loss = co_await meeting.client.open(meeting.url, steady_now() + seconds{10});
  EXPECT_FALSE(meeting.loss);
  ReceiveEnd end = ReceiveEnd::received;
  while (end == ReceiveEnd::received) {
    end = co_await meeting.client.receive(sink, steady_now() + seconds{10});
  }
  meeting.loss = meeting.client.loss();
  co_await meeting.client.close(1000, "", sink, steady_now() + seconds{10});
}

LossReason reason_after(Script script, Wire wire) {
  Meeting meeting(wire);
  boost::asio::co_spawn(meeting.io, meeting.serve(std::move(script)), boost::asio::detached);
  boost::asio::co_spawn(meeting.io, read_ready(meeting), boost::asio::detached);
  test::run(meeting.io);
  EXPECT_TRUE(meeting.loss.has_value());
  EXPECT_THAT(meeting.loss->message, HasSubstr("localhost"));
  return meeting.loss ? meeting.loss->reason : LossReason::stopped;
}

Task<void> fin_without_goodbye(Peer& peer) {
  co_await peer.upgrade();
  peer.end_tcp();
  co_await peer.read_to_end();
}

Task<void> tls_end_without_close_frame(Peer& peer) {
  co_await peer.upgrade();
  co_await peer.end();
  co_await peer.read_to_end();
}

TEST(WebSocket, tells_how_a_connection_was_lost) {
  EXPECT_EQ(reason_after(reset_mid_frame, Wire::tls), LossReason::reset);
  EXPECT_EQ(reason_after(reset_mid_frame, Wire::plain), LossReason::reset);
  EXPECT_EQ(reason_after(fin_without_goodbye, Wire::tls), LossReason::tls_truncated);
  EXPECT_EQ(reason_after(fin_without_goodbye, Wire::plain), LossReason::eof);
  EXPECT_EQ(reason_after(tls_end_without_close_frame, Wire::tls), LossReason::eof);
}

struct CloseSeen {
  std::uint16_t code = 0;
  std::string text;
};

Task<void> send_and_expect_close(Peer& peer, std::string bytes, CloseSeen& seen) {
  co_await peer.upgrade();
  co_await peer.write(std::move(bytes));
  const auto got = co_await peer.read_frame();
  EXPECT_EQ(got.opcode, Opcode::close);
  seen.code = read_close(got.payload).code;
  co_await peer.end();
}

CloseSeen close_after(const std::string& bytes, LossReason expected) {
  Meeting meeting(Wire::tls,
                  {.frame_bytes_max = 1'000, .message_bytes_max = 2'000, .fragments_max = 8});
  CloseSeen seen;
  meeting.play([&](Peer& peer) { return send_and_expect_close(peer, bytes, seen); });
  EXPECT_TRUE(meeting.loss && meeting.loss->reason == expected);
  return seen;
}

TEST(WebSocket, says_why_it_leaves_when_the_protocol_is_broken) {
  EXPECT_EQ(close_after(frame(Opcode::text, std::string(1'001, 'x')), LossReason::too_large).code,
            1009);
  EXPECT_EQ(close_after(std::string("\xC1\x00", 2), LossReason::protocol).code, 1002);
  EXPECT_EQ(close_after(frame(Opcode::continuation, "x"), LossReason::protocol).code, 1002);
}

Task<void> close_with_reason(Peer& peer) {
  co_await peer.upgrade();
  co_await peer.write_frame(Opcode::close, std::string("\x03\xf4", 2) + "maintenance");
  const auto answer = co_await peer.read_frame();
  EXPECT_EQ(read_close(answer.payload).code, 1012);
  co_await peer.end();
}

TEST(WebSocket, answers_a_close_frame_and_tells_its_reason) {
  Meeting meeting;
  meeting.play(close_with_reason);
  ASSERT_TRUE(meeting.loss);
  EXPECT_EQ(meeting.loss->reason, LossReason::closed);
  EXPECT_EQ(meeting.loss->close_code, 1012);
  EXPECT_EQ(meeting.loss->message, "localhost closed the session with code 1012: maintenance");
}

Task<void> stay_silent(Peer& peer) {
  co_await peer.upgrade();
  const auto got = co_await peer.read_frame();
  EXPECT_EQ(got.opcode, Opcode::close);
  EXPECT_EQ(read_close(got.payload).code, 1000);
  EXPECT_EQ(read_close(got.payload).text, "done");
  co_await peer.write_frame(Opcode::close, got.payload);
  co_await peer.end();
}

TEST(WebSocket, gives_up_waiting_at_the_deadline_and_closes_politely) {
  Meeting meeting;
  meeting.play(stay_silent, Milliseconds{300});
  EXPECT_TRUE(meeting.opened);
  EXPECT_EQ(meeting.end, ReceiveEnd::deadline);
  EXPECT_FALSE(meeting.loss);
}

TEST(WebSocket, is_woken_even_before_it_waits) {
  Meeting meeting;
  meeting.on_open = [&] { meeting.client.wake(); };
  meeting.play(stay_silent);
  EXPECT_EQ(meeting.end, ReceiveEnd::woken);
}

TEST(WebSocket, may_be_destroyed_with_its_loop_while_it_waits) {
  auto meeting = std::make_unique<Meeting>();
  bool upgraded = false;
  const auto silent = [](Peer& peer, bool& done) -> Task<void> {
    co_await peer.upgrade();
    done = true;
    co_await peer.read_to_end();
  };
  boost::asio::co_spawn(meeting->io,
                        meeting->serve([&](Peer& peer) { return silent(peer, upgraded); }),
                        boost::asio::detached);
  boost::asio::co_spawn(meeting->io, meeting->read(seconds{15}), boost::asio::detached);
  while (!meeting->opened) ASSERT_EQ(meeting->io.run_one_for(seconds{10}), 1U);
  meeting->io.poll();
  EXPECT_TRUE(upgraded);
  meeting.reset();
}

TEST(WebSocket, tells_binary_messages_from_text) {
  Meeting meeting;
  meeting.play([](Peer& peer) -> Task<void> {
    co_await peer.upgrade();
    co_await peer.write(test::frame(Opcode::text, "t") + test::frame(Opcode::binary, "\xff"));
    co_await peer.end();
  });
  EXPECT_EQ(meeting.sink.messages, (std::vector<std::string>{"t", "\xff"}));
  EXPECT_EQ(meeting.sink.binary, 1U);
}

}  // namespace
}  // namespace mp::net
