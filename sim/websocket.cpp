#include "sim/websocket.hpp"

#include <openssl/evp.h>

#include <array>

#include "core/assert.hpp"

namespace mp::sim {
namespace {

constexpr unsigned kFinal = 0x80;
constexpr unsigned kMasked = 0x80;
constexpr std::size_t kMaskBytes = 4;

unsigned byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

void append_big_endian(std::uint64_t value, int bytes, std::string& out) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out += static_cast<char>((value >> shift) & 0xFFU);
  }
}

}  // namespace

void append_frame(Opcode opcode, std::string_view payload, std::string& out) {
  out += static_cast<char>(kFinal | static_cast<unsigned>(opcode));
  if (payload.size() < 126) {
    out += static_cast<char>(payload.size());
  } else if (payload.size() <= 0xFFFF) {
    out += static_cast<char>(126);
    append_big_endian(payload.size(), 2, out);
  } else {
    out += static_cast<char>(127);
    append_big_endian(payload.size(), 8, out);
  }
  out += payload;
}

void append_compressed_frame(Opcode opcode, std::string_view payload, std::string& out) {
  constexpr unsigned kCompressed = 0x40;
  const std::size_t start = out.size();
  append_frame(opcode, payload, out);
  out[start] = static_cast<char>(static_cast<unsigned char>(out[start]) | kCompressed);
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
  std::string payload;
  append_big_endian(code, 2, payload);
  payload += reason;
  return payload;
}

std::string accept_value(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned digest_bytes = 0;
  const int done =
      EVP_Digest(text.data(), text.size(), digest.data(), &digest_bytes, EVP_sha1(), nullptr);
  MP_ASSERT(done == 1);
  std::array<unsigned char, 64> encoded{};
  const int length = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(digest_bytes));
  return {encoded.begin(), encoded.begin() + length};
}

FrameReader::Step FrameReader::next(Message& out) {
  while (true) {
    if (buffer_.size() < 2) return Step::need_more;
    const unsigned first = byte_at(buffer_, 0);
    const unsigned second = byte_at(buffer_, 1);
    if ((second & kMasked) == 0) return Step::malformed;  // clients must mask
    std::size_t header = 2;
    std::uint64_t length = second & 0x7FU;
    if (length >= 126) {
      const std::size_t bytes = length == 126 ? 2 : 8;
      if (buffer_.size() < header + bytes) return Step::need_more;
      length = 0;
      for (std::size_t i = 0; i < bytes; ++i) length = length << 8U | byte_at(buffer_, header + i);
      header += bytes;
    }
    if (length > kClientMessageBytesMax) return Step::malformed;
    const auto size = static_cast<std::size_t>(length);
    if (buffer_.size() < header + kMaskBytes + size) return Step::need_more;
    payload_.assign(buffer_, header + kMaskBytes, size);
    for (std::size_t i = 0; i < size; ++i) {
      payload_[i] = static_cast<char>(byte_at(payload_, i) ^ byte_at(buffer_, header + i % 4));
    }
    buffer_.erase(0, header + kMaskBytes + size);

    const auto opcode = static_cast<Opcode>(first & 0x0FU);
    if (static_cast<unsigned>(opcode) >= 8) {
      out = {.opcode = opcode, .payload = payload_};
      return Step::message;
    }
    if ((opcode == Opcode::continuation) != in_fragments_) return Step::malformed;
    if (!in_fragments_) {
      whole_opcode_ = opcode;
      whole_.clear();
    }
    if (whole_.size() + size > kClientMessageBytesMax) return Step::malformed;
    whole_ += payload_;
    in_fragments_ = (first & kFinal) == 0;
    if (in_fragments_) continue;
    out = {.opcode = whole_opcode_, .payload = whole_};
    return Step::message;
  }
}

}  // namespace mp::sim
