// --set: every key that the configuration knows, as a file has it.
#include "config/override.hpp"

#include <gmock/gmock.h>

#include "config/assign.hpp"
#include "config/sink_section.hpp"
#include "sink/registry.hpp"
#include "unit/config/known.hpp"

namespace mp::config {
namespace {

using testing::HasSubstr;

constexpr std::string_view kFeedText =
    "[[feed]]\nvenue = \"binance\"\ninstruments = [\"BTC-USDT\"]\n";

Config loaded(std::string_view text, const std::vector<std::string>& overrides = {}) {
  auto config = load_text(text, "f", known_venues(), overrides);
  EXPECT_TRUE(config.ok()) << config.error().message;
  return config ? config.take() : Config{};
}
std::string problem(const std::vector<std::string>& overrides, std::string_view text = {}) {
  const auto config = load_text(text, "f", known_venues(), overrides);
  EXPECT_FALSE(config.ok());
  EXPECT_EQ(config ? ErrorKind::data : config.error().kind, ErrorKind::usage);
  return config ? "" : config.error().message;
}

// Calls visit(path, line of the file that does the same).
template <class T>
void each_key(const Section<T>& section, const T& defaults, const std::string& path,
              const std::string& title, auto&& visit) {
  for (const auto& key : section.keys) {
    std::string value{key.example};
    if (value.empty())
      value = std::visit([&](auto field) { return format(defaults.*field); }, key.field);
    ASSERT_FALSE(value.empty()) << key.name;
    const std::string name{key.name};
    visit(path + "." + name + "=" + value, title + "\n" + name + " = " + value + "\n");
  }
}

TEST(Override, sets_every_key_as_a_file_does) {
  std::size_t keys = 0;
  const auto same = [&](const std::string& override, const std::string& text) {
    ++keys;
    EXPECT_EQ(loaded({}, {override}), loaded(text)) << override;
  };
  const Config defaults;
  for_each_section(defaults, [&](const auto& section, const auto& object) {
    const std::string path{section.path};
    each_key(section, object, path, "[" + path + "]", same);
  });
  for (const auto* spec : sink::all_specs()) {
    const std::string type{spec->type};
    for (const auto* key : sink::keys_of(*spec)) {
      std::string value{key->example};
      if (value.empty()) value = format(sink::Settings{*spec}.value(key->name));
      const auto line = std::string{key->name} + " = " + value + "\n";
      same("sink." + type + "." + std::string{key->name} + "=" + value,
           "[sink." + type + "]\n" + line);
    }
  }
  each_key(kVenueSection, VenueOverride{}, "venue.binance", "[venue.binance]", same);
  each_key(kVenueSection, VenueOverride{}, "binance", "[venue.binance]", same);
  const auto of_feed = [&](const std::string& override, const std::string& text) {
    ++keys;
    const auto line = text.substr(text.find('\n') + 1);
    std::string whole{kFeedText};
    const auto name = line.substr(0, line.find(' '));
    if (const auto there = whole.find(name + " ="); there != std::string::npos)
      whole.erase(there, whole.find('\n', there) + 1 - there);
    EXPECT_EQ(loaded(kFeedText, {override}), loaded(whole + line)) << override;
  };
  each_key(kFeedSection, Feed{}, "feed.1", "[[feed]]", of_feed);
  EXPECT_GT(keys, 40U);
}

TEST(Override, takes_what_is_no_toml_as_a_string) {
  EXPECT_EQ(loaded({}, {"data.dir=/srv/market"}).data.dir, "/srv/market");
  EXPECT_EQ(loaded({}, {"log.level=debug"}).log.level, LogLevel::debug);
  EXPECT_EQ(loaded({}, {"journal.retention_age=36h"}).journal.retention_age,
            std::chrono::hours{36});
  EXPECT_EQ(loaded({}, {"binance.proxy=none"}).venues.at("binance").proxy.texts,
            std::vector<std::string>{"none"});
  EXPECT_EQ(loaded({}, {"binance.source_address=[\"127.0.0.1\", \"127.0.0.2\"]"})
                .venues.at("binance")
                .source_address.texts.size(),
            2U);
}

TEST(Override, stands_over_the_file_and_the_last_one_over_all) {
  EXPECT_EQ(loaded("[collector]\nlegs = 2\nshards = 3\n", {"collector.legs=3", "collector.legs=4"})
                .collector,
            (Collector{.shards = 3, .legs = 4}));
}

TEST(Override, gets_the_sentence_that_a_file_gets_with_its_own_place) {
  EXPECT_THAT(problem({"collector.leg=2"}),
              testing::AllOf(HasSubstr("--set collector.leg=2: unknown key `leg` in [collector]"),
                             HasSubstr("`legs`")));
  EXPECT_THAT(problem({"log.level=debug", "venue.binance.legs=2"}),
              HasSubstr("--set venue.binance.legs=2: unknown key `legs` in [venue.binance]"));
  EXPECT_THAT(problem({"collector.legs=many"}), HasSubstr("must be a whole number, but is"));
  EXPECT_THAT(problem({"binnance.ca_file=x"}), HasSubstr("unknown venue `binnance`"));
  EXPECT_THAT(problem({"sink.parkuet.enabled=true"}), HasSubstr("there is no type of that name"));
  EXPECT_THAT(problem({"binance.source_address=here"}), HasSubstr("an IPv4 or IPv6 address"));
  EXPECT_THAT(problem({"binance.proxy=[\"none\", \"ftp://x\"]"}), HasSubstr("the proxy is none"));
}

TEST(Override, must_have_its_form) {
  for (const char* text : {"x", "x=1", "collector.legs", "collector.legs=", ".legs=1",
                           "collector..legs=1", "a.b.c.d.e.f.g.h.i=1", ""})
    EXPECT_THAT(problem({text}), HasSubstr("expected KEY=VALUE")) << text;
  EXPECT_THAT(problem({"feed.2.interval=5m"}, kFeedText), HasSubstr("no [[feed]] 2"));
  EXPECT_THAT(problem({"feed.x.interval=5m"}, kFeedText), HasSubstr("no [[feed]] x"));
  EXPECT_THAT(problem({"log.level.more=1"}, "[log]\nlevel = \"info\"\n"),
              HasSubstr("`level` is not a table"));
}

TEST(Override, leaves_the_word_to_a_file_that_is_wrong_itself) {
  const auto config =
      load_text("[log]\nlevle = \"info\"\n", "f", known_venues(), std::vector<std::string>{"x"});
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().kind, ErrorKind::config);
  EXPECT_THAT(config.error().message, HasSubstr("f:2:1: unknown key `levle`"));
}

}  // namespace
}  // namespace mp::config
