#include "pipeline/gap_report.hpp"

#include <gtest/gtest.h>

#include "book/keeper.hpp"
#include "net/loss.hpp"
#include "pipeline/gap_reason.hpp"

namespace mp::pipeline {
namespace {

Timestamp at(int seconds) {
  return Timestamp{std::chrono::seconds{1'795'000'000 + seconds}};
}

class GapReportTest : public testing::Test {
 protected:
  void say(int when, const Status& status, std::string_view symbol = "AB") {
    Event event;
    event.venue = "v";
    event.symbol = symbol;
    event.instrument = "A-B";
    event.ts_recv = at(when);
    event.body = status;
    report_.on_event(event);
  }
  GapReport report_;
};

TEST_F(GapReportTest, an_end_goes_on_until_it_is_connected) {
  say(5, {.condition = Condition::disconnected,
          .channel = Channel::trade,
          .reason = kCrashReason,
          .since = at(2)});
  say(6, {.condition = Condition::connected, .channel = Channel::book});
  ASSERT_EQ(report_.gaps().size(), 1U);
  EXPECT_FALSE(report_.gaps()[0].until);
  say(7, {.condition = Condition::connected, .channel = Channel::trade});
  const Gap& gap = report_.gaps()[0];
  EXPECT_EQ(gap.since, at(2));
  EXPECT_EQ(gap.said, at(5));
  EXPECT_EQ(gap.until, at(7));
  EXPECT_EQ(gap.reason, "crash");
}

TEST_F(GapReportTest, a_book_is_wrong_until_it_is_resynced) {
  say(1, {.condition = Condition::gap, .channel = Channel::book, .reason = "sequence"});
  say(2, {.condition = Condition::resynced, .channel = Channel::book}, "CD");
  EXPECT_FALSE(report_.gaps()[0].until);
  say(3, {.condition = Condition::resynced, .channel = Channel::book});
  EXPECT_EQ(report_.gaps()[0].until, at(3));
}

TEST_F(GapReportTest, trades_heal_by_their_numbers) {
  const auto gap = [](std::int64_t from, std::int64_t to) {
    return Status{.condition = Condition::gap,
                  .channel = Channel::trade,
                  .reason = "sequence",
                  .from_sequence = from,
                  .to_sequence = to,
                  .missing = to - from + 1};
  };
  say(1, gap(10, 12));
  say(2, gap(20, 21));
  say(3, {.condition = Condition::healed,
          .channel = Channel::trade,
          .reason = "late",
          .from_sequence = 12,
          .to_sequence = 20});
  ASSERT_EQ(report_.gaps().size(), 2U);
  EXPECT_EQ(report_.gaps()[0].healed, 1);
  EXPECT_EQ(report_.gaps()[1].healed, 1);
  EXPECT_EQ(report_.gaps()[1].healed_by, "late");
  EXPECT_EQ(report_.gaps()[0].until, at(1)) << "what comes after it is whole";
}

TEST_F(GapReportTest, is_bounded) {
  const std::size_t more = GapReport::kGapsMax + 10;
  for (std::size_t i = 0; i < more; ++i)
    say(static_cast<int>(i),
        {.condition = Condition::gap, .channel = Channel::book, .reason = "x"});
  EXPECT_EQ(report_.gaps().size(), GapReport::kGapsMax);
  EXPECT_EQ(report_.forgotten(), 10U);
  say(1'000'000, {.condition = Condition::resynced, .channel = Channel::book});
  EXPECT_TRUE(report_.gaps().front().until);
  EXPECT_TRUE(report_.gaps().back().until);
}

TEST(GapReasons, are_explained) {
  for (std::size_t i = 0; i < net::kLossReasonCount; ++i)
    EXPECT_NE(explain(net::name_of(static_cast<net::LossReason>(i))), "") << i;
  for (const auto reason :
       {book::GapReason::sequence, book::GapReason::crossed, book::GapReason::checksum,
        book::GapReason::held_overflow, book::GapReason::depth})
    EXPECT_NE(explain(book::name_of(reason)), "");
  EXPECT_EQ(explain("Too many requests"), "");
}

}  // namespace
}  // namespace mp::pipeline
