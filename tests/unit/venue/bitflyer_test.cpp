// bitFlyer: what golden frames would take thousands of numbers to show, and requests.
#include <gtest/gtest.h>

#include "venue/topics.hpp"
#include "venue_testing.hpp"

namespace mp::venue {
namespace {

using testing::Collector;

std::string levels(int count, int first) {
  std::string out = "[";
  for (int i = 0; i < count; ++i) {  // in no order
    const int price = first + (i * 7) % count;
    out.append(i > 0 ? "," : "").append(R"({"price":)").append(std::to_string(price));
    out.append(R"(.0,"size":0.01})");
  }
  return out + "]";
}

std::string snapshot_event(int bids, int asks) {
  const auto decoder = make_adapter("bitflyer")->decoder();
  const std::string frame =
      R"({"jsonrpc":"2.0","method":"channelMessage","params":{"channel":)"
      R"("lightning_board_snapshot_BTC_JPY","message":{"mid_price":1000.0,"bids":)" +
      levels(bids, 100) + R"(,"asks":)" + levels(asks, 2000) + "}}}";
  Collector collector;
  EXPECT_EQ(decoder->read(frame, {}, collector).verdict, Verdict::data);
  return collector.lines.empty() ? "" : collector.lines.front();
}

TEST(Bitflyer, says_where_a_snapshot_of_300_levels_was_cut_off) {
  const auto cut = snapshot_event(300, 300);
  EXPECT_NE(cut.find(R"("known_bid":"100.0","known_ask":"2299.0")"), std::string::npos) << cut;
  const auto whole = snapshot_event(299, 299);
  EXPECT_NE(whole.find(R"("known_bid":null,"known_ask":null)"), std::string::npos) << whole;
}

TEST(Bitflyer, asks_for_changes_before_the_snapshot_of_a_book) {
  const auto adapter = make_adapter("bitflyer");
  const std::vector<Topic> topics = {topic_of(*adapter, {Channel::book, "BTC_JPY", ""})};
  RequestWriter writer{*adapter, adapter->traits().limits};
  const auto asked = writer.write(RequestWriter::Verb::subscribe, topics, {});
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].text,
            R"([{"jsonrpc":"2.0","method":"subscribe","params":{"channel":)"
            R"("lightning_board_BTC_JPY"}},{"jsonrpc":"2.0","method":"subscribe","params":)"
            R"({"channel":"lightning_board_snapshot_BTC_JPY"},"id":1}])");
}

}  // namespace
}  // namespace mp::venue
