// Single messages of the exchanges' documentation and of other projects' tests: what each is to us.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <map>

#include "venue_testing.hpp"

namespace mp::venue {
namespace {

namespace dom = simdjson::dom;
using testing::Collector;

struct Source {
  std::string_view venue;
  std::string_view file;
  std::map<std::string, Verdict> verdicts;  // of the messages of the venue's public channels
};

const std::vector<Source> kSources = {
    {"binance",
     "fixtures/binance.ndjson.zst",
     {{"Spot/ExchangeData/BookTicker", Verdict::data},
      {"Spot/ExchangeData/Klines", Verdict::data},
      {"Spot/ExchangeData/Ticker", Verdict::data},
      {"wsHandleData#0", Verdict::data},
      {"wsHandleData#1", Verdict::data},
      {"binance/spot/l2.rs#0", Verdict::data},
      {"binance/trade.rs#1", Verdict::malformed},  // "m":"yes": made to be refused
      {"Spot/ExchangeData/MiniTicker", Verdict::unknown},
      {"Spot/ExchangeData/RollingWindowTicker", Verdict::unknown},
      {"binance/book/l2.rs#0", Verdict::unknown}}},  // a book without stream: whose?
    {"binance-usdm",
     "fixtures/binance.ndjson.zst",
     {{"UsdFutures/AggTrades", Verdict::data},
      {"UsdFutures/Liquidations", Verdict::data},
      {"UsdFutures/Ticker", Verdict::data},
      {"binance/book/l1.rs#1", Verdict::data},
      {"binance/trade.rs#3", Verdict::data},
      {"UsdFutures/AssetIndex", Verdict::unknown},
      {"UsdFutures/ConditionalTrigger", Verdict::unknown},
      {"UsdFutures/GridUpdate", Verdict::unknown},
      {"UsdFutures/Leverage", Verdict::unknown},
      {"UsdFutures/MultiAssetMode", Verdict::unknown},
      {"UsdFutures/StrategyUpdate", Verdict::unknown}}},
    {"okx",
     "fixtures/okx.ndjson",
     {{"Unified/ExchangeData/IndexTicker", Verdict::data},
      {"Unified/ExchangeData/Interest", Verdict::data},
      {"Unified/ExchangeData/OptionSummary", Verdict::data},
      {"Unified/ExchangeData/OrderBook", Verdict::data},
      {"Unified/ExchangeData/Symbol", Verdict::data},
      {"Unified/ExchangeData/Ticker", Verdict::data},
      {"Unified/ExchangeData/Trades", Verdict::data},
      {"wsAllTrades#1", Verdict::data},
      {"okx/trade.rs#0", Verdict::data},
      {"okx/subscription.rs#1", Verdict::rejected},
      {"Unified/ExchangeData/IndexKlines", Verdict::unknown},
      {"Unified/ExchangeData/SystemStatus", Verdict::unknown}}},
};

TEST(Others, fixtures_are_what_they_should_be) {
  const auto data = testing::shared_data();
  if (data.empty()) GTEST_SKIP() << "no fixtures: set MP_SHARED_DATA to the recordings' folder";
  dom::parser lines;
  for (const auto& source : kSources) {
    const auto adapter = make_adapter(source.venue);
    std::size_t found = 0;
    for (const auto& line : testing::lines_of(testing::read_file(data / source.file))) {
      const dom::element fixture = lines.parse(line);
      const std::string name{std::string_view{fixture["name"].get_string()}};
      const auto expected = source.verdicts.find(name);
      if (expected == source.verdicts.end()) continue;
      ++found;
      const std::string raw{std::string_view{fixture["raw"].get_string()}};
      Collector collector;
      const auto verdict = adapter->decoder()->read(raw, from_nanoseconds(1), collector).verdict;
      const auto& events = collector.lines;
      EXPECT_EQ(verdict, expected->second) << name;
      EXPECT_EQ(events.empty(), verdict != Verdict::data) << name;
      // The body names the instrument: some fixtures have another one in the stream's name.
      if (name == "Spot/ExchangeData/BookTicker") {
        EXPECT_NE(events.at(0).find("\"symbol\":\"BNBUSDT\""), std::string::npos);
      }
      if (name == "Unified/ExchangeData/Trades") {
        EXPECT_NE(events.at(0).find("\"symbol\":\"BTC-USDT\""), std::string::npos);
      }
    }
    EXPECT_EQ(found, source.verdicts.size()) << source.venue;
  }
}

}  // namespace
}  // namespace mp::venue
