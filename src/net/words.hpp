// L2 net. Words of HTTP and of addresses: capitals do not matter in them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace mp::net {

[[nodiscard]] constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] constexpr bool same_word(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

// Without the blanks around it.
[[nodiscard]] constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// "HTTP/1.1 101 Switching Protocols" -> 101; 0 where it is no such line.
[[nodiscard]] int read_status(std::string_view line);

[[nodiscard]] std::string base64(std::string_view bytes);

// "host:port", an IPv6 address in brackets.
[[nodiscard]] std::string with_port(std::string_view host, std::uint16_t port);

}  // namespace mp::net
