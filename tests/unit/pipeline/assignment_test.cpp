// Which shard collects what, and the loads that decide it.
#include "pipeline/assignment.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "pipeline/load_book.hpp"
#include "pipeline/shard.hpp"
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

class LoadBookTest : public testing::Test {
 protected:
  LoadBookTest() {
    std::string pattern = (fs::temp_directory_path() / "mp-loads-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }
  ~LoadBookTest() override { fs::remove_all(dir_); }

  [[nodiscard]] fs::path file() const { return dir_ / "loads"; }
  void write(std::vector<InstrumentLoad> loads) const {
    LoadBook book{file()};
    ASSERT_TRUE(book.read());
    book.put(loads);
    ASSERT_TRUE(book.write());
  }
  [[nodiscard]] std::string text() const {
    std::ifstream in{file(), std::ios::binary};
    return {std::istreambuf_iterator<char>(in), {}};
  }

  fs::path dir_;
};

TEST_F(LoadBookTest, finds_what_was_measured_by_either_name) {
  write(
      {{.venue = "binance", .symbol = "BTCUSDT", .instrument = "BTC-USDT", .work_per_second = 2.5},
       {.venue = "okx", .symbol = "X", .instrument = "", .work_per_second = 7}});
  LoadBook book{file()};
  ASSERT_TRUE(book.read());
  EXPECT_EQ(book.of("binance", "BTC-USDT"), 2.5);
  EXPECT_EQ(book.of("binance", "BTCUSDT"), 2.5);
  EXPECT_EQ(book.of("okx", "X"), 7);
  EXPECT_EQ(book.of("okx", "BTC-USDT"), std::nullopt);
  EXPECT_EQ(book.of("okx", ""), std::nullopt);
}

TEST_F(LoadBookTest, keeps_what_is_not_collected_now_and_takes_the_newest) {
  write({{.venue = "v", .symbol = "A", .instrument = "", .work_per_second = 1},
         {.venue = "v", .symbol = "B", .instrument = "", .work_per_second = 2}});
  write({{.venue = "v", .symbol = "B", .instrument = "", .work_per_second = 3}});
  LoadBook book{file()};
  ASSERT_TRUE(book.read());
  EXPECT_EQ(book.of("v", "A"), 1);
  EXPECT_EQ(book.of("v", "B"), 3);
}

TEST_F(LoadBookTest, ignores_a_damaged_file_and_replaces_it) {
  write({{.venue = "v", .symbol = "A", .instrument = "N", .work_per_second = 1},
         {.venue = "v", .symbol = "B", .instrument = "N", .work_per_second = 1}});
  const std::string whole = text();
  std::vector<std::string> damaged = {"", "nonsense", whole + "more"};
  for (std::size_t size = 1; size < whole.size(); ++size) damaged.push_back(whole.substr(0, size));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    damaged.push_back(whole);
    damaged.back()[at] = static_cast<char>(damaged.back()[at] ^ 1);
  }
  for (const auto& bytes : damaged) {
    std::ofstream{file(), std::ios::binary} << bytes;
    LoadBook book{file()};
    const auto read = book.read();
    ASSERT_FALSE(read) << bytes;
    EXPECT_EQ(read.error().kind, ErrorKind::data);
    EXPECT_EQ(book.of("v", "A"), std::nullopt);
  }
  LoadBook book{file()};
  EXPECT_FALSE(book.read());
  ASSERT_TRUE(book.write());
  EXPECT_TRUE(LoadBook{file()}.read());
}

TEST_F(LoadBookTest, is_bounded_and_keeps_the_heaviest) {
  std::vector<InstrumentLoad> loads;
  constexpr std::size_t kMore = LoadBook::kInstrumentsMax + 100;
  for (std::size_t i = 0; i < kMore; ++i) {
    loads.push_back({.venue = "v",
                     .symbol = "S" + std::to_string(i),
                     .instrument = "",
                     .work_per_second = static_cast<double>(i)});
  }
  loads.push_back({.venue = "v", .symbol = "bad\nline", .instrument = "", .work_per_second = 1e9});
  write(loads);
  LoadBook book{file()};
  ASSERT_TRUE(book.read());
  EXPECT_EQ(book.of("v", "S99"), std::nullopt);
  EXPECT_EQ(book.of("v", "S100"), 100);
  EXPECT_EQ(book.of("v", "S" + std::to_string(kMore - 1)), static_cast<double>(kMore - 1));
}

TEST_F(LoadBookTest, says_when_it_cannot_be_written) {
  EXPECT_EQ(LoadBook{dir_ / "none" / "loads"}.write().error().kind, ErrorKind::io);
  EXPECT_TRUE(LoadBook{""}.write());  // a journal in memory
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
