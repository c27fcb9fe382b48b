#include "net/frame.hpp"

#include <algorithm>
#include <cstring>

#include "core/assert.hpp"
#include "core/utf8.hpp"

namespace mp::net {
namespace {

constexpr std::size_t kControlBytesMax = 125;
constexpr std::size_t kFrameHeaderMax = 14;
constexpr std::size_t kKeptCapacityMax = std::size_t{16} * 1024;  // of a buffer that is not in use

bool is_control(Opcode opcode) {
  return static_cast<std::uint8_t>(opcode) >= 8;
}

bool known(std::uint8_t opcode) {
  return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

// Codes that a close frame may carry: RFC 6455 section 7.4 and its registry.
bool sendable(std::uint16_t code) {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

void unmask(std::span<char> payload, const std::array<char, 4>& mask) {
  std::size_t index = 0;
  std::uint64_t wide = 0;
  std::memcpy(&wide, mask.data(), 4);
  std::memcpy(reinterpret_cast<char*>(&wide) + 4, mask.data(), 4);
  for (; index + 8 <= payload.size(); index += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, payload.data() + index, 8);
    word ^= wide;
    std::memcpy(payload.data() + index, &word, 8);
  }
  for (; index < payload.size(); ++index) {
    payload[index] = static_cast<char>(payload[index] ^ mask[index % 4]);
  }
}

std::uint64_t read_big_endian(const char* bytes, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t index = 0; index < count; ++index) {
    value = value << 8U | static_cast<std::uint8_t>(bytes[index]);
  }
  return value;
}

void append_big_endian(std::string& out, std::uint64_t value, std::size_t count) {
  for (std::size_t index = count; index-- > 0;) {
    out.push_back(static_cast<char>(value >> (8 * index) & 0xffU));
  }
}

// Appends to [0, used) of `buffer`, which always keeps slack behind it.
void append(std::vector<char>& buffer, std::size_t& used, std::span<const char> bytes) {
  const std::size_t needed = used + bytes.size() + kFrameSlack;
  if (buffer.size() < needed) {
    buffer.resize(std::max(needed, std::min(buffer.size() * 2, needed * 2)));
  }
  std::memcpy(buffer.data() + used, bytes.data(), bytes.size());
  used += bytes.size();
}

void release(std::vector<char>& buffer, std::size_t& used) {
  used = 0;
  if (buffer.size() > kKeptCapacityMax) std::vector<char>().swap(buffer);
}

}  // namespace

std::string_view name_of(FrameError error) {
  switch (error) {
    case FrameError::none:
      return "no error";
    case FrameError::reserved_bits:
      return "a reserved bit is set";
    case FrameError::unknown_opcode:
      return "the opcode is unknown";
    case FrameError::wrong_mask:
      return "the mask bit is wrong for this direction";
    case FrameError::fragmented_control:
      return "a control frame is fragmented";
    case FrameError::long_control:
      return "a control frame is longer than 125 bytes";
    case FrameError::long_length:
      return "a length is not in its shortest form";
    case FrameError::unexpected_continuation:
      return "a continuation has no message to continue";
    case FrameError::missing_continuation:
      return "a message starts inside another one";
    case FrameError::frame_too_large:
      return "a frame is larger than the limit";
    case FrameError::message_too_large:
      return "a message is larger than the limit";
    case FrameError::too_many_fragments:
      return "a message has more fragments than the limit";
    case FrameError::close_length:
      return "a close frame has a payload of one byte";
    case FrameError::close_code:
      return "a close frame has a code that must not be sent";
    case FrameError::close_text:
      return "the reason of a close frame is not UTF-8";
    case FrameError::message_text:
      return "a text message is not UTF-8";
    case FrameError::damaged_deflate:
      return "a compressed message cannot be inflated";
    case FrameError::deflate_growth:
      return "a compressed message grows more than 200 times";
  }
  return "unknown";
}

std::uint16_t close_code_of(FrameError error) {
  switch (error) {
    case FrameError::frame_too_large:
    case FrameError::message_too_large:
    case FrameError::too_many_fragments:
    case FrameError::deflate_growth:
      return 1009;
    case FrameError::damaged_deflate:
    case FrameError::close_text:
    case FrameError::message_text:
      return 1007;
    default:
      return 1002;
  }
}

Deframer::Deframer(FrameLimits limits, Peer peer) : limits_(limits), peer_(peer) {}

void Deframer::accept_compressed(const DeflateTerms& terms) {
  inflater_ =
      std::make_unique<MessageInflater>(MessageInflater::Rule{.size_max = limits_.message_bytes_max,
                                                              .window_bits = terms.window_bits,
                                                              .keeps_context = terms.keeps_context,
                                                              .slack = kFrameSlack});
}

void Deframer::feed(std::span<char> bytes) {
  MP_ASSERT(rest_.empty() || error_ != FrameError::none);
  rest_ = bytes;
}

std::optional<Frame> Deframer::fail(FrameError error) {
  error_ = error;
  rest_ = {};
  return std::nullopt;
}

std::optional<Frame> Deframer::next() {
  while (error_ == FrameError::none) {
    release_carry();
    if (carry_used_ != 0) {
      if (!complete_carry()) return std::nullopt;
      const Header header = read_header({carry_.data(), carry_used_});
      carry_handed_out_ = true;
      auto frame = accept(header, {carry_.data() + header.header_bytes, header.payload_bytes});
      if (frame) return frame;
      continue;
    }
    if (rest_.empty()) return std::nullopt;
    const Header header = read_header(rest_);
    if (error_ != FrameError::none) return std::nullopt;
    if (header.header_bytes == 0 || rest_.size() - header.header_bytes < header.payload_bytes) {
      carry_append(rest_);
      rest_ = {};
      return std::nullopt;
    }
    const std::span<char> payload = rest_.subspan(header.header_bytes, header.payload_bytes);
    rest_ = rest_.subspan(header.header_bytes + header.payload_bytes);
    auto frame = accept(header, payload);
    if (frame) return frame;
  }
  return std::nullopt;
}

// Completes the carried frame from what was fed; false when it needs still more.
bool Deframer::complete_carry() {
  while (!rest_.empty()) {
    const Header header = read_header({carry_.data(), carry_used_});
    if (error_ != FrameError::none) return false;
    const std::size_t wanted =
        header.header_bytes == 0 ? carry_used_ + 1 : header.header_bytes + header.payload_bytes;
    if (carry_used_ == wanted) return true;
    const std::size_t taken = std::min(wanted - carry_used_, rest_.size());
    carry_append(rest_.first(taken));
    rest_ = rest_.subspan(taken);
  }
  const Header header = read_header({carry_.data(), carry_used_});
  return error_ == FrameError::none && header.header_bytes != 0 &&
         carry_used_ == header.header_bytes + header.payload_bytes;
}

void Deframer::carry_append(std::span<const char> bytes) {
  append(carry_, carry_used_, bytes);
}

// The payloads handed out last are no longer needed.
void Deframer::release_carry() {
  if (carry_handed_out_) {
    release(carry_, carry_used_);
    carry_handed_out_ = false;
  }
  if (fragments_ == 0 && message_used_ != 0) release(message_, message_used_);
}

Deframer::Header Deframer::read_header(std::span<const char> bytes) {
  Header header;
  if (bytes.size() < 2) return header;
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  const auto second = static_cast<std::uint8_t>(bytes[1]);
  const auto opcode = static_cast<std::uint8_t>(first & 0x0fU);
  header.fin = (first & 0x80U) != 0;
  header.opcode = static_cast<Opcode>(opcode);
  const bool masked = (second & 0x80U) != 0;
  const std::size_t short_length = second & 0x7fU;
  const std::size_t length_bytes = short_length == 126 ? 2 : short_length == 127 ? 8 : 0;
  const std::size_t header_bytes = 2 + length_bytes + (masked ? 4 : 0);
  // The first bit says that a message is compressed, in its first frame.
  const bool starts_message = opcode == 1 || opcode == 2;
  header.compressed = inflater_ != nullptr && starts_message && (first & 0x40U) != 0;
  if ((first & (header.compressed ? 0x30U : 0x70U)) != 0) error_ = FrameError::reserved_bits;
  if (!known(opcode)) error_ = FrameError::unknown_opcode;
  if (masked != (peer_ == Peer::client)) error_ = FrameError::wrong_mask;
  if (error_ != FrameError::none || bytes.size() < 2 + length_bytes) return header;
  std::uint64_t length = short_length;
  if (length_bytes != 0) {
    length = read_big_endian(bytes.data() + 2, length_bytes);
    if (length <= (length_bytes == 2 ? 125U : 0xffffU)) error_ = FrameError::long_length;
  }
  if (length > limits_.frame_bytes_max && error_ == FrameError::none) {
    error_ = FrameError::frame_too_large;
  }
  header.payload_bytes = static_cast<std::size_t>(length);
  if (error_ == FrameError::none) error_ = check_header(header);
  if (error_ != FrameError::none || bytes.size() < header_bytes) return header;
  header.header_bytes = header_bytes;
  if (masked) std::memcpy(header.mask.data(), bytes.data() + header_bytes - 4, 4);
  return header;
}

// What the frame may be, given the fragments before it. Judged before its payload is waited for.
FrameError Deframer::check_header(const Header& header) const {
  if (is_control(header.opcode)) {
    if (!header.fin) return FrameError::fragmented_control;
    return header.payload_bytes > kControlBytesMax ? FrameError::long_control : FrameError::none;
  }
  if (header.opcode == Opcode::continuation) {
    if (fragments_ == 0) return FrameError::unexpected_continuation;
    if (fragments_ + 1 > limits_.fragments_max) return FrameError::too_many_fragments;
  } else if (fragments_ != 0) {
    return FrameError::missing_continuation;
  }
  if (header.payload_bytes + message_used_ > limits_.message_bytes_max) {
    return FrameError::message_too_large;
  }
  return FrameError::none;
}

std::optional<Frame> Deframer::accept(const Header& header, std::span<char> payload) {
  if (peer_ == Peer::client) unmask(payload, header.mask);
  const std::string_view view(payload.data(), payload.size());
  if (is_control(header.opcode)) {
    if (header.opcode == Opcode::close) {
      if (const FrameError error = check_close(view); error != FrameError::none) return fail(error);
    }
    return Frame{header.opcode, view};
  }
  if (header.fin && fragments_ == 0) return complete(header, view);
  return join(header, view);
}

std::optional<Frame> Deframer::join(const Header& header, std::string_view payload) {
  if (fragments_ == 0) message_first_ = header;
  ++fragments_;
  append(message_, message_used_, payload);
  if (!header.fin) return std::nullopt;
  fragments_ = 0;  // release_carry() frees the message once it has been used
  return complete(message_first_, {message_.data(), message_used_});
}

std::optional<Frame> Deframer::complete(const Header& first, std::string_view payload) {
  if (first.compressed) {
    if (const FrameError error = inflate(payload); error != FrameError::none) return fail(error);
  }
  if (first.opcode == Opcode::text && !is_utf8(payload)) return fail(FrameError::message_text);
  return Frame{first.opcode, payload};
}

FrameError Deframer::inflate(std::string_view& payload) {
  switch (inflater_->read(payload, payload)) {
    case MessageInflater::End::whole:
      return FrameError::none;
    case MessageInflater::End::too_long:
      return FrameError::message_too_large;
    case MessageInflater::End::grows_too_much:
      return FrameError::deflate_growth;
    case MessageInflater::End::damaged:
      break;
  }
  return FrameError::damaged_deflate;
}

FrameError Deframer::check_close(std::string_view payload) const {
  if (payload.empty()) return FrameError::none;
  if (payload.size() == 1) return FrameError::close_length;
  const CloseReason reason = read_close(payload);
  if (!sendable(reason.code)) return FrameError::close_code;
  return is_utf8(reason.text) ? FrameError::none : FrameError::close_text;
}

CloseReason read_close(std::string_view payload) {
  if (payload.size() < 2) return {};
  return {static_cast<std::uint16_t>(read_big_endian(payload.data(), 2)), payload.substr(2)};
}

void encode_frame(std::string& out, const Frame& frame,
                  const std::optional<std::array<char, 4>>& mask) {
  const std::size_t size = frame.payload.size();
  MP_ASSERT(!is_control(frame.opcode) || size <= kControlBytesMax);
  const char mask_bit = mask ? static_cast<char>(0x80U) : char{0};
  out.reserve(out.size() + size + kFrameHeaderMax);
  out.push_back(static_cast<char>(0x80U | static_cast<unsigned>(frame.opcode)));
  const auto short_length = size < 126       ? size
                            : size <= 0xffff ? std::size_t{126}
                                             : std::size_t{127};
  out.push_back(static_cast<char>(static_cast<char>(short_length) | mask_bit));
  if (short_length == 126) append_big_endian(out, size, 2);
  if (short_length == 127) append_big_endian(out, size, 8);
  if (mask) out.append(mask->data(), mask->size());
  const std::size_t start = out.size();
  out.append(frame.payload);
  if (mask) unmask(std::span<char>(out).subspan(start), *mask);
}

void encode_close(std::string& payload, std::uint16_t code, std::string_view text) {
  append_big_endian(payload, code, 2);
  payload.append(text.substr(0, utf8_prefix(text, kControlBytesMax - 2)));
}

}  // namespace mp::net
