// L0. UTF-8, where a text may come from anybody.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace mp {

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

inline constexpr std::size_t kAsciiBlock = 32;

[[nodiscard]] inline bool is_ascii_block(const char* at) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  std::array<std::uint64_t, kAsciiBlock / 8> words{};
  std::memcpy(words.data(), at, kAsciiBlock);
  return ((words[0] | words[1] | words[2] | words[3]) & kHighBits) == 0;
}

// The length of a start of `text` that is ASCII, found by whole blocks, so that most texts are seen
// to be UTF-8 in a few steps.
[[nodiscard]] inline std::size_t ascii_blocks(std::string_view text) {
  std::size_t size = 0;
  while (text.size() - size >= kAsciiBlock) {
    if (!is_ascii_block(text.data() + size)) return size;
    size += kAsciiBlock;
  }
  // What is left, by the last whole block, of which some was seen already.
  const bool by_block = text.size() > size && text.size() >= kAsciiBlock;
  if (by_block && is_ascii_block(text.data() + text.size() - kAsciiBlock)) return text.size();
  return size;
}

[[nodiscard]] inline bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    text.remove_prefix(ascii_blocks(text));
    const std::size_t near = std::min(text.size(), kAsciiBlock);
    std::size_t size = 0;
    while (size < near) {
      const std::size_t step = utf8_sequence(text.substr(size));
      if (step == 0) return false;
      size += step;
    }
    text.remove_prefix(size);
  }
  return true;
}

// For what holds UTF-8 only: every byte that is none becomes '?', and so does NUL.
void append_utf8(std::string_view text, std::string& out);

// The length of the sequence that `text` starts with, where it may be shown; 0 where it is one of
// those that printable() replaces.
[[nodiscard]] std::size_t harmless_sequence(std::string_view text);

// What a terminal or a log may be given of a text that a venue sent: no control characters (C0, C1,
// DEL: they move the cursor, clear screens, forge lines), none that turn the direction of writing
// or take no room, nothing that is not UTF-8: U+FFFD stands for each, a blank for white space. At
// most `bytes_max`, with "..." behind what was cut.
[[nodiscard]] std::string printable(std::string_view text, std::size_t bytes_max = 1024);

}  // namespace mp
