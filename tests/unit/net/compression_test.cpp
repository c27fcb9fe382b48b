// permessage-deflate: what is agreed, frames that are compressed, and a whole conversation.
#include "net/compression.hpp"

#include <gmock/gmock.h>

#include <random>

#include "net/upgrade.hpp"
#include "unit/deflater.hpp"
#include "unit/net/support/meeting.hpp"

namespace mp::net {
namespace {

using test::frame;
using test::Meeting;
using test::Peer;
using test::Wire;
using testing::HasSubstr;

constexpr unsigned char kCompressed = 0x40;

std::string compressed(std::string bytes) {
  bytes[0] = static_cast<char>(static_cast<unsigned char>(bytes[0]) | kCompressed);
  return bytes;
}
std::string unfinished(std::string bytes) {
  bytes[0] = static_cast<char>(static_cast<unsigned char>(bytes[0]) & 0x7fU);
  return bytes;
}

TEST(Extensions, are_read_as_the_standard_has_them) {
  const auto terms = [](std::string_view value) {
    const auto read = read_extensions(value, Compression::offered);
    EXPECT_EQ(read.problem, "") << value;
    return read.deflate;
  };
  EXPECT_EQ(terms(""), std::nullopt);
  EXPECT_EQ(terms("permessage-deflate"), DeflateTerms{});
  EXPECT_EQ(terms("Permessage-Deflate ; client_no_context_takeover"), DeflateTerms{});
  EXPECT_EQ(terms("permessage-deflate; server_no_context_takeover;server_max_window_bits=10"),
            (DeflateTerms{.keeps_context = false, .window_bits = 10}));
  EXPECT_EQ(terms("permessage-deflate; server_max_window_bits=\"9\""),
            (DeflateTerms{.keeps_context = true, .window_bits = 9}));
}

TEST(Extensions, that_were_not_offered_or_make_no_sense_are_refused) {
  const auto problem = [](std::string_view value, Compression asked = Compression::offered) {
    const auto read = read_extensions(value, asked);
    EXPECT_FALSE(read.deflate) << value;
    return read.problem;
  };
  EXPECT_THAT(problem("permessage-deflate", Compression::none), HasSubstr("not offer"));
  EXPECT_THAT(problem("x-webkit-deflate-frame"), HasSubstr("not offer"));
  EXPECT_THAT(problem("permessage-deflate, permessage-deflate"), HasSubstr("not offer"));
  EXPECT_THAT(problem("permessage-deflate; client_max_window_bits=9"), HasSubstr("not offer"));
  for (const auto* value :
       {"permessage-deflate; server_max_window_bits=16", "permessage-deflate; other",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=09",
        "permessage-deflate; server_max_window_bits", "permessage-deflate;;",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9"})
    EXPECT_THAT(problem(value), HasSubstr("terms")) << value;
}

TEST(Extensions, are_offered_where_the_address_wants_it) {
  Url url = *parse_url("wss://h/");
  EXPECT_EQ(upgrade_request(url, "k").find("Extensions"), std::string::npos);
  url.compression = Compression::offered;
  EXPECT_THAT(upgrade_request(url, "k"),
              HasSubstr("\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"));
}

// Fed in pieces of a size.
std::vector<std::string> read_in(Deframer& deframer, std::string_view bytes, std::size_t size) {
  std::vector<std::string> out;
  while (!bytes.empty() && deframer.error() == FrameError::none) {
    const std::string_view taken = bytes.substr(0, size);
    std::vector<char> piece(taken.begin(), taken.end());
    piece.resize(taken.size() + kFrameSlack);
    bytes.remove_prefix(taken.size());
    deframer.feed(std::span(piece).first(taken.size()));
    while (const auto found = deframer.next()) out.emplace_back(found->payload);
  }
  return out;
}

TEST(CompressedFrames, are_read_whole_or_in_fragments_beside_plain_ones) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
    Deflater deflater;
    std::string wire;
    std::vector<std::string> sent;
    for (int i = 0; i < 30; ++i) {
      sent.push_back("{\"trade\":" + std::to_string(i * 7919) + ",\"symbol\":\"BTC-USDT\"}");
      const std::string deflated = i % 3 == 2 ? "" : deflater.message(sent.back());
      if (i % 3 == 0) {
        wire += compressed(frame(Opcode::text, deflated));
      } else if (i % 3 == 1) {
        const std::size_t half = deflated.size() / 2;
        wire += unfinished(compressed(frame(Opcode::text, deflated.substr(0, half))));
        wire += frame(Opcode::ping, "between");
        wire += frame(Opcode::continuation, deflated.substr(half));
        sent.insert(sent.end() - 1, "between");
      } else {
        wire += frame(Opcode::binary, "plain");
        sent.back() = "plain";
      }
    }
    Deframer deframer;
    deframer.accept_compressed({});
    EXPECT_EQ(read_in(deframer, wire, size), sent) << size;
    EXPECT_EQ(deframer.error(), FrameError::none) << size;
  }
}

FrameError error_of(const std::string& wire, bool agreed = true, FrameLimits limits = {}) {
  Deframer deframer(limits);
  if (agreed) deframer.accept_compressed({});
  (void)read_in(deframer, wire, wire.size());
  return deframer.error();
}

TEST(CompressedFrames, break_the_protocol_where_they_may_not_be) {
  const std::string hello = Deflater{}.message("Hello");
  EXPECT_EQ(error_of(compressed(frame(Opcode::text, hello)), false), FrameError::reserved_bits);
  EXPECT_EQ(error_of(compressed(frame(Opcode::ping, hello))), FrameError::reserved_bits);
  EXPECT_EQ(error_of(unfinished(compressed(frame(Opcode::text, hello))) +
                     compressed(frame(Opcode::continuation, ""))),
            FrameError::reserved_bits);
  std::string other = frame(Opcode::text, hello);
  other[0] = static_cast<char>(static_cast<unsigned char>(other[0]) | 0x20U);
  EXPECT_EQ(error_of(other), FrameError::reserved_bits);
}

TEST(CompressedFrames, end_the_connection_where_they_are_garbage_or_a_bomb) {
  EXPECT_EQ(error_of(compressed(frame(Opcode::text, "garbage, garbage"))),
            FrameError::damaged_deflate);
  EXPECT_EQ(close_code_of(FrameError::damaged_deflate), 1007);
  const std::string bomb = Deflater{}.message(std::string(std::size_t{3} << 20U, '0'));
  EXPECT_EQ(error_of(compressed(frame(Opcode::text, bomb))), FrameError::deflate_growth);
  EXPECT_EQ(close_code_of(FrameError::deflate_growth), 1009);
  EXPECT_EQ(error_of(compressed(frame(Opcode::text, bomb)), true,
                     {.message_bytes_max = std::size_t{1} << 20U}),
            FrameError::message_too_large);
  EXPECT_EQ(error_of(compressed(frame(Opcode::text, Deflater{}.message("\xC3\x28")))),
            FrameError::message_text);
}

TEST(CompressedFrames, are_bounded_by_the_limit_of_a_message) {
  std::mt19937 random{1};
  std::string text;
  for (int i = 0; i < 1000; ++i) text.push_back(static_cast<char>('a' + random() % 26));
  const FrameLimits limits{.message_bytes_max = 1000};
  EXPECT_EQ(error_of(compressed(frame(Opcode::text, Deflater{}.message(text))), true, limits),
            FrameError::none);
  EXPECT_EQ(error_of(compressed(frame(Opcode::text, Deflater{}.message(text + "x"))), true, limits),
            FrameError::message_too_large);
}

TEST(CompressedFrames, come_over_a_connection_that_has_agreed_to_them) {
  for (const Wire wire : {Wire::tls, Wire::plain}) {
    Meeting meeting(wire);
    meeting.url.compression = Compression::offered;
    std::string answered;
    meeting.play([&](Peer& peer) -> Task<void> {
      co_await peer.upgrade(
          "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12\r\n");
      Deflater deflater{12};
      std::string bytes;
      for (int i = 0; i < 100; ++i)
        bytes += compressed(frame(Opcode::text, deflater.message("message " + std::to_string(i))));
      bytes += frame(Opcode::ping, "p");
      co_await peer.write(std::move(bytes));
      const auto pong = co_await peer.read_frame();
      answered = pong.payload;
      co_await peer.end();
    });
    EXPECT_THAT(answered, "p") << "what we send is not compressed";
    ASSERT_EQ(meeting.sink.messages.size(), 100U);
    EXPECT_EQ(meeting.sink.messages[99], "message 99");
    EXPECT_EQ(meeting.client.counters().message_bytes, 10U * 9U + 90U * 10U);
  }
}

TEST(CompressedFrames, of_a_bomb_end_the_connection_with_1009) {
  Meeting meeting(Wire::plain);
  meeting.url.compression = Compression::offered;
  std::string goodbye;
  meeting.play([&](Peer& peer) -> Task<void> {
    co_await peer.upgrade("Sec-WebSocket-Extensions: permessage-deflate\r\n");
    const std::string bomb = Deflater{}.message(std::string(std::size_t{3} << 20U, '0'));
    co_await peer.write(compressed(frame(Opcode::text, bomb)));
    const auto close = co_await peer.read_frame();
    goodbye = close.payload;
    co_await peer.end();
  });
  EXPECT_EQ(read_close(goodbye).code, 1009);
  ASSERT_TRUE(meeting.loss);
  EXPECT_EQ(meeting.loss->reason, LossReason::too_large);
  EXPECT_THAT(meeting.loss->message, HasSubstr("grows more than 200 times"));
}

TEST(WebSocketOpen, refuses_compression_that_was_not_offered) {
  Meeting meeting(Wire::plain);
  meeting.play([](Peer& peer) -> Task<void> {
    co_await peer.upgrade("Sec-WebSocket-Extensions: permessage-deflate\r\n");
    co_await peer.read_to_end();
  });
  ASSERT_TRUE(meeting.loss);
  EXPECT_THAT(meeting.loss->message, HasSubstr("an extension that we did not offer"));
}

}  // namespace
}  // namespace mp::net
