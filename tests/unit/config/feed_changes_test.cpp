#include "config/feed_changes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "known.hpp"

namespace mp::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Words = std::vector<std::string>;

std::vector<Feed> feeds(const Words& words) {
  return with_feeds({}, words, known_venues()).take();
}

TEST(FeedChanges, add_and_take_away) {
  const auto now = feeds({"okx:BTC-USDT,ETH-USDT@trade,book"});
  const auto more = with_feeds(now, Words{"binance:SOL-USDT"}, known_venues());
  ASSERT_TRUE(more);
  EXPECT_EQ(more->size(), 2U);
  const auto less = without_feeds(*more, Words{"binance:SOL-USDT"}, known_venues());
  ASSERT_TRUE(less);
  EXPECT_EQ(*less, now);
}

TEST(FeedChanges, take_channels_of_a_name_alone) {
  const auto less = without_feeds(feeds({"okx:BTC-USDT,ETH-USDT@trade,book"}),
                                  Words{"okx:ETH-USDT@book"}, known_venues());
  ASSERT_TRUE(less) << less.error().message;
  ASSERT_EQ(less->size(), 2U);
  EXPECT_THAT(less->at(0).instruments, ElementsAre("BTC-USDT"));
  EXPECT_THAT(less->at(0).channels, ElementsAre(Channel::trade, Channel::book));
  EXPECT_THAT(less->at(1).instruments, ElementsAre("ETH-USDT"));
  EXPECT_THAT(less->at(1).channels, ElementsAre(Channel::trade));
}

TEST(FeedChanges, refuse_what_is_not_there) {
  for (const auto* words : {"okx:SOL-USDT", "binance:BTC-USDT", "okx:BTC-USDT@book"}) {
    const auto less = without_feeds(feeds({"okx:BTC-USDT@trade"}), Words{words}, known_venues());
    ASSERT_FALSE(less) << words;
    EXPECT_THAT(less.error().message, HasSubstr("is not collected"));
  }
  EXPECT_FALSE(with_feeds({}, Words{"BTC-USDT"}, known_venues()));
  EXPECT_FALSE(without_feeds({}, Words{"nowhere:BTC-USDT"}, known_venues()));
}

}  // namespace
}  // namespace mp::config
