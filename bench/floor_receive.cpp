// Runs the floor client against `marketprism simulate --load` and prints one line of JSON:
//   floor_receive PORT [INSTRUMENTS [SESSIONS [MESSAGES [latency]]]]
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "bench/floor_client.hpp"

namespace {

template <class T>
bool read_number(std::string_view text, T& value) {
  const auto end = text.data() + text.size();
  return std::from_chars(text.data(), end, value).ptr == end && !text.empty();
}

}  // namespace

int main(int count, char** words) {
  mp::bench::FloorConfig config;
  const bool understood =
      count >= 2 && count <= 6 && read_number(words[1], config.port) &&
      (count < 3 || read_number(words[2], config.instruments)) &&
      (count < 4 || (read_number(words[3], config.sessions) && config.sessions > 0)) &&
      (count < 5 || read_number(words[4], config.messages)) &&
      (count < 6 || std::strcmp(words[5], "latency") == 0);
  if (!understood) {
    std::fputs("usage: floor_receive PORT [INSTRUMENTS [SESSIONS [MESSAGES [latency]]]]\n", stderr);
    return 2;
  }
  config.latency = count == 6;
  const auto report = mp::bench::run_floor(config);
  if (!report) {
    std::fprintf(stderr, "%s\n", report.error().message.c_str());
    return 1;
  }
  const auto messages = static_cast<double>(report->messages);
  std::printf(
      "{\"messages\":%llu,\"bytes\":%llu,\"reads\":%llu,\"seconds\":%.6f,\"cpu_seconds\":%.6f,"
      "\"messages_per_second\":%.0f,\"cpu_ns_per_message\":%.1f,\"latencies\":%llu,"
      "\"latency_p50_ns\":%lld,\"latency_p99_ns\":%lld,\"latency_max_ns\":%lld}\n",
      static_cast<unsigned long long>(report->messages),
      static_cast<unsigned long long>(report->bytes),
      static_cast<unsigned long long>(report->reads), report->seconds, report->cpu_seconds,
      messages / report->seconds, report->cpu_seconds * 1e9 / messages,
      static_cast<unsigned long long>(report->latency.count),
      static_cast<long long>(report->latency.percentile(0.5).count()),
      static_cast<long long>(report->latency.percentile(0.99).count()),
      static_cast<long long>(report->latency.max.count()));
  return 0;
}
