#include "codec/json_object.hpp"

#include <ctime>

namespace mp::codec {

void append_json_time(Timestamp time, JsonTimes form, std::string& out) {
  const std::int64_t ns = to_nanoseconds(time);
  if (form == JsonTimes::nanoseconds) return append_json_integer(ns, out);
  constexpr std::int64_t kSecond = 1'000'000'000;
  std::int64_t seconds = ns / kSecond;
  std::int64_t rest = ns % kSecond;
  if (rest < 0) {
    --seconds;
    rest += kSecond;
  }
  const std::time_t whole = seconds;
  std::tm utc{};
  ::gmtime_r(&whole, &utc);
  fmt::format_to(std::back_inserter(out), "\"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z\"",
                 utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                 utc.tm_sec, rest);
}

}  // namespace mp::codec
