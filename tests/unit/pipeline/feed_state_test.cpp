// What a feed says of what has not come.
#include <gmock/gmock.h>

#include "feed_machine_fixture.hpp"
#include "okx_frames.hpp"

namespace mp::pipeline {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class FeedStateTest : public FeedMachineTest {
 protected:
  Waiting only() {
    auto waiting = state().waiting;
    EXPECT_EQ(waiting.size(), 1U);
    return waiting.empty() ? Waiting{} : waiting.front();
  }
};

TEST_F(FeedStateTest, waits_for_its_listing_from_the_first_moment) {
  want({"BTC-USDT"}, {Channel::trade});
  EXPECT_EQ(only(), (Waiting{.venue = "okx",
                             .symbol = "",
                             .name = "BTC-USDT",
                             .reason = "no listing has named it yet"}));
  start();
  fail_all();
  EXPECT_EQ(only().reason, "no listing has named it yet: no answer");
  EXPECT_EQ(state().problem, "no answer");
}

TEST_F(FeedStateTest, an_instrument_that_is_not_there_is_refused) {
  want({"BTC-USDX", "BTC-USDT"}, {Channel::trade});
  start();
  list();
  connect(*legs_[0]);
  EXPECT_EQ(only().name, "BTC-USDX");
  EXPECT_EQ(only().state, StreamState::refused);
  EXPECT_THAT(only().reason, HasSubstr("no instrument named"));
}

TEST_F(FeedStateTest, connecting_says_the_last_problem_until_it_is_connected) {
  want({"BTC-USDT"}, {Channel::trade});
  start();
  list();
  EXPECT_EQ(only().name, "BTC-USDT");
  EXPECT_EQ(only().reason, "connecting");
  machine_->lost(*legs_[0], "refused", now_, "cannot connect to a: Connection refused");
  EXPECT_EQ(only().reason, "connecting: cannot connect to a: Connection refused");
  EXPECT_EQ(state().problem, "cannot connect to a: Connection refused");
  connect(*legs_[0]);
  EXPECT_THAT(state().waiting, IsEmpty());
  EXPECT_EQ(state().problem, "");
}

TEST_F(FeedStateTest, says_the_words_of_a_refusal) {
  want({"BTC-USDT"}, {Channel::trade});
  start();
  list();
  connect(*legs_[0]);
  refuse(*legs_[0], take_sent().at(0), "60018");
  EXPECT_EQ(only().state, StreamState::refused);
  EXPECT_THAT(only().reason, HasSubstr("60018"));
  EXPECT_THAT(state().problem, HasSubstr("60018"));
}

TEST_F(FeedStateTest, a_book_out_of_step_waits_for_its_snapshot) {
  want({"BTC-USDT"}, {Channel::book});
  start();
  list();
  connect(*legs_[0]);
  read(*legs_[0], okx::book(10, -1));
  EXPECT_THAT(state().waiting, IsEmpty());
  read(*legs_[0], okx::book(15, 12));
  EXPECT_EQ(only().reason, "its book waits for a snapshot");
}

}  // namespace
}  // namespace mp::pipeline
