// How HTX, KuCoin and Upbit are asked, where that is unusual.
#include <gtest/gtest.h>

#include "venue/rest.hpp"
#include "venue/topics.hpp"
#include "venue_testing.hpp"

namespace mp::venue {
namespace {

using testing::Collector;

constexpr auto kNow = from_nanoseconds(1'795'000'000'000'000'000);

std::vector<std::string> requests(std::string_view venue, const std::vector<Subscription>& wanted,
                                  RequestWriter::Verb verb = RequestWriter::Verb::subscribe) {
  const auto adapter = make_adapter(venue);
  std::vector<Topic> topics;
  for (const auto& each : wanted) topics.push_back(topic_of(*adapter, each));
  RequestWriter writer{*adapter, adapter->traits().limits};
  std::vector<std::string> texts;
  for (const auto& request : writer.write(verb, topics, kNow)) texts.push_back(request.text);
  return texts;
}
using Texts = std::vector<std::string>;

TEST(HtxLinear, asks_in_other_words_on_the_notification_path) {
  EXPECT_EQ(requests("htx-linear", {{Channel::book, "BTC-USDT", ""}}),
            Texts{R"({"sub":"market.BTC-USDT.depth.size_150.high_freq",)"
                  R"("data_type":"incremental","id":"1","cid":"1"})"});
  const Subscription funding{Channel::funding, "BTC-USDT", ""};
  EXPECT_EQ(requests("htx-linear", {funding}),
            Texts{R"({"op":"sub","topic":"public.BTC-USDT.funding_rate","id":"1","cid":"1"})"});
  EXPECT_EQ(requests("htx-linear", {funding}, RequestWriter::Verb::unsubscribe),
            Texts{R"({"op":"unsub","topic":"public.BTC-USDT.funding_rate","id":"1","cid":"1"})"});
}

TEST(HtxFutures, names_the_coin_or_the_pair_where_the_venue_wants_it) {
  const auto adapter = make_adapter("htx-futures");
  EXPECT_EQ(topic_of(*adapter, {Channel::liquidation, "BTC261225", ""}).text,
            R"(,"topic":"public.BTC.liquidation_orders")");
  EXPECT_EQ(topic_of(*adapter, {Channel::index_price, "BTC261225", ""}).text,
            R"(:"market.BTC-USD.index.1min")");
}

TEST(Htx, asks_for_a_snapshot_on_the_socket) {
  const auto adapter = make_adapter("htx");
  RequestWriter writer{*adapter, adapter->traits().limits};
  EXPECT_EQ(writer.snapshot("btcusdt", kNow), R"({"req":"market.btcusdt.mbp.400","id":"1"})");
}

TEST(Answers, are_those_of_our_requests_only_where_the_id_is_a_number) {
  const auto answers = [](std::string_view venue, std::string_view frame) {
    Collector collector;
    return make_adapter(venue)->decoder()->read(frame, kNow, collector).answers;
  };
  const auto htx = [&](const std::string& id) {
    return answers("htx", R"({"id":)" + id + R"(,"status":"ok","subbed":"market.a.bbo","ts":1})");
  };
  EXPECT_EQ(htx(R"("7")"), 7);
  EXPECT_EQ(htx("7"), 7);
  EXPECT_EQ(htx(R"("id1")"), std::nullopt);
  EXPECT_EQ(htx(R"("40sG903yz80oDFWr")"), std::nullopt);
  EXPECT_EQ(answers("kucoin", R"({"id":"7","type":"ack"})"), 7);
  EXPECT_EQ(answers("kucoin", R"({"id":"7f-1","type":"ack"})"), std::nullopt);
  const auto gate = [&](const std::string& id) {
    return answers("gate", R"({"id":)" + id + R"(,"channel":"spot.trades","event":"subscribe"})");
  };
  EXPECT_EQ(gate("7"), 7);
  EXPECT_EQ(gate(R"("abc")"), std::nullopt);
}

TEST(Kucoin, asks_for_many_symbols_in_one_topic) {
  EXPECT_EQ(
      requests("kucoin", {{Channel::trade, "BTC-USDT", ""}, {Channel::trade, "ETH-USDT", ""}}),
      Texts{R"({"id":"1","type":"subscribe","topic":"/market/match:BTC-USDT,ETH-USDT",)"
            R"("privateChannel":false,"response":true})"});
}

TEST(Kucoin, connects_where_the_token_says) {
  const auto adapter = make_adapter("kucoin");
  const auto call = token_call(*adapter);
  ASSERT_TRUE(call);
  EXPECT_EQ(call->method, Method::post);
  Collector collector;
  RestReading answer;
  const auto read = adapter->read_rest(
      *call,
      R"({"code":"200000","data":{"token":"2neAi==","instanceServers":[{"endpoint":)"
      R"("wss://ws-api-spot.kucoin.com/","encrypt":true,"protocol":"websocket",)"
      R"("pingInterval":18000,"pingTimeout":10000}]}})",
      kNow, collector, answer);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(
      answer.ws_url.starts_with("wss://ws-api-spot.kucoin.com/?token=2neAi%3D%3D&connectId="))
      << answer.ws_url;
  EXPECT_EQ(answer.ping_every, std::chrono::milliseconds{18'000});
  for (const auto* body : {R"({"code":"200000","data":{"token":"x","instanceServers":[]}})",
                           R"({"code":"400100","msg":"no"})", "{}"})
    EXPECT_FALSE(adapter->read_rest(*call, body, kNow, collector, answer)) << body;
}

TEST(Upbit, has_a_session_with_one_request_for_each_type) {
  const auto adapter = make_adapter("upbit");
  EXPECT_NE(topic_of(*adapter, {Channel::trade, "KRW-BTC", ""}).path,
            topic_of(*adapter, {Channel::book, "KRW-BTC", ""}).path);
  EXPECT_EQ(
      requests("upbit", {{Channel::candle, "KRW-BTC", "1h"}, {Channel::candle, "KRW-ETH", "1h"}}),
      Texts{R"([{"ticket":"marketprism-1795000000000-1"},)"
            R"({"type":"candle.60m","codes":["KRW-BTC","KRW-ETH"]}])"});
}

}  // namespace
}  // namespace mp::venue
