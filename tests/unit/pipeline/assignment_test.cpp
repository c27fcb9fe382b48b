// Which shard collects what, and the loads that decide it.
#include "pipeline/assignment.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "pipeline/shard.hpp"
#include "pipeline/stream_notes.hpp"
#include "pipeline/venue_budget.hpp"

namespace mp::pipeline {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

using Loads = std::vector<std::optional<double>>;
using Homes = std::vector<std::uint32_t>;

TEST(Assign, gives_the_heaviest_first_to_the_shard_that_has_least) {
  EXPECT_EQ(assign(Loads{3, 7, 5, 4, 1}, 2), (Homes{0, 0, 1, 1, 1}));
  EXPECT_EQ(assign(Loads{}, 2), Homes{});
  EXPECT_EQ(assign(Loads{1, 2, 3}, 1), (Homes{0, 0, 0}));
}

TEST(Assign, takes_the_median_for_what_was_never_measured) {
  // 100 alone, the unmeasured ones (2 each) with the rest.
  EXPECT_EQ(assign(Loads{100, 2, 1, {}, {}}, 2), (Homes{0, 1, 1, 1, 1}));
  EXPECT_EQ(assign(Loads{{}, {}, {}, {}}, 2), (Homes{0, 1, 0, 1}));
}

TEST(Assign, spreads_what_costs_nothing_as_well) {
  EXPECT_EQ(assign(Loads{0, 0, 0, 0}, 2), (Homes{0, 1, 0, 1}));
}

// The bound of the greedy method: no shard has more than the mean and the heaviest load.
TEST(Assign, keeps_every_shard_near_the_mean_and_is_the_same_each_time) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    const auto shards = static_cast<std::uint32_t>(1 + random() % 8);
    Loads loads;
    double sum = 0;
    double heaviest = 0;
    for (std::size_t i = random() % 300; i > 0; --i) {
      const auto load = static_cast<double>(random() % 1'000);
      loads.emplace_back(load);
      sum += load;
      heaviest = std::max(heaviest, load);
    }
    const Homes homes = assign(loads, shards);
    std::vector<double> sums(shards);
    for (std::size_t i = 0; i < loads.size(); ++i) sums.at(homes[i]) += *loads[i];
    EXPECT_LE(*std::ranges::max_element(sums), sum / shards + heaviest);
    EXPECT_EQ(assign(loads, shards), homes);
  }
}

FeedConfig feed_of(std::string venue, std::vector<Want> wants) {
  FeedConfig config;
  config.venue = std::move(venue);
  config.wants = std::move(wants);
  return config;
}
std::optional<double> unknown(std::string_view, std::string_view) {
  return std::nullopt;
}

TEST(AssignFeeds, spreads_one_venue_over_shards_and_tells_each_feed_of_all_homes) {
  const Want books{.instruments = {"BTC-USDT", "ETH-USDT"}, .channels = {Channel::book}};
  const Want trades{.instruments = {"BTC-USDT"}, .symbols = {"SOLUSDT"}};
  const auto load = [](std::string_view venue, std::string_view name) -> std::optional<double> {
    if (venue == "binance" && name == "BTC-USDT") return 10;
    return 1;
  };
  const auto shards =
      assign_feeds({feed_of("binance", {books, trades}), feed_of("okx", {books})}, 2, load);
  ASSERT_EQ(shards.size(), 2U);
  ASSERT_EQ(shards[0].size(), 1U);  // BTC-USDT of binance is as much as all the rest
  ASSERT_EQ(shards[1].size(), 2U);
  EXPECT_EQ(shards[0][0].venue, "binance");
  EXPECT_EQ(shards[1][1].venue, "okx");
  for (const auto& feed : {shards[0][0], shards[1][0]}) {
    EXPECT_EQ(feed.wants.size(), 2U);
    EXPECT_EQ(feed.homes, (std::map<std::string, std::uint32_t, std::less<>>{
                              {"BTC-USDT", 0}, {"ETH-USDT", 1}, {"SOLUSDT", 1}}));
  }
  EXPECT_EQ(shards[0][0].shard, 0U);
  EXPECT_EQ(shards[1][0].shard, 1U);
  EXPECT_NE(shards[0][0].seed, shards[1][0].seed);
}

TEST(AssignFeeds, does_not_depend_on_the_order_of_what_is_wanted) {
  const Want one{.instruments = {"A-USDT", "B-USDT", "C-USDT"}};
  const Want other{.instruments = {"C-USDT", "A-USDT", "B-USDT"}};
  const auto first = assign_feeds({feed_of("okx", {one})}, 2, unknown);
  const auto second = assign_feeds({feed_of("okx", {other})}, 2, unknown);
  EXPECT_EQ(first[0][0].homes, second[0][0].homes);
}

TEST(AssignFeeds, leaves_shards_without_a_venue_alone) {
  const auto shards = assign_feeds(
      {feed_of("okx", {{.instruments = {"BTC-USDT"}}}), feed_of("binance", {})}, 3, unknown);
  EXPECT_EQ(shards[0].size(), 2U);  // also the feed of which nothing is wanted
  EXPECT_TRUE(shards[1].empty());
  EXPECT_TRUE(shards[2].empty());
}

TEST(FileOfShard, carries_the_number_before_its_endings) {
  EXPECT_EQ(file_of_shard("a/session.ndjson.zst", 0), "a/session.ndjson.zst");
  EXPECT_EQ(file_of_shard("a/session.ndjson.zst", 2), "a/session.shard-2.ndjson.zst");
  EXPECT_EQ(file_of_shard("a.b/x.y.ndjson", 1), "a.b/x.y.shard-1.ndjson");
  EXPECT_EQ(file_of_shard("plain", 1), "plain.shard-1");
  EXPECT_EQ(file_of_shard("", 1), "");
}

}  // namespace
}  // namespace mp::pipeline
