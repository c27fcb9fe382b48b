#include "config/units.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace mp::config {
namespace {

using namespace std::chrono_literals;

TEST(Units, sizes_are_powers_of_1024_or_of_1000) {
  EXPECT_EQ(parse_bytes("64MiB"), Bytes{64ULL << 20U});
  EXPECT_EQ(parse_bytes("1TiB"), Bytes{1ULL << 40U});
  EXPECT_EQ(parse_bytes("3KB"), Bytes{3000});
  EXPECT_EQ(parse_bytes("0B"), Bytes{0});
  EXPECT_EQ(parse_bytes("18446744073709551615B"), Bytes{std::numeric_limits<std::uint64_t>::max()});
}

TEST(Units, refuses_what_is_not_a_size) {
  for (const auto* text : {"", "64", "MiB", "64 MiB", "64mib", "1.5GiB", "-1KiB", "+1KiB", "64MiBs",
                           "18446744073709551616B", "16777216TiB", "99999999999999999999MiB"}) {
    EXPECT_EQ(parse_bytes(text), std::nullopt) << text;
  }
}

TEST(Units, durations_are_sums_from_large_to_small) {
  EXPECT_EQ(parse_duration("24h"), 24h);
  EXPECT_EQ(parse_duration("1h30m"), 90min);
  EXPECT_EQ(parse_duration("2d3h4m5s6ms"), 51h + 4min + 5s + 6ms);
  EXPECT_EQ(parse_duration("0s"), 0ms);
  EXPECT_EQ(parse_duration("36600d"), kLongest);
}

TEST(Units, refuses_what_is_not_a_duration) {
  for (const auto* text :
       {"", "24", "h", "1m1h", "1s1s", "1.5h", "-1s", "1h 30m", "1w", "1hour", "36601d",
        "36600d1ms", "18446744073709551615ms", "99999999999999999999s"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Units, are_written_as_they_are_read) {
  EXPECT_EQ(to_string(Bytes{64ULL << 20U}), "64MiB");
  EXPECT_EQ(to_string(Bytes{1000}), "1000B");
  EXPECT_EQ(to_string(Bytes{0}), "0B");
  EXPECT_EQ(to_string(Duration{24h}), "24h");
  EXPECT_EQ(to_string(Duration{48h}), "2d");
  EXPECT_EQ(to_string(Duration{90s}), "90s");
  EXPECT_EQ(to_string(Duration{0}), "0s");
  for (const std::uint64_t count : {1ULL, 1023ULL, 1024ULL, 123456789ULL, 5ULL << 30U}) {
    EXPECT_EQ(parse_bytes(to_string(Bytes{count})), Bytes{count});
    const Duration duration{static_cast<Duration::rep>(count % 1'000'000'000'000)};
    EXPECT_EQ(parse_duration(to_string(duration)), duration);
  }
}

}  // namespace
}  // namespace mp::config
