// Something else is wanted while a feed runs.
#include <gmock/gmock.h>

#include "feed_machine_fixture.hpp"
#include "okx_frames.hpp"

namespace mp::pipeline {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class FeedWants : public FeedMachineTest {
 protected:
  FeedMachine::Change change(std::vector<std::string> instruments, std::vector<Channel> channels) {
    statuses_.clear();
    sent_.clear();
    return machine_->want({.wants = {{.instruments = std::move(instruments),
                                      .symbols = {},
                                      .channels = std::move(channels)}},
                           .homes = {}},
                          now_);
  }
  void run(std::vector<std::string> instruments, std::vector<Channel> channels) {
    want(std::move(instruments), std::move(channels));
    start();
    list();
    for (auto* leg : legs_) connect(*leg);
    sent_.clear();
  }
};

TEST_F(FeedWants, what_is_new_is_asked_for_beside_what_there_is) {
  run({"BTC-USDT"}, {Channel::trade});
  const auto changed = change({"BTC-USDT", "ETH-USDT"}, {Channel::trade});
  EXPECT_THAT(changed.added, ElementsAre(WantedStream{"ETH-USDT", Channel::trade}));
  EXPECT_THAT(changed.removed, IsEmpty());
  ASSERT_EQ(sent_.size(), 1U);
  EXPECT_THAT(sent_[0], HasSubstr(R"("op":"subscribe")"));
  EXPECT_THAT(sent_[0], HasSubstr("ETH-USDT"));
  EXPECT_EQ(sent_[0].find("BTC-USDT"), std::string::npos);
  EXPECT_THAT(statuses_, ElementsAre("connected trade"));
  EXPECT_EQ(legs_.size(), 1U);
  EXPECT_EQ(renewed_, 0);
  EXPECT_EQ(machine_->subscriptions(), 2U);
}

TEST_F(FeedWants, what_is_gone_is_unsubscribed_and_its_stream_ends) {
  run({"BTC-USDT", "ETH-USDT"}, {Channel::trade, Channel::book});
  read(*legs_[0], okx::trade(1));
  const auto changed = change({"BTC-USDT"}, {Channel::book});
  EXPECT_THAT(changed.added, IsEmpty());
  EXPECT_THAT(changed.removed, UnorderedElementsAre(WantedStream{"BTC-USDT", Channel::trade},
                                                    WantedStream{"ETH-USDT", Channel::trade},
                                                    WantedStream{"ETH-USDT", Channel::book}));
  EXPECT_EQ(std::ranges::count(statuses_, "disconnected trade"), 2);
  EXPECT_EQ(std::ranges::count(statuses_, "disconnected book"), 1);
  ASSERT_EQ(sent_.size(), 1U);
  EXPECT_THAT(sent_[0], HasSubstr(R"("op":"unsubscribe")"));
  // What the venue had sent by then is passed over.
  const auto before = trades_;
  read(*legs_[0], okx::trade(2));
  EXPECT_EQ(trades_, before);
  EXPECT_THAT(retired_, IsEmpty());
  EXPECT_EQ(renewed_, 0);
  // The others end with the session, and these not once more.
  statuses_.clear();
  machine_->lost(*legs_[0], "reset", now_);
  EXPECT_THAT(statuses_, ElementsAre("disconnected book"));
  connect(*legs_[0]);
  ASSERT_EQ(sent_.size(), 2U);
  EXPECT_EQ(sent_[1].find("trades"), std::string::npos);
}

TEST_F(FeedWants, what_is_wanted_again_comes_again) {
  run({"BTC-USDT", "ETH-USDT"}, {Channel::trade});
  change({"ETH-USDT"}, {Channel::trade});
  const auto changed = change({"BTC-USDT", "ETH-USDT"}, {Channel::trade});
  EXPECT_THAT(changed.added, ElementsAre(WantedStream{"BTC-USDT", Channel::trade}));
  EXPECT_THAT(statuses_, ElementsAre("connected trade"));
  read(*legs_[0], okx::trade(7));
  EXPECT_EQ(trades_, 1U);
}

TEST_F(FeedWants, a_session_without_topics_is_closed_and_the_next_want_opens_another) {
  run({"BTC-USDT"}, {Channel::trade});
  auto& first = *legs_[0];
  change({}, {});
  EXPECT_THAT(retired_, ElementsAre(first.name()));
  machine_->lost(first, "stopped", now_);
  machine_->ended(first);
  pass(10s);
  EXPECT_THAT(legs_, IsEmpty());
  EXPECT_EQ(machine_->subscriptions(), 0U);
  change({"BTC-USDT"}, {Channel::trade});
  ASSERT_EQ(legs_.size(), 1U);
  connect(*legs_[0]);
  EXPECT_EQ(sent_.size(), 1U);
}

TEST_F(FeedWants, before_the_listing_it_is_only_noted) {
  want({"BTC-USDT"}, {Channel::trade});
  start();
  const auto changed = change({"ETH-USDT"}, {Channel::trade});
  EXPECT_THAT(changed.added, IsEmpty());
  EXPECT_THAT(changed.removed, IsEmpty());
  ASSERT_EQ(state().waiting.size(), 1U);
  EXPECT_EQ(state().waiting[0].name, "ETH-USDT");
  list();
  ASSERT_EQ(legs_.size(), 1U);
  connect(*legs_[0]);
  EXPECT_THAT(sent_.at(0), HasSubstr("ETH-USDT"));
}

TEST_F(FeedWants, the_same_again_changes_nothing) {
  run({"*-USDT"}, {Channel::trade, Channel::book});
  const auto changed = change({"*-USDT"}, {Channel::trade, Channel::book});
  EXPECT_THAT(changed.added, IsEmpty());
  EXPECT_THAT(changed.removed, IsEmpty());
  EXPECT_THAT(sent_, IsEmpty());
  EXPECT_THAT(statuses_, IsEmpty());
}

TEST_F(FeedWants, a_poll_ends_and_what_was_under_way_brings_nothing) {
  want({"BTC-USDT-PERP"}, {Channel::long_short_ratio, Channel::trade});
  start();
  while (!calls_.empty()) {
    const auto call = *calls_.begin();
    calls_.erase(calls_.begin());
    const bool swaps = call.second.target.find("instType=SWAP") != std::string::npos;
    machine_->answered(
        call.first,
        swaps ? R"({"code":"0","msg":"","data":[{"instId":"BTC-USDT-SWAP","instType":"SWAP",)"
                R"("uly":"BTC-USDT","settleCcy":"USDT","ctType":"linear","ctVal":"0.01",)"
                R"("tickSz":"0.1","lotSz":"1","state":"live"}]})"
              : listing_of({}),
        now_);
    const bool listing = call.second.kind == venue::RestKind::listing;
    if (calls_.empty() && listing && machine_->subscriptions() == 0) pass(1s);
    if (!calls_.empty() && calls_.begin()->second.kind == venue::RestKind::poll) break;
  }
  pass(5min);
  ASSERT_EQ(machine_->subscriptions(), 2U);
  const auto polls = [&] {
    return std::ranges::count(calls_, venue::RestKind::poll,
                              [](const auto& each) { return each.second.kind; });
  };
  const auto ratios = polls();
  ASSERT_GT(ratios, 0);
  change({"BTC-USDT-PERP"}, {Channel::trade});
  EXPECT_THAT(statuses_, ElementsAre("disconnected long_short_ratio"));
  for (const auto& [number, call] : std::exchange(calls_, {}))
    machine_->answered(number, R"({"code":"0","msg":"","data":[["1795000000000","1.5"]]})", now_);
  EXPECT_EQ(statuses_.size(), 1U);
  pass(10min);
  EXPECT_EQ(polls(), 0);
  change({"BTC-USDT-PERP"}, {Channel::trade, Channel::long_short_ratio});
  pass(5min);
  EXPECT_EQ(polls(), ratios);
}

}  // namespace
}  // namespace mp::pipeline
