#include "net/frame.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace mp::net {
namespace {

using testing::ElementsAre;
using testing::Pair;
using Seen = std::vector<std::pair<Opcode, std::string>>;

std::string frame(Opcode opcode, std::string_view payload) {
  std::string out;
  encode_frame(out, {opcode, payload}, std::nullopt);
  return out;
}

std::string fragment(Opcode opcode, std::string_view payload, bool fin) {
  std::string out = frame(opcode, payload);
  if (!fin) out[0] = static_cast<char>(out[0] & 0x7f);
  return out;
}

std::string close_frame(std::string_view payload) {
  return frame(Opcode::close, payload);
}

// A frame with the length in as many bytes as told.
std::string header(unsigned first, unsigned second, std::uint64_t length, int length_bytes) {
  std::string out{static_cast<char>(first), static_cast<char>(second)};
  for (int index = length_bytes - 1; index >= 0; --index) {
    out.push_back(static_cast<char>(length >> (8 * index) & 0xffU));
  }
  return out;
}

// Feeds `bytes` cut into `pieces` of the sizes given (the last size goes on), each in memory of its
// own, so that a view that outlives its piece is found by the sanitizer.
Seen read_in(Deframer& deframer, std::string_view bytes, const std::vector<std::size_t>& pieces) {
  Seen seen;
  std::size_t turn = 0;
  while (!bytes.empty() && deframer.error() == FrameError::none) {
    const std::size_t size = std::min(bytes.size(), pieces[std::min(turn++, pieces.size() - 1)]);
    std::vector<char> piece(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    piece.resize(size + kFrameSlack);
    bytes.remove_prefix(size);
    deframer.feed(std::span(piece).first(size));
    while (const auto found = deframer.next()) {
      seen.emplace_back(found->opcode, found->payload);
      // The slack behind a payload must be readable wherever the payload lies.
      unsigned sum = 0;
      for (std::size_t index = 0; index < kFrameSlack; ++index) {
        sum += static_cast<unsigned char>(found->payload.data()[found->payload.size() + index]);
      }
      EXPECT_LT(sum, 256U * kFrameSlack);
    }
  }
  return seen;
}

Seen read_all(std::string_view bytes) {
  Deframer deframer;
  return read_in(deframer, bytes, {bytes.size()});
}

FrameError error_of(std::string_view bytes, FrameLimits limits = {}, Peer peer = Peer::server) {
  Deframer deframer(limits, peer);
  (void)read_in(deframer, bytes, {bytes.size()});
  const FrameError whole = deframer.error();
  Deframer bytewise(limits, peer);
  (void)read_in(bytewise, bytes, {1});
  EXPECT_EQ(whole, bytewise.error()) << "the verdict depends on how the bytes are cut";
  return whole;
}

std::string sample_stream() {
  std::string big(70'000, 'b');
  big.front() = '<';
  big.back() = '>';
  return frame(Opcode::text, "hello") + frame(Opcode::text, "") + frame(Opcode::ping, "p1") +
         frame(Opcode::binary, std::string(300, 'x')) + fragment(Opcode::text, "one ", false) +
         frame(Opcode::ping, "inside") + fragment(Opcode::continuation, "", false) +
         fragment(Opcode::continuation, "two ", false) + frame(Opcode::pong, "") +
         fragment(Opcode::continuation, "three", true) + frame(Opcode::text, big) +
         frame(Opcode::text, std::string(125, 'y')) + frame(Opcode::text, std::string(126, 'z')) +
         close_frame(std::string("\x03\xe8", 2) + "bye");
}

Seen sample_frames() {
  std::string big(70'000, 'b');
  big.front() = '<';
  big.back() = '>';
  return {{Opcode::text, "hello"},
          {Opcode::text, ""},
          {Opcode::ping, "p1"},
          {Opcode::binary, std::string(300, 'x')},
          {Opcode::ping, "inside"},
          {Opcode::pong, ""},
          {Opcode::text, "one two three"},
          {Opcode::text, big},
          {Opcode::text, std::string(125, 'y')},
          {Opcode::text, std::string(126, 'z')},
          {Opcode::close, std::string("\x03\xe8", 2) + "bye"}};
}

TEST(Deframer, reads_a_whole_stream_at_once) {
  EXPECT_EQ(read_all(sample_stream()), sample_frames());
}

TEST(Deframer, reads_the_same_frames_for_every_cut_in_two) {
  const std::string stream = sample_stream();
  const Seen expected = sample_frames();
  for (std::size_t cut = 1; cut < stream.size(); ++cut) {
    // Inside the big payload one cut is like the other: every 97th will do there.
    if (cut > 2'000 && cut < 68'000 && cut % 97 != 0) continue;
    Deframer deframer;
    ASSERT_EQ(read_in(deframer, stream, {cut, stream.size()}), expected) << "cut at " << cut;
    ASSERT_FALSE(deframer.mid_message());
  }
}

TEST(Deframer, reads_the_same_frames_for_pieces_of_any_size) {
  const std::string stream = sample_stream();
  for (const std::size_t size : {1U, 2U, 3U, 5U, 7U, 13U, 127U, 1'000U, 65'536U}) {
    Deframer deframer;
    ASSERT_EQ(read_in(deframer, stream, {size}), sample_frames()) << "pieces of " << size;
  }
}

TEST(Deframer, hands_out_whole_frames_in_place) {
  std::string bytes = frame(Opcode::text, "first") + frame(Opcode::text, "second");
  const std::size_t size = bytes.size();
  bytes.resize(size + kFrameSlack);
  Deframer deframer;
  deframer.feed(std::span(bytes).first(size));
  const auto first = deframer.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->payload.data(), bytes.data() + 2);
  const auto second = deframer.next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->payload.data(), bytes.data() + 9);
  EXPECT_EQ(deframer.memory_bytes(), 0U);
}

TEST(Deframer, reads_masked_frames_of_clients_in_any_pieces) {
  std::string stream;
  const std::array<char, 4> mask{'\x11', '\x22', '\x33', '\x44'};
  const std::string long_text(1'001, 'q');
  encode_frame(stream, {Opcode::text, "masked text"}, mask);
  encode_frame(stream, {Opcode::text, long_text}, mask);
  for (const std::size_t size : {stream.size(), std::size_t{1}, std::size_t{10}}) {
    Deframer deframer({}, Peer::client);
    EXPECT_THAT(read_in(deframer, stream, {size}),
                ElementsAre(Pair(Opcode::text, "masked text"), Pair(Opcode::text, long_text)));
  }
}

TEST(Deframer, gives_its_memory_back_after_a_large_message) {
  const std::string stream = frame(Opcode::text, std::string(1'000'000, 'm')) +
                             fragment(Opcode::text, std::string(500'000, 'f'), false) +
                             fragment(Opcode::continuation, "end", true) +
                             frame(Opcode::text, "small");
  Deframer deframer;
  EXPECT_EQ(read_in(deframer, stream, {4'096}).size(), 3U);
  EXPECT_LE(deframer.memory_bytes(), 32U * 1024U);
}

TEST(Deframer, refuses_what_the_protocol_forbids) {
  EXPECT_EQ(error_of(header(0xC1, 0x00, 0, 0)), FrameError::reserved_bits);
  EXPECT_EQ(error_of(header(0x83, 0x00, 0, 0)), FrameError::unknown_opcode);
  EXPECT_EQ(error_of(header(0x8B, 0x00, 0, 0)), FrameError::unknown_opcode);
  EXPECT_EQ(error_of(header(0x81, 0x80, 0, 4)), FrameError::wrong_mask);
  EXPECT_EQ(error_of(header(0x81, 0x00, 0, 0), {}, Peer::client), FrameError::wrong_mask);
  EXPECT_EQ(error_of(fragment(Opcode::ping, "x", false)), FrameError::fragmented_control);
  EXPECT_EQ(error_of(header(0x89, 126, 126, 2)), FrameError::long_control);
  EXPECT_EQ(error_of(header(0x81, 126, 125, 2)), FrameError::long_length);
  EXPECT_EQ(error_of(header(0x81, 127, 0xffff, 8)), FrameError::long_length);
  EXPECT_EQ(error_of(frame(Opcode::continuation, "x")), FrameError::unexpected_continuation);
  EXPECT_EQ(error_of(fragment(Opcode::text, "a", false) + frame(Opcode::text, "b")),
            FrameError::missing_continuation);
  EXPECT_EQ(error_of(header(0x81, 127, std::uint64_t{1} << 63U, 8)), FrameError::frame_too_large);
}

// RFC 6455 8.1: a text message that is not UTF-8 ends the connection with 1007; a binary one may be
// anything.
TEST(Deframer, refuses_a_text_message_that_is_not_utf8) {
  const std::string good = "\xe2\x82\xac and ascii that goes on for more than a block of bytes";
  EXPECT_EQ(error_of(frame(Opcode::text, good)), FrameError::none);
  EXPECT_EQ(error_of(fragment(Opcode::text, good.substr(0, 1), false) +
                     fragment(Opcode::continuation, good.substr(1), true)),
            FrameError::none);
  EXPECT_EQ(error_of(frame(Opcode::text, good + "\xed\xa0\x80")), FrameError::message_text);
  EXPECT_EQ(error_of(frame(Opcode::text, "cut \xe2\x82")), FrameError::message_text);
  EXPECT_EQ(error_of(fragment(Opcode::text, "\xf4", false) +
                     fragment(Opcode::continuation, "\x90\x80\x80", true)),
            FrameError::message_text);
  EXPECT_EQ(error_of(frame(Opcode::binary, "\xff\xfe")), FrameError::none);
  EXPECT_EQ(close_code_of(FrameError::message_text), 1007);
}

TEST(Deframer, holds_its_limits_exactly) {
  const FrameLimits limits{.frame_bytes_max = 200, .message_bytes_max = 300, .fragments_max = 3};
  EXPECT_EQ(error_of(frame(Opcode::text, std::string(200, 'x')), limits), FrameError::none);
  EXPECT_EQ(error_of(frame(Opcode::text, std::string(201, 'x')), limits),
            FrameError::frame_too_large);
  const std::string first = fragment(Opcode::text, std::string(200, 'x'), false);
  EXPECT_EQ(error_of(first + fragment(Opcode::continuation, std::string(100, 'x'), true), limits),
            FrameError::none);
  EXPECT_EQ(error_of(first + fragment(Opcode::continuation, std::string(101, 'x'), true), limits),
            FrameError::message_too_large);
  const std::string three = fragment(Opcode::text, "", false) +
                            fragment(Opcode::continuation, "", false) +
                            fragment(Opcode::continuation, "", true);
  EXPECT_EQ(error_of(three, limits), FrameError::none);
  EXPECT_EQ(error_of(fragment(Opcode::text, "", false) + fragment(Opcode::continuation, "", false) +
                         fragment(Opcode::continuation, "", false) +
                         fragment(Opcode::continuation, "", true),
                     limits),
            FrameError::too_many_fragments);
  EXPECT_EQ(close_code_of(FrameError::too_many_fragments), 1009);
  EXPECT_EQ(close_code_of(FrameError::wrong_mask), 1002);
}

TEST(Deframer, says_that_a_frame_is_too_large_before_its_payload_comes) {
  Deframer deframer;
  std::string bytes = header(0x82, 127, (16U << 20U) + 1, 8);
  bytes.resize(bytes.size() + kFrameSlack);
  deframer.feed(std::span(bytes).first(10));
  EXPECT_FALSE(deframer.next());
  EXPECT_EQ(deframer.error(), FrameError::frame_too_large);
}

TEST(Deframer, checks_close_frames) {
  const auto with_code = [](unsigned code, std::string_view text = {}) {
    return close_frame(std::string{static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)} +
                       std::string(text));
  };
  for (const unsigned good : {1000U, 1001U, 1003U, 1007U, 1012U, 1014U, 3000U, 4999U}) {
    EXPECT_EQ(error_of(with_code(good)), FrameError::none) << good;
  }
  for (const unsigned bad : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 2999U, 5000U, 65535U}) {
    EXPECT_EQ(error_of(with_code(bad)), FrameError::close_code) << bad;
  }
  EXPECT_EQ(error_of(close_frame("")), FrameError::none);
  EXPECT_EQ(error_of(close_frame("x")), FrameError::close_length);
  EXPECT_EQ(error_of(with_code(1000, "gr\xc3\xbc\xc3\x9f dich")), FrameError::none);
  EXPECT_EQ(error_of(with_code(1000, "\xff")), FrameError::close_text);
  EXPECT_EQ(error_of(with_code(1000, "\xed\xa0\x80")), FrameError::close_text);
  EXPECT_EQ(error_of(with_code(1000, "\xc0\xaf")), FrameError::close_text);
}

TEST(CloseReason, is_cut_at_a_whole_character) {
  std::string payload;
  encode_close(payload, 1001, std::string(122, 'a') + "\xc3\xbc");
  EXPECT_EQ(payload.size(), 124U);
  const CloseReason reason = read_close(payload);
  EXPECT_EQ(reason.code, 1001);
  EXPECT_EQ(reason.text, std::string(122, 'a'));
  EXPECT_EQ(read_close("").code, 1005);
}

}  // namespace
}  // namespace mp::net
