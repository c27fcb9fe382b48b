// L2 net. ReceiveBuffers: the memory that all connections of one I/O thread receive into.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "net/frame.hpp"

namespace mp::net {

// One pair per thread, so that an idle connection holds next to nothing. A connection uses them
// only between two suspensions of its coroutine, and leaves nothing in them.
class ReceiveBuffers {
 public:
  static constexpr std::size_t kDefaultBytes = std::size_t{64} * 1024;

  explicit ReceiveBuffers(std::size_t bytes = kDefaultBytes)
      : wire_(bytes), plain_(bytes + kFrameSlack) {}

  ReceiveBuffers(const ReceiveBuffers&) = delete;
  ReceiveBuffers& operator=(const ReceiveBuffers&) = delete;

  // As the kernel gave it: TLS records, or plain bytes of an unencrypted connection.
  [[nodiscard]] std::span<char> wire() { return wire_; }
  // Decrypted; kFrameSlack readable bytes follow it.
  [[nodiscard]] std::span<char> plain() { return {plain_.data(), plain_.size() - kFrameSlack}; }

 private:
  std::vector<char> wire_;
  std::vector<char> plain_;
};

}  // namespace mp::net
