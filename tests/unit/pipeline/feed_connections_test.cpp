// A venue's connections are as many as are allowed; what does not fit waits, and is said.
#include <gmock/gmock.h>

#include "feed_machine_fixture.hpp"

namespace mp::pipeline {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class FeedConnectionsTest : public FeedMachineTest {
 protected:
  // Three topics of trades or books, one in a connection.
  void want_three(std::size_t connections) {
    want({"BTC-USDT", "ETH-USDT"}, {Channel::trade});
    limits_.session_lifetime = lifetime_;
    config_.wants = {
        {.instruments = {"BTC-USDT", "ETH-USDT"}, .symbols = {}, .channels = {Channel::trade}},
        {.instruments = {"BTC-USDT"}, .symbols = {}, .channels = {Channel::book}}};
    limits_.topics_per_session = 1;
    make({.connections_max = connections});
    start();
    list();
    for (auto* const leg : legs_) connect(*leg);
  }
  std::chrono::seconds lifetime_{0};

  void now_want(std::vector<std::string> instruments, std::vector<Channel> channels) {
    const auto ended = legs_;
    (void)machine_->want({.wants = {{.instruments = std::move(instruments),
                                     .symbols = {},
                                     .channels = std::move(channels)}},
                          .homes = {}},
                         now_);
    for (auto* const leg : ended) {
      if (std::ranges::find(legs_, leg) != legs_.end()) continue;
      machine_->lost(*leg, "stopped", now_);
      machine_->ended(*leg);
    }
  }
};

TEST_F(FeedConnectionsTest, what_does_not_fit_waits_and_tells_the_number_that_is_needed) {
  want_three(2);
  EXPECT_EQ(legs_.size(), 2U);
  const auto waiting = state().waiting;
  ASSERT_EQ(waiting.size(), 1U);
  EXPECT_EQ(waiting[0].name, "BTC-USDT");
  EXPECT_EQ(waiting[0].state, StreamState::waiting);
  EXPECT_EQ(waiting[0].reason,
            "no connection is left for it: all that is wanted of okx needs 3 connections, and "
            "`max_connections_per_venue` in [collector] allows 2");
}

TEST_F(FeedConnectionsTest, all_is_opened_where_it_fits) {
  want_three(3);
  EXPECT_EQ(legs_.size(), 3U);
  EXPECT_THAT(state().waiting, IsEmpty());
  EXPECT_EQ(machine_->too_few_connections(), "");
}

TEST_F(FeedConnectionsTest, legs_and_successors_are_no_more_of_them) {
  config_.legs = 2;
  lifetime_ = 1min;
  want_three(2);
  EXPECT_EQ(legs_.size(), 4U) << "two of each";
  pass(1min);
  EXPECT_EQ(legs_.size(), 8U) << "each with its successor, which has not connected yet";
  EXPECT_THAT(machine_->too_few_connections(), HasSubstr("needs 3"));
}

TEST_F(FeedConnectionsTest, what_waits_takes_the_connection_of_what_is_no_longer_wanted) {
  want_three(2);
  const auto before = legs_;
  now_want({"BTC-USDT"}, {Channel::trade, Channel::book});
  ASSERT_EQ(legs_.size(), 2U);
  EXPECT_EQ(legs_[0], before[0]) << "that of its trades went on";
  connect(*legs_[1]);
  EXPECT_THAT(state().waiting, IsEmpty());
  EXPECT_THAT(take_sent().back(), HasSubstr("books"));
}

TEST_F(FeedConnectionsTest, what_waits_is_opened_once_another_shard_needs_less) {
  want_three(3);
  const auto part = std::make_unique<ConnectionShare::Part>(budget_->connections());
  now_want({"BTC-USDT"}, {Channel::trade});
  EXPECT_EQ(legs_.size(), 1U);
  part->need(2);
  EXPECT_TRUE(part->take());
  EXPECT_TRUE(part->take());
  now_want({"BTC-USDT", "ETH-USDT"}, {Channel::trade});
  EXPECT_EQ(legs_.size(), 1U);
  part->give_back();
  part->need(1);
  pass(2s);
  EXPECT_EQ(legs_.size(), 2U);
}

TEST_F(FeedConnectionsTest, a_check_tells_the_number_before_anything_is_opened) {
  want({"*-USDT"}, {Channel::trade});
  limits_.topics_per_session = 1;
  make({.connections_max = 1});
  start(FeedMachine::Purpose::learn);
  list();
  ASSERT_TRUE(machine_->check());
  EXPECT_THAT(machine_->too_few_connections(), HasSubstr("needs 2 connections"));
  EXPECT_THAT(legs_, IsEmpty());
}

}  // namespace
}  // namespace mp::pipeline
