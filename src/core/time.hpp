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

// A count since 1970 of which the size tells the unit: seconds with 10 digits, milliseconds with
// 13, microseconds with 16, nanoseconds with 19, as some venues send one or another by
// configuration; less than that are milliseconds; nothing where the result would not fit.
[[nodiscard]] constexpr std::optional<Timestamp> from_epoch_count(std::int64_t since_epoch) {
  constexpr std::int64_t kMicroseconds = 100'000'000'000'000;     // 10^14 ms: the year 5138
  constexpr std::int64_t kNanoseconds = 100'000'000'000'000'000;  // 10^17 us, likewise
  constexpr std::int64_t kSecondsLeast = 1'000'000'000;           // the year 2001
  constexpr std::int64_t kMilliseconds = 100'000'000'000;         // 10^11 s: the year 5138
  if (since_epoch < kMicroseconds) {
    const bool is_seconds = since_epoch < kMilliseconds && since_epoch >= kSecondsLeast;
    return from_milliseconds(is_seconds ? since_epoch * 1'000 : since_epoch);
  }
  if (since_epoch < kNanoseconds) {
    constexpr std::int64_t kLimit = 9'223'372'036'854'775;
    if (since_epoch > kLimit) return std::nullopt;
    return from_nanoseconds(since_epoch * 1'000);
  }
  return from_nanoseconds(since_epoch);
}

// Reads "2026-11-19T10:13:20[.fraction]Z", or with an offset ("+08:00", "+0800") in place of the Z;
// what is below a nanosecond is cut off.
[[nodiscard]] std::optional<Timestamp> parse_rfc3339(std::string_view text);

// The UTC day of `time` as "2026-11-19".
struct DateText {
  char text[11];
  [[nodiscard]] std::string_view view() const { return {text, 10}; }
};
[[nodiscard]] DateText date_of(Timestamp time);

}  // namespace mp
