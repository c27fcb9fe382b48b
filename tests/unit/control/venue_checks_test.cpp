#include "control/venue_checks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mp::control {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

pipeline::FeedHealth feed(const char* venue, milliseconds delay, milliseconds round_trip) {
  pipeline::FeedHealth out;
  out.venue = venue;
  pipeline::ConnectionHealth connection;
  connection.delay = delay;
  connection.round_trip = round_trip;
  out.connections = {connection};
  return out;
}

TEST(VenueClocks, say_only_what_delays_can_tell) {
  EXPECT_THAT(venue_clock_check({}).text, HasSubstr("no venue"));

  const auto well = venue_clock_check({feed("okx", 40ms, 30ms), feed("binance", 12ms, 9ms)});
  EXPECT_EQ(well.status, Verdict::ok);
  EXPECT_THAT(well.text, HasSubstr("at most 12 ms ahead of that of binance"));

  const auto behind = venue_clock_check({feed("okx", -80ms, 30ms), feed("binance", -90ms, 9ms)});
  EXPECT_EQ(behind.status, Verdict::warning);
  EXPECT_THAT(behind.text, HasSubstr("at least 90 ms behind that of binance (2 of 2"));
  EXPECT_THAT(behind.fix, HasSubstr("NTP"));

  const auto one = venue_clock_check({feed("okx", -80ms, 30ms), feed("binance", 12ms, 9ms)});
  EXPECT_THAT(one.text, HasSubstr("1 of 2"));
  EXPECT_THAT(one.fix, HasSubstr("the venue's clock"));

  const auto ahead = venue_clock_check({feed("okx", 2500ms, 30ms), feed("binance", 1900ms, 9ms)});
  EXPECT_EQ(ahead.status, Verdict::warning);
  EXPECT_THAT(ahead.text, HasSubstr("may be ahead"));
  // A slow venue alone tells nothing of our clock.
  EXPECT_EQ(venue_clock_check({feed("okx", 2500ms, 30ms), feed("binance", 12ms, 9ms)}).status,
            Verdict::ok);
}

TEST(CertificateCheck, counts_the_days_of_the_first_to_end) {
  const Timestamp now = from_nanoseconds(1'795'000'000'000'000'000);
  const auto check = [&](std::chrono::days left) {
    return certificate_check({{"a", now + std::chrono::days{90}}, {"b", now + left + 1h}}, now);
  };
  EXPECT_THAT(check(std::chrono::days{30}).text, HasSubstr("b ends first, in 30 days (2 hosts)"));
  EXPECT_EQ(check(std::chrono::days{30}).status, Verdict::ok);
  EXPECT_EQ(check(std::chrono::days{13}).status, Verdict::warning);
  EXPECT_EQ(check(std::chrono::days{1}).status, Verdict::failing);
  EXPECT_EQ(certificate_check({}, now).status, Verdict::ok);
}

TEST(SilenceCheck, names_a_topic_that_is_connected_and_brings_nothing) {
  pipeline::BoardRow row;
  row.view.venue = "okx";
  row.view.instrument = "BTC-USDT";
  row.view.channels = {
      {.channel = Channel::trade, .state = pipeline::StreamState::live, .events = 3, .legs = 1},
      {.channel = Channel::book, .state = pipeline::StreamState::waiting, .events = 0, .legs = 1},
      {.channel = Channel::liquidation,
       .state = pipeline::StreamState::waiting,
       .events = 0,
       .legs = 1}};
  EXPECT_EQ(silence_check({row}, 30s).status, Verdict::ok) << "it has only just begun";
  const auto late = silence_check({row}, 12min);
  EXPECT_EQ(late.status, Verdict::warning);
  EXPECT_THAT(late.text, HasSubstr("1 are connected and have brought nothing in 12 min, such as "
                                   "okx BTC-USDT book"));
  row.view.channels.resize(1);
  EXPECT_EQ(silence_check({row}, 12min).text, "none");
}

TEST(DiskTrend, foresees_the_end_of_the_room) {
  const net::SteadyTime start{};
  DiskTrend trend;
  EXPECT_TRUE(trend.wants(start));
  trend.note(start, 1'000'000);
  EXPECT_FALSE(trend.wants(start + 9s));
  trend.note(start + 30s, 990'000);
  EXPECT_EQ(trend.left(), std::nullopt) << "too soon";
  trend.note(start + 100s, 900'000);
  EXPECT_EQ(trend.left(), 900s);
  EXPECT_EQ(disk_time_check(trend.left()).status, Verdict::failing);
  EXPECT_EQ(disk_time_check(20h).status, Verdict::warning);
  EXPECT_EQ(disk_time_check(std::nullopt).status, Verdict::ok);
  // What is older than the window counts no more.
  trend.note(start + 800s, 900'000);
  EXPECT_EQ(trend.left(), std::nullopt);
}

}  // namespace
}  // namespace mp::control
