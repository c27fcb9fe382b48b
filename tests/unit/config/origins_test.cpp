#include "config/origins.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/parse.hpp"
#include "known.hpp"

namespace mp::config {
namespace {

std::map<std::string, Effective> effective_of(const Config& config) {
  std::map<std::string, Effective> out;
  for (auto& each : effective(config)) out.emplace(each.key, each);
  return out;
}

TEST(Origins, name_the_line_the_option_or_the_default) {
  const std::string text =
      "[collector]\nlegs = 2\n\n[[feed]]\nvenue = \"okx\"\ninstruments = [\"BTC-USDT\"]\n"
      "[venue.okx]\nproxy = \"socks5://me:secret@127.0.0.1:1\"\n[sink.ndjson]\nenabled = true\n";
  auto config =
      load_text(text, "c.toml", known_venues(),
                std::vector<std::string>{"feed.1.channels=[\"trade\"]", "log.level=info"});
  ASSERT_TRUE(config) << config.error().message;
  config->origins.set("data.dir", "--data");
  const auto keys = effective_of(*config);
  EXPECT_EQ(keys.at("collector.legs").origin, "c.toml:2");
  EXPECT_EQ(keys.at("collector.shards").origin, "default");
  EXPECT_EQ(keys.at("feed[0].venue").origin, "c.toml:5");
  EXPECT_EQ(keys.at("feed[0].channels").origin, "--set");
  EXPECT_EQ(keys.at("log.level").origin, "--set");
  EXPECT_EQ(keys.at("log.level").value, "\"info\"");
  EXPECT_EQ(keys.at("data.dir").origin, "--data");
  EXPECT_EQ(keys.at("sink.ndjson.enabled").origin, "c.toml:10");
  EXPECT_EQ(keys.at("venue.okx.proxy").origin, "c.toml:8");
  EXPECT_EQ(keys.at("venue.okx.proxy").value, "\"socks5://***@127.0.0.1:1\"");
}

TEST(Origins, are_no_part_of_what_is_configured) {
  Config one;
  Config other;
  other.origins.set("data.dir", "--data");
  EXPECT_EQ(one, other);
}

}  // namespace
}  // namespace mp::config
