#include "obs/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>

namespace mp::obs {
namespace {

using testing::EndsWith;
using testing::MatchesRegex;

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

TEST(Sampler, lets_the_first_line_pass_and_then_one_per_interval) {
  Sampler sampler;
  const Timestamp start = from_nanoseconds(1'000'000'000'000);
  EXPECT_EQ(sampler.admit(start), 0U);
  for (int i = 1; i < 10; ++i)
    EXPECT_EQ(sampler.admit(start + std::chrono::seconds{i}), std::nullopt);
  EXPECT_EQ(sampler.admit(start + std::chrono::seconds{10}), 9U);
  EXPECT_EQ(sampler.admit(start + std::chrono::seconds{11}), std::nullopt);
  EXPECT_EQ(sampler.admit(start + std::chrono::seconds{60}), 1U);
  // A clock that was set back must not silence anybody for long.
  EXPECT_EQ(sampler.admit(start), 0U);
}

TEST(Logger, says_for_how_many_a_sampled_line_stands) {
  std::ostringstream out;
  Logger logger{LogLevel::info, out};
  Sampler sampler{std::chrono::seconds{1}};
  for (int i = 0; i <= 3; ++i) {
    logger.sampled(sampler, from_nanoseconds(std::int64_t{i} * 400'000'000), LogLevel::warn,
                   "unknown", {{"i", i}});
  }
  const std::string text = out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_NE(text.find("event=unknown i=0\n"), std::string::npos);
  EXPECT_THAT(text, EndsWith("event=unknown i=3 suppressed=2\n"));
}

}  // namespace
}  // namespace mp::obs
