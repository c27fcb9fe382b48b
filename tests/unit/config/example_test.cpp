#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "config/parse.hpp"
#include "config/tables.hpp"
#include "sink/registry.hpp"
#include "unit/config/known.hpp"

namespace mp::config {
namespace {

constexpr const char* kFile = MP_TESTS_DIR "/../examples/marketprism.example.toml";

// MP_UPDATE_EXAMPLE=1 build/dev/tests/config_test writes the file anew.
TEST(ConfigExample, is_the_committed_file) {
  if (std::getenv("MP_UPDATE_EXAMPLE") != nullptr) std::ofstream(kFile) << example();
  std::ifstream in(kFile);
  const std::string committed{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(committed, example())
      << "write it anew: MP_UPDATE_EXAMPLE=1 build/dev/tests/config_test";
}

// A key that every sink has stands with the first one.
bool is_shown(const sink::Spec& spec, const sink::Key& key) {
  const auto common = sink::common_keys();
  return &spec == &sink::kParquet || key.name == "encoding" || key.name == "subject" ||
         &key < common.data() || &key >= common.data() + common.size();
}

TEST(ConfigExample, is_valid_and_changes_nothing_but_the_feed) {
  auto loaded = load_text(example(), "example", known_venues());
  ASSERT_TRUE(loaded) << loaded.error().message;
  ASSERT_EQ(loaded->feeds.size(), 1U);
  EXPECT_EQ(loaded->feeds.front().instruments, (std::vector<std::string>{"BTC-USDT", "ETH-USDT"}));
  loaded->feeds.clear();
  EXPECT_EQ(*loaded, Config{});
}

// What is commented out must be right too: a user takes the # away.
TEST(ConfigExample, is_valid_with_every_key_switched_on) {
  std::string text;
  std::string all = example();
  std::size_t keys = 0;
  for (std::size_t at = 0; at < all.size();) {
    auto line = all.substr(at, all.find('\n', at) - at);
    at += line.size() + 1;
    const auto body = line.starts_with("# ") ? line.substr(2) : line;
    const auto equals = body.find(" = ");
    const bool is_key = equals != std::string::npos &&
                        body.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == equals;
    keys += is_key ? 1U : 0U;
    text += (is_key || body.starts_with('[') ? body : "#") + "\n";
  }
  const auto loaded = load_text(text, "example", known_venues());
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->venues.count("binance"), 1U);
  std::size_t known = kFeedSection.keys.size() + kVenueSection.keys.size();
  for_each_section(*loaded,
                   [&](const auto& section, const auto&) { known += section.keys.size(); });
  for (const auto* spec : sink::all_specs()) {
    for (const auto* key : sink::keys_of(*spec)) known += is_shown(*spec, *key) ? 1U : 0U;
  }
  EXPECT_EQ(keys, known);
}

}  // namespace
}  // namespace mp::config
