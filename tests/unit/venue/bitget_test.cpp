#include <gtest/gtest.h>

#include "venue/registry.hpp"
#include "venue/rest.hpp"
#include "venue/topics.hpp"

namespace mp::venue {
namespace {

std::string topic(std::string_view venue, Channel channel, std::string symbol,
                  std::string interval = "") {
  return topic_of(*make_adapter(venue), {channel, std::move(symbol), std::move(interval)}).text;
}

TEST(Bitget, asks_for_futures_by_the_type_that_their_symbols_spell) {
  const auto type_of = [](std::string symbol) {
    const auto text = topic("bitget-futures", Channel::liquidation, std::move(symbol));
    return text.substr(0, text.find(','));
  };
  EXPECT_EQ(type_of("BTCUSDT"), R"({"instType":"usdt-futures")");
  EXPECT_EQ(type_of("BTCPERP"), R"({"instType":"usdc-futures")");
  EXPECT_EQ(type_of("SOLUSDC"), R"({"instType":"usdc-futures")");
  EXPECT_EQ(type_of("BTCUSD"), R"({"instType":"coin-futures")");
  EXPECT_EQ(type_of("BTCUSDH27"), R"({"instType":"coin-futures")");
}

TEST(Bitget, asks_for_spot_as_spot) {
  EXPECT_EQ(topic("bitget", Channel::candle, "BTCUSDT", "1h"),
            R"({"instType":"spot","topic":"kline","symbol":"BTCUSDT","interval":"1H"})");
  EXPECT_EQ(route_of(make_adapter("bitget")->traits(), Channel::funding), nullptr);
}

TEST(Bitget, shares_the_ticker_among_what_it_carries) {
  const std::string ticker = topic("bitget-futures", Channel::ticker, "BTCUSDT");
  for (const auto channel :
       {Channel::funding, Channel::open_interest, Channel::mark_price, Channel::index_price}) {
    EXPECT_EQ(topic("bitget-futures", channel, "BTCUSDT"), ticker);
  }
}

TEST(Hyperliquid, asks_for_one_topic_at_a_time) {
  const auto adapter = make_adapter("hyperliquid");
  const std::vector<Topic> topics = {topic_of(*adapter, {Channel::book, "@107", ""}),
                                     topic_of(*adapter, {Channel::candle, "xyz:NVDA", "1h"})};
  const auto requests = RequestWriter{*adapter, adapter->traits().limits}.write(
      RequestWriter::Verb::subscribe, topics, Timestamp{});
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].text,
            R"({"method":"subscribe","subscription":{"type":"l2Book","coin":"@107"}})");
  EXPECT_EQ(requests[1].text, R"({"method":"subscribe","subscription":)"
                              R"({"type":"candle","coin":"xyz:NVDA","interval":"1h"}})");
}

TEST(Hyperliquid, lists_by_posts) {
  const auto calls = listing_calls(*make_adapter("hyperliquid"));
  ASSERT_EQ(calls.size(), 3U);
  for (const auto& call : calls) {
    EXPECT_EQ(call.method, Method::post);
    EXPECT_EQ(call.target, "/info");
  }
  EXPECT_EQ(calls[1].body, R"({"type":"spotMeta"})");
}

}  // namespace
}  // namespace mp::venue
