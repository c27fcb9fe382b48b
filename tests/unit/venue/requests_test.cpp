#include <gtest/gtest.h>

#include "core/instrument.hpp"
#include "venue/registry.hpp"

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

TEST(Okx, subscribes_by_instrument_or_by_kind) {
  const auto okx = make_adapter("okx");
  const std::vector<Subscription> wanted = {{Channel::book, "BTC-USDT", ""},
                                            {Channel::candle, "BTC-USDT", "1H"},
                                            {Channel::index_price, "BTC-USDT-SWAP", ""},
                                            {Channel::liquidation, "BTC-USDT-SWAP", ""},
                                            {Channel::liquidation, "ETH-USDT-SWAP", ""},
                                            {Channel::liquidation, "BTC-USD-261225", ""},
                                            {Channel::option_summary, "BTC-USD-261225-1-C", ""}};
  std::vector<std::string> requests;
  okx->subscribe(wanted, requests);
  EXPECT_EQ(requests,
            std::vector<std::string>{R"({"op":"subscribe","args":[)"
                                     R"({"channel":"books","instId":"BTC-USDT"},)"
                                     R"({"channel":"candle1H","instId":"BTC-USDT"},)"
                                     R"({"channel":"index-tickers","instId":"BTC-USDT"},)"
                                     R"({"channel":"liquidation-orders","instType":"SWAP"},)"
                                     R"({"channel":"liquidation-orders","instType":"FUTURES"},)"
                                     R"({"channel":"opt-summary","instFamily":"BTC-USD"}]})"});
  EXPECT_EQ(okx->path(wanted[0]), "/ws/v5/public");
  EXPECT_EQ(okx->path(wanted[1]), "/ws/v5/business");
}

TEST(Binance, subscribes_in_lower_case_with_rising_ids) {
  const auto binance = make_adapter("binance");
  const std::vector<Subscription> wanted = {{Channel::book, "BTCUSDT", ""},
                                            {Channel::candle, "BTCUSDT", "1m"}};
  std::vector<std::string> requests;
  binance->subscribe(wanted, requests);
  binance->unsubscribe(wanted, requests);
  EXPECT_EQ(
      requests,
      (std::vector<std::string>{
          R"({"method":"SUBSCRIBE","params":["btcusdt@depth@100ms","btcusdt@kline_1m"],"id":1})",
          R"({"method":"UNSUBSCRIBE",)"
          R"("params":["btcusdt@depth@100ms","btcusdt@kline_1m"],"id":2})"}));
  EXPECT_EQ(binance->snapshot("BTCUSDT")->target, "/api/v3/depth?symbol=BTCUSDT&limit=1000");
}

}  // namespace
}  // namespace mp::venue
