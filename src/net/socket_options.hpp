// L2 net. SocketOptions: what a user wants of the sockets of a connection.
#pragma once

#include <cstdint>
#include <string>

namespace mp::net {

struct SocketOptions {
  std::string source{};  // the address of ours that it comes from; empty: the system's choice
  // Bytes, as far as the system allows; 0: as it is used to.
  std::uint32_t receive_buffer = 0;
  std::uint32_t send_buffer = 0;

  friend bool operator==(const SocketOptions&, const SocketOptions&) = default;
};

// Whether `text` is an IPv4 or IPv6 address; an IPv6 one without brackets.
[[nodiscard]] bool is_address(const std::string& text);

}  // namespace mp::net
