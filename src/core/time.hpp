// L0. Points in time: UTC nanoseconds since 1970. Nothing below pipeline/ reads a clock; it is told
// the time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mp {

using Nanoseconds = std::chrono::nanoseconds;
using Timestamp = std::chrono::sys_time<Nanoseconds>;

[[nodiscard]] constexpr Timestamp from_nanoseconds(std::int64_t since_epoch) {
  return Timestamp{Nanoseconds{since_epoch}};
}
[[nodiscard]] constexpr std::int64_t to_nanoseconds(Timestamp time) {
  return time.time_since_epoch().count();
}

// Milliseconds since 1970 as venues send them; nothing where the result would not fit.
[[nodiscard]] constexpr std::optional<Timestamp> from_milliseconds(std::int64_t since_epoch) {
  constexpr std::int64_t kLimit = std::int64_t{9'223'372'036'854};
  if (since_epoch > kLimit || since_epoch < -kLimit) return std::nullopt;
  return from_nanoseconds(since_epoch * 1'000'000);
}

// Reads "2026-11-19T10:13:20[.fraction]Z", up to nine digits of fraction. UTC only.
[[nodiscard]] std::optional<Timestamp> parse_rfc3339(std::string_view text);

// The UTC day of `time` as "2026-11-19".
struct DateText {
  char text[11];
  [[nodiscard]] std::string_view view() const { return {text, 10}; }
};
[[nodiscard]] DateText date_of(Timestamp time);

}  // namespace mp
