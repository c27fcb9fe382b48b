// What a listing is worth where entries of it are not.
#include "venue_testing.hpp"

namespace mp::venue {
namespace {

using testing::Collector;

constexpr Timestamp kNow = from_nanoseconds(1'795'000'000'000'000'000);

std::string binance(std::initializer_list<std::string_view> entries) {
  std::string out = R"({"symbols":[)";
  for (const auto entry : entries) out.append(out.ends_with('[') ? "" : ",").append(entry);
  return out.append("]}");
}

constexpr std::string_view kTrading =
    R"({"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT","filters":[]})";
constexpr std::string_view kPlaceholder =
    R"({"symbol":"BTCUSDT","status":"BREAK","baseAsset":"BTC","quoteAsset":"USDT","filters":[]})";

struct Read {
  bool good = false;
  RestReading answer;
  Collector collector;
};
Read read(std::string_view venue, std::string_view body) {
  Read out;
  const auto adapter = make_adapter(venue);
  out.good = adapter->read_rest({}, body, kNow, out.collector, out.answer).ok();
  return out;
}

TEST(Listing, keeps_what_stands_beside_entries_that_cannot_be_read) {
  const auto one = read("binance", binance({R"({"symbol":"NOBASE"})", kTrading, "null", "5"}));
  ASSERT_TRUE(one.good);
  EXPECT_EQ(one.collector.count(Channel::instrument), 1U);
  EXPECT_EQ(one.answer.left_out, 3U);
  EXPECT_NE(one.answer.problem.find("missing"), std::string::npos) << one.answer.problem;
  EXPECT_FALSE(read("binance", binance({R"({"symbol":"NOBASE"})"})).good);
  EXPECT_EQ(read("binance", binance({kTrading})).answer.left_out, 0U);
}

TEST(Listing, has_what_trades_and_not_its_placeholder) {
  for (const auto& body : {binance({kTrading, kPlaceholder}), binance({kPlaceholder, kTrading}),
                           binance({kPlaceholder, kTrading, kPlaceholder})}) {
    const auto listed = read("binance", body);
    ASSERT_TRUE(listed.good);
    ASSERT_FALSE(listed.collector.lines.empty());
    EXPECT_NE(listed.collector.lines.back().find(R"("status":"trading")"), std::string::npos)
        << listed.collector.lines.back();
  }
  // Where nothing trades, all are told.
  EXPECT_EQ(read("binance", binance({kPlaceholder, kPlaceholder})).collector.lines.size(), 2U);
}

}  // namespace
}  // namespace mp::venue
