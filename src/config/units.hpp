// L5. Sizes and durations as people write them: "64MiB", "1h30m".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/config.hpp"

namespace mp::config {

// Digits and a unit: B, KiB, MiB, GiB, TiB, or KB, MB, GB, TB (powers of 1000). No sign, no
// fraction, no space; nothing where the text is not that or the size does not fit.
[[nodiscard]] std::optional<Bytes> parse_bytes(std::string_view text);

// One or more of digits and a unit (d, h, m, s, ms), from the largest to the smallest, each once.
// "0s" is the shortest, kLongest the longest.
inline constexpr Duration kLongest = std::chrono::hours{24 * 366 * 100};
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);

// What the parsers read back to the same value, in the largest unit that needs no fraction.
[[nodiscard]] std::string to_string(Bytes bytes);
[[nodiscard]] std::string to_string(Duration duration);

// HOST:PORT of [control] listen: an address, or [an IPv6 one], and 0 to 65535.
struct Listen {
  std::string host;
  std::uint16_t port = 0;
};
[[nodiscard]] std::optional<Listen> parse_listen(std::string_view text);

}  // namespace mp::config
