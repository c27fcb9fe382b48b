// From subscriptions to sessions: each topic once, within the venue's limits.
#include "pipeline/session_plan.hpp"

#include <gtest/gtest.h>

#include "venue/registry.hpp"

namespace mp::pipeline {
namespace {

std::vector<PlannedSession> plan_sessions(const venue::Adapter& adapter,
                                          const venue::Limits& limits,
                                          const std::vector<venue::Subscription>& wanted) {
  SessionPlan plan{adapter, limits};
  for (const auto& each : wanted) plan.add(each);
  return plan.sessions();
}

TEST(SessionPlan, asks_for_a_shared_topic_once) {
  const auto okx = venue::make_adapter("okx");
  const auto sessions = plan_sessions(*okx, okx->traits().limits,
                                      {{Channel::liquidation, "BTC-USDT-SWAP", ""},
                                       {Channel::liquidation, "ETH-USDT-SWAP", ""},
                                       {Channel::book, "BTC-USDT-SWAP", ""}});
  ASSERT_EQ(sessions.size(), 1U);
  ASSERT_EQ(sessions[0].size(), 2U);
  EXPECT_EQ(sessions[0][0].subscriptions.size(), 2U);
  EXPECT_EQ(sessions[0][1].subscriptions.size(), 1U);
}

TEST(SessionPlan, gives_each_path_sessions_of_its_own) {
  const auto okx = venue::make_adapter("okx");
  const auto sessions =
      plan_sessions(*okx, okx->traits().limits,
                    {{Channel::candle, "BTC-USDT", "1m"}, {Channel::trade, "BTC-USDT", ""}});
  ASSERT_EQ(sessions.size(), 2U);
  EXPECT_NE(sessions[0][0].topic.path, sessions[1][0].topic.path);
}

TEST(SessionPlan, keeps_to_the_limits_of_a_session) {
  const auto binance = venue::make_adapter("binance");
  std::vector<venue::Subscription> wanted;
  for (int i = 0; i < 25; ++i) wanted.push_back({Channel::trade, "S" + std::to_string(i), ""});
  venue::Limits limits;
  limits.topics_per_session = 10;
  auto sessions = plan_sessions(*binance, limits, wanted);
  ASSERT_EQ(sessions.size(), 3U);
  EXPECT_EQ(sessions[0].size(), 10U);
  EXPECT_EQ(sessions[2].size(), 5U);
  limits.topics_per_session = 100;
  limits.session_bytes = 60;  // four topics such as "s10@trade"
  sessions = plan_sessions(*binance, limits, wanted);
  EXPECT_GT(sessions.size(), 4U);
  for (const auto& session : sessions) {
    std::size_t bytes = 0;
    for (const auto& topic : session) bytes += topic.topic.text.size();
    EXPECT_LE(bytes, limits.session_bytes);
  }
}

TEST(SessionPlan, fills_the_sessions_that_there_are_with_what_comes_later) {
  const auto binance = venue::make_adapter("binance");
  venue::Limits limits;
  limits.topics_per_session = 3;
  SessionPlan plan{*binance, limits};
  EXPECT_EQ(plan.add({Channel::trade, "A", ""}).session, 0U);
  EXPECT_EQ(plan.add({Channel::trade, "B", ""}).session, 0U);
  EXPECT_TRUE(plan.add({Channel::trade, "C", ""}).is_new);
  EXPECT_FALSE(plan.add({Channel::trade, "C", ""}).is_new);
  const auto later = plan.add({Channel::trade, "D", ""});
  EXPECT_EQ(later.session, 1U);
  EXPECT_EQ(later.topic, 0U);
  EXPECT_EQ(plan.add({Channel::trade, "E", ""}).session, 1U);
  EXPECT_EQ(plan.sessions().size(), 2U);
}

// A session that net/ renewed by itself would be cut before its successor is there.
TEST(SessionPlan, leaves_the_end_of_a_session_to_the_feed) {
  const auto binance = venue::make_adapter("binance");
  ASSERT_GT(binance->traits().limits.session_lifetime.count(), 0);
  const auto rules = session_rules(binance->traits(), binance->traits().limits);
  EXPECT_EQ(rules.lifetime.count(), 0);
}

TEST(SessionPlan, fills_the_place_of_what_was_removed_before_a_new_session) {
  const auto binance = venue::make_adapter("binance");
  venue::Limits limits;
  limits.topics_per_session = 2;
  SessionPlan plan{*binance, limits};
  const auto trades = [](const char* symbol) {
    return venue::Subscription{Channel::trade, symbol, ""};
  };
  for (const char* symbol : {"A", "B", "C", "D"}) plan.add(trades(symbol));
  const auto removed = plan.remove(trades("A"));
  EXPECT_EQ(removed.session, 0U);
  EXPECT_TRUE(removed.topic);
  EXPECT_EQ(plan.add(trades("E")).session, 0U);
  EXPECT_EQ(plan.add(trades("F")).session, 2U);
  EXPECT_EQ(plan.add(trades("B")).topic, 0U) << "it has moved to where A was";
}

TEST(SessionPlan, a_session_that_is_empty_stays_so) {
  const auto binance = venue::make_adapter("binance");
  const venue::Limits limits;
  SessionPlan plan{*binance, limits};
  const venue::Subscription trades{Channel::trade, "A", ""};
  plan.add(trades);
  plan.remove(trades);
  EXPECT_TRUE(plan.sessions()[0].empty());
  EXPECT_EQ(plan.add(trades).session, 1U);
}

}  // namespace
}  // namespace mp::pipeline
