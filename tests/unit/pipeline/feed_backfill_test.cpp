// Trades that are missing are asked for by REST: Coinbase counts its trades, and has the past ones.
#include <gmock/gmock.h>

#include "feed_machine_fixture.hpp"
#include "pipeline/gap_reason.hpp"

namespace mp::pipeline {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class FeedBackfill : public FeedMachineTest {
 protected:
  FeedBackfill() {
    begin();
    trade(100);
  }
  // A run that knows what the one before it has kept of its streams.
  void begin() {
    okx_ = venue::make_adapter("coinbase");
    want({"BTC-USD"}, {Channel::trade});
    start();
    machine_->answered(
        take_call(),
        R"([{"id":"BTC-USD","base_currency":"BTC","quote_currency":"USD",)"
        R"("quote_increment":"0.01","base_increment":"0.00000001","status":"online"}])",
        now_);
    connect(*legs_.at(0));
  }
  void begin_again() {
    const Stream* const stream = machine_->engine().streams().find("BTC-USD");
    past_ = [past = stream->past()](std::string_view) { return std::optional{past}; };
    calls_.clear();
    legs_.clear();
    begin();
    statuses_.clear();
  }
  std::uint64_t take_call() {
    EXPECT_EQ(calls_.size(), 1U);
    const auto [number, call] = *calls_.begin();
    calls_.clear();
    last_target_ = call.target;
    return number;
  }
  static std::string time_of(int id) { return std::to_string(10 + id - 95); }
  void trade(int id) {
    read(*legs_[0], R"({"type":"match","trade_id":)" + std::to_string(id) +
                        R"(,"maker_order_id":"a","taker_order_id":"b","side":"sell","size":"1",)"
                        R"("price":"2","product_id":"BTC-USD","sequence":1,)"
                        R"("time":"2021-04-17T16:43:18.435588Z"})");
  }
  // As the venue has them: the newest first.
  static std::string past(int from, int to) {
    std::string rows;
    for (int id = to; id >= from; --id) {
      rows += std::string{rows.empty() ? "" : ","} + R"({"trade_id":)" + std::to_string(id) +
              R"(,"side":"sell","size":"1","price":"2","time":"2021-04-17T16:43:)" + time_of(id) +
              R"(.000000Z"})";
    }
    return "[" + rows + "]";
  }

  std::string last_target_;
};

TEST_F(FeedBackfill, fills_a_gap_and_says_so) {
  trade(104);
  EXPECT_THAT(statuses_, testing::Contains("gap trade"));
  EXPECT_THAT(calls_, IsEmpty()) << "another connection may still bring them";
  pass(3s);
  const auto number = take_call();
  EXPECT_THAT(last_target_, HasSubstr("/products/BTC-USD/trades"));
  EXPECT_THAT(last_target_, HasSubstr("after=104"));
  statuses_.clear();
  const auto before = trades_;
  machine_->answered(number, past(95, 103), now_);
  EXPECT_EQ(trades_ - before, 3U) << "101 to 103, and no other";
  EXPECT_THAT(statuses_, testing::ElementsAre("healed trade"));
  pass(20min);
  EXPECT_THAT(calls_, IsEmpty());
  trade(105);
  EXPECT_EQ(trades_ - before, 4U);
}

TEST_F(FeedBackfill, goes_on_page_by_page_as_long_as_there_is_more) {
  trade(110);
  pass(3s);
  machine_->answered(take_call(), past(106, 109), now_);
  pass(1s);
  const auto number = take_call();
  EXPECT_THAT(last_target_, HasSubstr("after=106"));
  machine_->answered(number, past(103, 105), now_);
  pass(1s);
  machine_->answered(take_call(), "[]", now_);  // it does not have 101 and 102 any more
  pass(20min);
  EXPECT_THAT(calls_, IsEmpty());
  EXPECT_EQ(trades_, 2U + 4U + 3U);
}

TEST_F(FeedBackfill, asks_for_nothing_that_has_come_by_itself) {
  trade(102);
  trade(101);
  pass(1min);
  EXPECT_THAT(calls_, IsEmpty());
}

TEST_F(FeedBackfill, what_a_stop_cut_off_is_asked_for_after_the_next_start) {
  trade(104);
  trade(105);
  machine_->stop(now_);
  begin_again();
  trade(106);
  EXPECT_THAT(statuses_, IsEmpty()) << "that it is missing has been said";
  pass(3s);
  ASSERT_EQ(calls_.size(), 1U);
  const auto number = take_call();
  EXPECT_THAT(last_target_, HasSubstr("after=104"));
  const auto before = trades_;
  machine_->answered(number, past(95, 103), now_);
  EXPECT_EQ(trades_ - before, 3U);
  EXPECT_THAT(statuses_, testing::ElementsAre("healed trade"));
  begin_again();
  pass(1min);
  EXPECT_THAT(calls_, IsEmpty());
}

TEST_F(FeedBackfill, what_the_venue_does_not_have_is_not_asked_for_again) {
  trade(104);
  pass(3s);
  machine_->answered(take_call(), "[]", now_);
  begin_again();
  pass(1min);
  EXPECT_THAT(calls_, IsEmpty());
}

TEST_F(FeedBackfill, what_was_tried_in_vain_is_not_asked_for_again) {
  trade(104);
  for (int second = 0; second < 1200; ++second) {
    pass(1s);
    if (!calls_.empty()) fail(take_call(), 500);
  }
  begin_again();
  pass(1min);
  EXPECT_THAT(calls_, IsEmpty());
}

TEST_F(FeedBackfill, tries_a_few_times) {
  trade(102);
  int calls = 0;
  for (int second = 0; second < 1200; ++second) {
    pass(1s);
    if (calls_.empty()) continue;
    ++calls;
    fail(take_call(), 500);
  }
  EXPECT_EQ(calls, static_cast<int>(WorkQueue::kBackfillTries));
}

}  // namespace
}  // namespace mp::pipeline
