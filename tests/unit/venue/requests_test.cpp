#include <gtest/gtest.h>

#include "core/instrument.hpp"
#include "venue/registry.hpp"
#include "venue/rest.hpp"
#include "venue/topics.hpp"

namespace mp::venue {
namespace {

std::string name_derived(std::string_view symbol) {
  const auto info = make_adapter("okx")->derive(symbol);
  return info ? canonical_name(*info) : "nothing";
}

TEST(Okx, derives_instruments_from_their_spelling) {
  EXPECT_EQ(name_derived("BTC-USDT"), "BTC-USDT");
  EXPECT_EQ(name_derived("BTC-USDT-SWAP"), "BTC-USDT-PERP");
  EXPECT_EQ(name_derived("BTC-USD-261225"), "BTC-USD-20261225");
  EXPECT_EQ(name_derived("BTC-USD_UM-261225"), "BTC-USD_UM-20261225");
  EXPECT_EQ(name_derived("BTC-USD-261225-100000-C"), "BTC-USD-20261225-100000-C");
  EXPECT_EQ(name_derived("ETH-USD-220128-3500.5-P"), "ETH-USD-20220128-3500.5-P");
  EXPECT_EQ(make_adapter("okx")->derive("BTC-USD-261225")->expiry,
            parse_rfc3339("2026-12-25T08:00:00Z"));
}

std::vector<std::string> requests_for(std::string_view venue, RequestWriter::Verb verb,
                                      const std::vector<Subscription>& wanted) {
  const auto adapter = make_adapter(venue);
  std::vector<Topic> topics;
  for (const auto& each : wanted) topics.push_back(topic_of(*adapter, each));
  std::vector<std::string> texts;
  for (const auto& request :
       RequestWriter{*adapter, adapter->traits().limits}.write(verb, topics, Timestamp{}))
    texts.push_back(request.text);
  return texts;
}

TEST(Okx, subscribes_by_instrument_or_by_kind) {
  const std::vector<Subscription> wanted = {{Channel::book, "BTC-USDT", ""},
                                            {Channel::candle, "BTC-USDT", "1h"},
                                            {Channel::index_price, "BTC-USDT-SWAP", ""},
                                            {Channel::index_price, "BTC-USD_UM-SWAP", ""},
                                            {Channel::liquidation, "BTC-USDT-SWAP", ""},
                                            {Channel::liquidation, "ETH-USDT-SWAP", ""},
                                            {Channel::liquidation, "BTC-USD-261225", ""},
                                            {Channel::option_summary, "BTC-USD-261225-1-C", ""}};
  EXPECT_EQ(requests_for("okx", RequestWriter::Verb::subscribe, wanted),
            std::vector<std::string>{R"({"id":"1","op":"subscribe","args":[)"
                                     R"({"channel":"books","instId":"BTC-USDT"},)"
                                     R"({"channel":"candle1H","instId":"BTC-USDT"},)"
                                     R"({"channel":"index-tickers","instId":"BTC-USDT"},)"
                                     R"({"channel":"index-tickers","instId":"BTC-USD"},)"
                                     R"({"channel":"liquidation-orders","instType":"SWAP"},)"
                                     R"({"channel":"liquidation-orders","instType":"FUTURES"},)"
                                     R"({"channel":"opt-summary","instFamily":"BTC-USD"}]})"});
  const auto okx = make_adapter("okx");
  EXPECT_EQ(topic_of(*okx, wanted[0]).path, "/ws/v5/public");
  EXPECT_EQ(topic_of(*okx, wanted[1]).path, "/ws/v5/business");
}

TEST(Binance, subscribes_in_lower_case) {
  const std::vector<Subscription> wanted = {{Channel::book, "BTCUSDT", ""},
                                            {Channel::candle, "BTCUSDT", "1m"}};
  EXPECT_EQ(
      requests_for("binance", RequestWriter::Verb::subscribe, wanted),
      std::vector<std::string>{
          R"({"method":"SUBSCRIBE","params":["btcusdt@depth@100ms","btcusdt@kline_1m"],"id":1})"});
  EXPECT_EQ(
      requests_for("binance", RequestWriter::Verb::unsubscribe, wanted),
      std::vector<std::string>{R"({"method":"UNSUBSCRIBE",)"
                               R"("params":["btcusdt@depth@100ms","btcusdt@kline_1m"],"id":1})"});
  EXPECT_EQ(snapshot_call(*make_adapter("binance"), "BTCUSDT")->target,
            "/api/v3/depth?symbol=BTCUSDT&limit=1000");
}

TEST(BinanceUsdm, has_two_kinds_of_sessions) {
  const auto usdm = make_adapter("binance-usdm");
  const auto path = [&](Channel channel) {
    return topic_of(*usdm, {channel, "BTCUSDT", "1m"}).path;
  };
  for (const auto channel : {Channel::quote, Channel::book})
    EXPECT_EQ(path(channel), "/public/stream") << name_of(channel);
  for (const auto channel : {Channel::trade, Channel::ticker, Channel::candle, Channel::funding,
                             Channel::liquidation, Channel::mark_price, Channel::index_price})
    EXPECT_EQ(path(channel), "/market/stream") << name_of(channel);
  EXPECT_EQ(requests_for("binance-usdm", RequestWriter::Verb::subscribe,
                         {{Channel::funding, "BTCUSDT", ""}, {Channel::mark_price, "BTCUSDT", ""}}),
            std::vector<std::string>{
                R"({"method":"SUBSCRIBE","params":["btcusdt@markPrice@1s"],"id":1})"});
  EXPECT_EQ(poll_call(*usdm, {Channel::open_interest, "BTCUSDT_261225", ""}).target,
            "/fapi/v1/openInterest?symbol=BTCUSDT_261225");
  EXPECT_EQ(poll_call(*usdm, {Channel::long_short_ratio, "BTCUSDT", ""}).target,
            "/futures/data/globalLongShortAccountRatio?symbol=BTCUSDT&period=5m&limit=1");
}

TEST(BinanceUsdm, polls_the_ratios_of_accounts_and_of_positions) {
  std::vector<std::string> targets;
  for (const auto& call :
       poll_calls(*make_adapter("binance-usdm"), {Channel::long_short_ratio, "BTCUSDT", ""}))
    targets.push_back(call.target);
  EXPECT_EQ(targets,
            (std::vector<std::string>{
                "/futures/data/globalLongShortAccountRatio?symbol=BTCUSDT&period=5m&limit=1",
                "/futures/data/topLongShortPositionRatio?symbol=BTCUSDT&period=5m&limit=1"}));
}

TEST(BinanceCoinm, asks_for_some_things_by_the_pair) {
  const auto coinm = make_adapter("binance-coinm");
  for (const auto* symbol : {"BTCUSD_PERP", "BTCUSD_261225"}) {
    EXPECT_EQ(topic_of(*coinm, {Channel::index_price, symbol, ""}).text,
              R"("btcusd@indexPrice@1s")");
    EXPECT_EQ(poll_call(*coinm, {Channel::long_short_ratio, symbol, ""}).target,
              "/futures/data/globalLongShortAccountRatio?pair=BTCUSD&period=5m&limit=1");
  }
  EXPECT_EQ(topic_of(*coinm, {Channel::trade, "BTCUSD_PERP", ""}).text,
            R"("btcusd_perp@aggTrade")");
}

TEST(BinanceOptions, asks_for_some_things_by_underlying_and_expiry) {
  const auto options = make_adapter("binance-options");
  const auto topic = [&](Channel channel) {
    return topic_of(*options, {channel, "BTC-261225-100000-C", ""});
  };
  EXPECT_EQ(topic(Channel::option_summary).text, R"("btcusdt@optionMarkPrice")");
  EXPECT_EQ(topic(Channel::option_summary), topic(Channel::mark_price));
  EXPECT_EQ(topic(Channel::open_interest).text, R"("btcusdt@optionOpenInterest@261225")");
  EXPECT_EQ(topic(Channel::index_price).text, R"("!index@arr")");
  EXPECT_EQ(topic(Channel::book).text, R"("btc-261225-100000-c@depth20@100ms")");
  EXPECT_EQ(topic(Channel::book).path, "/public/stream");
}

TEST(OkxSpreads, subscribes_on_the_business_path) {
  const std::vector<Subscription> wanted = {{Channel::book, "BTC-USDT_BTC-USDT-SWAP", ""},
                                            {Channel::candle, "BTC-USDT_BTC-USDT-SWAP", "1h"}};
  EXPECT_EQ(requests_for("okx-spreads", RequestWriter::Verb::subscribe, wanted),
            std::vector<std::string>{
                R"({"id":"1","op":"subscribe","args":[)"
                R"({"channel":"sprd-books-l2-tbt","sprdId":"BTC-USDT_BTC-USDT-SWAP"},)"
                R"({"channel":"sprd-candle1H","sprdId":"BTC-USDT_BTC-USDT-SWAP"}]})"});
  EXPECT_EQ(topic_of(*make_adapter("okx-spreads"), wanted[0]).path, "/ws/v5/business");
}

}  // namespace
}  // namespace mp::venue
