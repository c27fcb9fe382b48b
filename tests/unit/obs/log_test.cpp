#include "obs/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>

#include "obs/mask.hpp"
#include "obs/repeats.hpp"

namespace mp::obs {
namespace {

using testing::EndsWith;
using testing::MatchesRegex;
using testing::StartsWith;

TEST(Logger, writes_key_value_lines) {
  std::ostringstream out;
  Logger logger{LogLevel::info, out};
  logger.info("connected", {{"venue", "okx"}, {"sessions", 2}, {"ok", true}, {"load", 0.5}});
  EXPECT_THAT(out.str(), MatchesRegex("time=[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z "
                                      "level=info event=connected venue=okx sessions=2 ok=true "
                                      "load=0\\.5\n"));
}

TEST(Logger, quotes_what_would_break_the_line) {
  std::ostringstream out;
  Logger logger{LogLevel::info, out};
  logger.warn("malformed frame", {{"frame", "{\"a\":1}\nlevel=error\x7f\\"}, {"empty", ""}});
  EXPECT_THAT(out.str(), EndsWith("level=warn event=\"malformed frame\" "
                                  "frame=\"{\\\"a\\\":1}\\x0alevel=error\\x7f\\\\\" empty=\"\"\n"));
}

TEST(Logger, is_no_format_string) {
  std::ostringstream out;
  Logger logger{LogLevel::info, out};
  logger.info("{}", {{"url", "%v{0}%d"}});
  EXPECT_THAT(out.str(), EndsWith("event={} url=%v{0}%d\n"));
}

TEST(Logger, cuts_long_values) {
  std::ostringstream out;
  Logger logger{LogLevel::info, out};
  logger.info("frame", {{"text", std::string(100'000, 'x')}});
  EXPECT_LT(out.str().size(), 1200U);
  EXPECT_THAT(out.str(), EndsWith("xxx...\"\n"));
}

TEST(Logger, keeps_to_its_level) {
  std::ostringstream out;
  Logger logger{LogLevel::warn, out};
  logger.info("a");
  EXPECT_EQ(out.str(), "");
  EXPECT_FALSE(logger.enabled(LogLevel::info));
  logger.set_level(LogLevel::debug);
  logger.debug("b");
  EXPECT_THAT(out.str(), EndsWith("level=debug event=b\n"));
  logger.set_level(LogLevel::off);
  logger.error("c");
  EXPECT_THAT(out.str(), EndsWith("level=debug event=b\n"));
}

TEST(Logger, reads_the_names_of_levels) {
  for (const auto* name : {"debug", "info", "warn", "error", "off"})
    EXPECT_EQ(name_of(log_level_named(name).value()), name);
  EXPECT_EQ(log_level_named("loud"), std::nullopt);
}

TEST(Logger, writes_json) {
  std::ostringstream out;
  Logger logger{LogLevel::info, out};
  logger.set_format(LogFormat::json);
  logger.warn("a \"b\"", {{"text", "x\ny\x1b"}, {"n", 2}, {"ok", true}, {"nan", std::nan("")}});
  EXPECT_THAT(out.str(), StartsWith("{\"time\":\"2"));
  EXPECT_THAT(out.str(), EndsWith("Z\",\"level\":\"warn\",\"event\":\"a \\\"b\\\"\",\"text\":"
                                  "\"x\\u000ay\\u001b\",\"n\":2,\"ok\":true,\"nan\":null}\n"));
}

TEST(Logger, writes_for_people) {
  std::ostringstream out;
  Logger logger{LogLevel::info, out};
  logger.set_format(LogFormat::text);
  logger.warn("stale", {{"venue", "okx"}, {"why", "5 s"}});
  EXPECT_THAT(out.str(), MatchesRegex("[0-9-]{10} [0-9:]{8}\\.[0-9]{3} WARN  stale venue=okx "
                                      "why=\"5 s\"\n"));
}

TEST(Logger, masks_secrets) {
  std::ostringstream out;
  Logger logger{LogLevel::info, out};
  logger.info("dial", {{"proxy", "socks5://me:pw@127.0.0.1:1"}, {"api_key", "abc"}});
  EXPECT_THAT(out.str(), EndsWith("proxy=socks5://***@127.0.0.1:1 api_key=***\n"));
}

TEST(Logger, holds_repeats_back_and_says_how_many) {
  std::ostringstream out;
  {
    Logger logger{LogLevel::info, out};
    for (int i = 0; i < 51; ++i) logger.warn("unknown", {{"venue", "okx"}, {"i", i}});
    logger.warn("unknown", {{"venue", "binance"}});
    EXPECT_THAT(out.str(), EndsWith("event=unknown venue=binance\n"));
  }
  const std::string text = out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 12);
  EXPECT_THAT(text,
              EndsWith("event=repeated of=unknown text=\"... 41 more of the same in 10 s\"\n"));
}

TEST(Logger, holds_nothing_back_of_who_debugs) {
  std::ostringstream out;
  Logger logger{LogLevel::debug, out};
  for (int i = 0; i < 51; ++i) logger.debug("frame");
  const std::string text = out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 51);
}

TEST(Repeats, let_a_few_pass_in_each_interval) {
  Repeats repeats;
  const Repeats::Time start{};
  for (std::uint64_t i = 0; i < 25; ++i)
    EXPECT_EQ(repeats.admit(1, "a", start), i < Repeats::kPassing);
  EXPECT_TRUE(repeats.admit(2, "b", start));
  EXPECT_TRUE(repeats.take(start + std::chrono::seconds{9}).empty());
  const auto held = repeats.take(start + Repeats::kInterval);
  ASSERT_EQ(held.size(), 1U);
  EXPECT_EQ(held[0].event, "a");
  EXPECT_EQ(held[0].lines, 15U);
  EXPECT_TRUE(repeats.admit(1, "a", start + Repeats::kInterval));
  // What the table has no room for passes.
  for (std::uint64_t i = 0; i < 2 * Repeats::kKindsMax; ++i)
    (void)repeats.admit(100 + i, "c", start);
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(repeats.admit(99'999, "d", start));
}

TEST(Mask, hides_what_must_not_be_shown_and_nothing_else) {
  struct Row {
    std::string_view text;
    std::string_view shown;
  };
  for (const Row& row : {
           Row{"http://user:pa:ss@host:80/x@y", "http://***@host:80/x@y"},
           Row{"wss://host/x?token=abc.d%3D&connectId=7", "wss://host/x?token=***&connectId=7"},
           Row{"{\"apiKey\":\"k\",\"op\":\"sub\"}", "{\"apiKey\":\"***\",\"op\":\"sub\"}"},
           Row{"Authorization: Bearer abc def", "Authorization: Bearer *** def"},
           Row{"X-MBX-APIKEY=k; y", "X-MBX-APIKEY=***; y"},
           Row{"signature=12 secret: s", "signature=*** secret: ***"},
           Row{"token", "token"},
           Row{"key=BTC-USDT tokens=3", "key=BTC-USDT tokens=3"},
           Row{"https://host:80/a?b=c", "https://host:80/a?b=c"},
           Row{"", ""},
       }) {
    EXPECT_EQ(masked(row.text), row.shown);
  }
}

}  // namespace
}  // namespace mp::obs
