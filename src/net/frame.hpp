// L2 net. WebSocket frames (RFC 6455) without a socket: Deframer reads them, encode_frame writes
// them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/inflate.hpp"
#include "net/compression.hpp"

namespace mp::net {

enum class Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10,
};

// A whole message (its fragments joined) or a control frame. Text is UTF-8: another ends in
// FrameError::message_text.
struct Frame {
  Opcode opcode = Opcode::text;
  std::string_view payload;  // kFrameSlack readable bytes follow it
};

// Readable bytes behind every payload, for readers that load whole vectors. What is in them is
// unspecified.
inline constexpr std::size_t kFrameSlack = 64;

enum class FrameError : std::uint8_t {
  none,
  reserved_bits,
  unknown_opcode,
  wrong_mask,  // a masked frame from a server, or an unmasked one from a client
  fragmented_control,
  long_control,  // a control frame over 125 bytes
  long_length,   // a length not in its shortest form
  unexpected_continuation,
  missing_continuation,  // a new message inside a fragmented one
  frame_too_large,
  message_too_large,
  too_many_fragments,
  close_length,  // a close payload of one byte
  close_code,    // a code that must not be sent
  close_text,    // a reason that is not UTF-8
  message_text,  // a text message that is not UTF-8
  damaged_deflate,
  deflate_growth,  // a message that grows more than MessageInflater::kGrowthMax times
};
[[nodiscard]] std::string_view name_of(FrameError error);

// The code of the close frame that answers the error: 1002, 1007 or 1009.
[[nodiscard]] std::uint16_t close_code_of(FrameError error);

struct FrameLimits {
  std::size_t frame_bytes_max = 16U << 20U;
  std::size_t message_bytes_max = 16U << 20U;
  std::size_t fragments_max = 65'536;  // 4 MiB in pieces of 64 bytes; empty ones cost time alone
};

enum class Peer : std::uint8_t { server, client };  // who sends what we read; clients mask

// Reads frames from bytes as they come, cut anywhere. Frames that lie whole in what was fed are
// handed out in place; only a frame or message that continues in the next bytes is copied.
//
//   deframer.feed(bytes);
//   while (auto frame = deframer.next()) use(*frame);
//   if (deframer.error() != FrameError::none) close(close_code_of(deframer.error()));
class Deframer {
 public:
  explicit Deframer(FrameLimits limits = {}, Peer peer = Peer::server);

  // From now on messages may be compressed so: their text is handed out, to which the limit of a
  // message applies too. Once, before the first feed().
  void accept_compressed(const DeflateTerms& terms);

  // Takes the next bytes. All frames of the bytes before must have been read (next() gave nothing).
  // `bytes` must stay until next() gives nothing, with kFrameSlack readable bytes behind it; masked
  // payloads are unmasked in it.
  void feed(std::span<char> bytes);

  // The next frame; nothing when more bytes are needed or after an error. Its payload is valid
  // until the next call of next() or feed().
  [[nodiscard]] std::optional<Frame> next();

  [[nodiscard]] FrameError error() const { return error_; }

  // Whether a frame or a fragmented message is incomplete.
  [[nodiscard]] bool mid_message() const { return carry_used_ != 0 || fragments_ != 0; }
  // Whether a fragmented message is incomplete; control frames may come in it.
  [[nodiscard]] bool in_fragments() const { return fragments_ != 0; }

  // Bytes held between calls.
  [[nodiscard]] std::size_t memory_bytes() const {
    const std::size_t inflated = inflater_ == nullptr ? 0 : inflater_->memory_bytes();
    return carry_.capacity() + message_.capacity() + inflated;
  }

 private:
  struct Header {
    bool fin = false;
    bool compressed = false;  // of the first frame of a message
    Opcode opcode = Opcode::text;
    std::array<char, 4> mask{};
    std::size_t header_bytes = 0;  // 0: incomplete
    std::size_t payload_bytes = 0;
  };

  [[nodiscard]] Header read_header(std::span<const char> bytes);
  [[nodiscard]] FrameError check_header(const Header& header) const;
  [[nodiscard]] bool complete_carry();
  void carry_append(std::span<const char> bytes);
  void release_carry();
  [[nodiscard]] std::optional<Frame> accept(const Header& header, std::span<char> payload);
  [[nodiscard]] std::optional<Frame> join(const Header& header, std::string_view payload);
  [[nodiscard]] std::optional<Frame> complete(const Header& first, std::string_view payload);
  [[nodiscard]] FrameError inflate(std::string_view& payload);
  [[nodiscard]] FrameError check_close(std::string_view payload) const;
  [[nodiscard]] std::optional<Frame> fail(FrameError error);

  FrameLimits limits_;
  Peer peer_;
  FrameError error_ = FrameError::none;
  std::span<char> rest_;     // fed and not yet read
  std::vector<char> carry_;  // one incomplete frame: [0, carry_used_), then slack
  std::size_t carry_used_ = 0;
  bool carry_handed_out_ = false;  // the last frame's payload lies in carry_
  std::vector<char> message_;      // fragments so far: [0, message_used_), then slack
  std::size_t message_used_ = 0;
  std::size_t fragments_ = 0;  // 0: no fragmented message is open
  Header message_first_;
  std::unique_ptr<MessageInflater> inflater_;  // null: nothing may be compressed
};

// The close payload's parts.
struct CloseReason {
  std::uint16_t code = 1005;  // 1005: none was sent
  std::string_view text;
};
[[nodiscard]] CloseReason read_close(std::string_view payload);

// Appends one whole frame to `out`, masked with `mask` where one is given (clients must).
void encode_frame(std::string& out, const Frame& frame,
                  const std::optional<std::array<char, 4>>& mask);

// Appends the payload of a close frame; `text` is cut to what fits.
void encode_close(std::string& payload, std::uint16_t code, std::string_view text);

}  // namespace mp::net
