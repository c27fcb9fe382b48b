// L2 net. Whether a short text is UTF-8: for the reasons of close frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mp::net {

// The length of the UTF-8 sequence that `text` starts with; 0 where it starts with none.
[[nodiscard]] inline std::size_t utf8_sequence(std::string_view text) {
  const auto byte = [&](std::size_t index) {
    return index < text.size() ? static_cast<std::uint8_t>(text[index]) : std::uint8_t{0};
  };
  const auto continues = [&](std::size_t index) { return (byte(index) & 0xc0U) == 0x80U; };
  const std::uint8_t first = byte(0);
  if (text.empty()) return 0;
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool overlong = first == 0xe0 && byte(1) < 0xa0;
    const bool surrogate = first == 0xed && byte(1) > 0x9f;
    return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool overlong = first == 0xf0 && byte(1) < 0x90;
    const bool beyond = first == 0xf4 && byte(1) > 0x8f;
    return continues(1) && continues(2) && continues(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

// The length of the longest valid start of `text` of at most `limit` bytes.
[[nodiscard]] inline std::size_t utf8_prefix(std::string_view text, std::size_t limit) {
  std::size_t size = 0;
  while (size < text.size()) {
    const std::size_t step = utf8_sequence(text.substr(size));
    if (step == 0 || size + step > limit) break;
    size += step;
  }
  return size;
}

[[nodiscard]] inline bool is_utf8(std::string_view text) {
  return utf8_prefix(text, text.size()) == text.size();
}

}  // namespace mp::net
