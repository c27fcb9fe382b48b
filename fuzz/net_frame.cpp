// The deframer reads the same frames, and finds the same fault, however the bytes are cut.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "net/frame.hpp"

namespace {

using mp::net::Deframer;
using mp::net::FrameError;
using mp::net::FrameLimits;
using mp::net::kFrameSlack;
using mp::net::Opcode;
using mp::net::Peer;

struct Reading {
  std::vector<std::pair<Opcode, std::string>> frames;
  FrameError error = FrameError::none;

  friend bool operator==(const Reading&, const Reading&) = default;
};

struct Way {
  Peer peer = Peer::server;
  bool compressed = false;  // messages may be
  mp::net::DeflateTerms terms{};
};

Reading read_in_pieces(std::span<const std::uint8_t> bytes, const Way& way,
                       std::span<const std::uint8_t> sizes) {
  const FrameLimits limits{.frame_bytes_max = 1024, .message_bytes_max = 2048, .fragments_max = 4};
  Deframer deframer(limits, way.peer);
  if (way.compressed) deframer.accept_compressed(way.terms);
  Reading out;
  std::size_t turn = 0;
  while (!bytes.empty() && deframer.error() == FrameError::none) {
    const std::size_t wanted = sizes.empty() ? bytes.size() : sizes[turn++ % sizes.size()] + 1U;
    const std::size_t size = std::min(bytes.size(), wanted);
    std::vector<char> piece(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    piece.resize(size + kFrameSlack);
    bytes = bytes.subspan(size);
    deframer.feed(std::span(piece).first(size));
    while (const auto frame = deframer.next()) {
      if (frame->payload.size() > limits.message_bytes_max) std::abort();
      out.frames.emplace_back(frame->opcode, frame->payload);
    }
    if (deframer.memory_bytes() > 64U * 1024U) std::abort();
  }
  out.error = deframer.error();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 8) return 0;
  const Way way{
      .peer = (data[0] & 1U) == 0 ? Peer::server : Peer::client,
      .compressed = (data[0] & 2U) != 0,
      .terms = {.keeps_context = (data[0] & 4U) != 0, .window_bits = 8U + (data[0] >> 3U & 7U)}};
  const std::span<const std::uint8_t> sizes(data + 1, 7);
  const std::span<const std::uint8_t> bytes(data + 8, size - 8);
  const std::array<std::uint8_t, 1> single{0};
  const Reading whole = read_in_pieces(bytes, way, {});
  if (read_in_pieces(bytes, way, sizes) != whole) std::abort();
  if (read_in_pieces(bytes, way, single) != whole) std::abort();
  return 0;
}
