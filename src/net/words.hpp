// L2 net. Words of HTTP and of addresses: capitals do not matter in them.
#pragma once

#include <algorithm>
#include <string_view>

namespace mp::net {

[[nodiscard]] constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] constexpr bool same_word(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

}  // namespace mp::net
