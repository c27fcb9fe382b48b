#include <gtest/gtest.h>

#include <string>

#include "config/parse.hpp"
#include "core/instrument.hpp"
#include "unit/config/known.hpp"

namespace mp::config {
namespace {

Feed read(std::string_view words) {
  auto feed = parse_feed(words, known_venues());
  EXPECT_TRUE(feed) << (feed ? "" : feed.error().message);
  return feed ? feed.take() : Feed{};
}

TEST(FeedWords, give_what_a_feed_in_a_file_gives) {
  const Feed wanted{"binance", {"BTC-USDT", "ETH-USDT"}, {}, {Channel::trade, Channel::book}, "1m"};
  EXPECT_EQ(read("binance:BTC-USDT,ETH-USDT@trade,book"), wanted);
  const auto parsed = parse(
      "[[feed]]\nvenue = \"binance\"\ninstruments = [\"BTC-USDT\", \"ETH-USDT\"]\n"
      "channels = [\"trade\", \"book\"]\n",
      known_venues());
  ASSERT_TRUE(parsed.problems.empty());
  EXPECT_EQ(parsed.config.feeds.front(), wanted);
}

TEST(FeedWords, take_the_usual_channels_of_the_venue_when_none_is_named) {
  EXPECT_EQ(read("okx:ETH-USDT-PERP").channels,
            (std::vector<Channel>{Channel::trade, Channel::book}));
}

TEST(FeedWords, tell_our_instruments_from_symbols_of_the_venue) {
  const auto feed = read("okx:BTC-USDT,BTC-USDT-SWAP,btcusdt,BTC-USD-20261225,BTC/USD");
  EXPECT_EQ(feed.instruments, (std::vector<std::string>{"BTC-USDT", "BTC-USD-20261225"}));
  EXPECT_EQ(feed.symbols, (std::vector<std::string>{"BTC-USDT-SWAP", "btcusdt", "BTC/USD"}));
}

TEST(FeedWords, know_the_form_of_instrument_names) {
  for (const auto* name : {"BTC-USDT", "1INCH-USDT", "kPEPE-USDC-PERP", "BTC-USD-20261225",
                           "BTC-USD-20261225-100000-C", "XRP-USD-20261225-0.55-P", "币安人生-USDT",
                           "ÉTÉ-EUR-PERP", "BTC-USD_UM_XPERP-20310404", "_-_", "A.B-C$+"}) {
    EXPECT_TRUE(is_instrument_name(name)) << name;
  }
  for (const auto* name : {"",
                           "BTC",
                           "BTCUSDT",
                           "-USDT",
                           "BTC-",
                           "BTC-USDT-",
                           "BTC-USDT-SWAP",
                           "BTC-USDT-perp",
                           "BTC-USD-2026122",
                           "BTC-USD-20261225-",
                           "BTC-USD-20261225-100000",
                           "BTC-USD-20261225-100000-X",
                           "BTC-USD-20261225-1.-C",
                           "BTC-USD-20261225-1.2.3-C",
                           "BTC/USD",
                           "BTC-USDT-PERP-C",
                           "BTC-USD-20261225-1-C-1",
                           "BTC -USDT",
                           "BTC-\tUSDT",
                           "BTC-USDT\n",
                           "BTC-US\x7F",
                           "A,B-USDT",
                           "binance:BTC-USDT",
                           "BTC-USDT@trade",
                           "币安人生",
                           "币安-",
                           "BTC-USD_UM_XPERP-310404"}) {
    EXPECT_FALSE(is_instrument_name(name)) << name;
  }
}

TEST(FeedWords, take_a_star_for_any_characters_of_names) {
  const auto feed = read("okx:*-USDT-PERP,BTC-*,*");
  EXPECT_EQ(feed.instruments, (std::vector<std::string>{"*-USDT-PERP", "BTC-*", "*"}));
  EXPECT_TRUE(feed.symbols.empty());
}

// Whatever the program calls an instrument, it understands.
TEST(FeedWords, know_every_name_that_the_program_gives) {
  InstrumentInfo info;
  for (const char* base : {"BTC", "币安人生", "1000SATS", "BTC_UM", "ß"}) {
    info.base = base;
    info.quote = "USD_UM";
    info.expiry = from_nanoseconds(1933056000000000000);
    info.strike = Price{*parse_decimal("0.55")};
    info.option_type = "call";
    for (const auto kind : {InstrumentKind::spot, InstrumentKind::perpetual, InstrumentKind::future,
                            InstrumentKind::option}) {
      info.kind = kind;
      const auto name = canonical_name(info);
      EXPECT_TRUE(is_instrument_name(name)) << name;
      EXPECT_EQ(read("okx:" + name).instruments, std::vector{name});
    }
  }
}

struct Bad {
  const char* words;
  const char* message;
};

class FeedWordsRefuse : public testing::TestWithParam<Bad> {};

TEST_P(FeedWordsRefuse, with_the_words_and_the_reason) {
  const auto feed = parse_feed(GetParam().words, known_venues());
  ASSERT_FALSE(feed);
  EXPECT_EQ(feed.error().kind, ErrorKind::config);
  EXPECT_EQ(feed.error().message, std::string(GetParam().words) + ": " + GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    All, FeedWordsRefuse,
    testing::Values(
        Bad{"binance", "expected VENUE:NAME[,NAME...][@CHANNEL,...], such as binance:BTC-USDT"},
        Bad{"", "expected VENUE:NAME[,NAME...][@CHANNEL,...], such as binance:BTC-USDT"},
        Bad{"binanse:BTC-USDT", "unknown venue `binanse`; did you mean `binance`?"},
        Bad{":BTC-USDT", "unknown venue ``; known are `binance`, `binance-usdm`, `okx` and `dvol`"},
        Bad{"binance:", "a name between two commas, or after `:`, is missing"},
        Bad{"binance:BTC-USDT,,ETH-USDT", "a name between two commas, or after `:`, is missing"},
        Bad{"binance:@trade", "a name between two commas, or after `:`, is missing"},
        Bad{"binance:BTC-USDT,BTC-USDT", "`BTC-USDT` is there twice"},
        Bad{"binance:BTC-USDT@",
            "unknown channel ``; known are `trade`, `quote`, `book` and `candle`"},
        Bad{"binance:BTC-USDT@trad", "unknown channel `trad`; did you mean `trade`?"},
        Bad{"binance:BTC-USDT@trade,trade", "the channel `trade` is there twice"},
        Bad{"okx:BTC-USDT@quote", "okx has no channel `quote`; known are `trade` and `book`"}));

}  // namespace
}  // namespace mp::config
