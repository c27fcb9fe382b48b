// WebSocket framing of the server's side (RFC 6455), on bytes: ours to control, so that several
// messages go into one write and faults can be made at any byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mp::sim {

enum class Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10,
};

inline constexpr std::size_t kClientMessageBytesMax = 64U * 1024U;

// Appends one whole, unmasked frame.
void append_frame(Opcode opcode, std::string_view payload, std::string& out);
// The same of a payload that is compressed (deflate.hpp).
void append_compressed_frame(Opcode opcode, std::string_view payload, std::string& out);
// The payload of a close frame.
[[nodiscard]] std::string close_payload(std::uint16_t code, std::string_view reason);
// The value of Sec-WebSocket-Accept that answers `key`.
[[nodiscard]] std::string accept_value(std::string_view key);

// Reads a client's frames. Messages in fragments are put together; control frames may come between
// them.
class FrameReader {
 public:
  enum class Step : std::uint8_t { need_more, message, malformed };
  struct Message {
    Opcode opcode = Opcode::text;
    std::string_view payload;  // until the next call
  };

  void feed(std::string_view bytes) { buffer_.append(bytes); }
  [[nodiscard]] Step next(Message& out);

 private:
  std::string buffer_;
  std::string whole_;  // of the fragments so far
  std::string payload_;
  Opcode whole_opcode_ = Opcode::text;
  bool in_fragments_ = false;
};

}  // namespace mp::sim
