#include "sink/subject.hpp"

#include <gtest/gtest.h>

namespace mp::sink {
namespace {

Event trade_event() {
  Event event;
  event.venue = "binance";
  event.symbol = "BTC.USDT 1";
  event.instrument = "BTC-USDT";
  event.body = Trade{};
  return event;
}

std::string subject_of(std::string_view text, const Event& event,
                       std::optional<InstrumentKind> kind = {}) {
  const auto subject = Subject::compile(text, ". *>");
  EXPECT_TRUE(subject) << subject.error().message;
  std::string out = "kept ";
  EXPECT_TRUE(subject->append(event, kind, out));
  return out;
}

TEST(Subject, fills_in_what_the_event_is) {
  const Event event = trade_event();
  EXPECT_EQ(subject_of("{channel}.{venue}.{kind}.{instrument}", event, InstrumentKind::spot),
            "kept trade.binance.spot.BTC-USDT");
  EXPECT_EQ(subject_of("all", event), "kept all");
  EXPECT_EQ(subject_of("{kind}", event), "kept unknown");
  Event candle = event;
  candle.body = Candle{.interval = "1m"};
  EXPECT_EQ(subject_of("c.{interval}", candle), "kept c.1m");
}

TEST(Subject, lets_no_name_bring_in_what_divides_subjects) {
  Event event = trade_event();
  EXPECT_EQ(subject_of("{symbol}", event), "kept BTC_USDT_1");
  event.instrument = {};
  EXPECT_EQ(subject_of("a.{instrument}.b", event), "kept a.BTC_USDT_1.b");
}

TEST(Subject, has_both_layouts_of_the_collector_before_it) {
  const Event event = trade_event();
  EXPECT_EQ(subject_of("{marketprism}", event, InstrumentKind::spot),
            "kept trade.binance_spot.spot.BTC-USDT");
  EXPECT_EQ(subject_of("{marketprism-old}", event), "kept market.binance.BTC-USDT.trade");
  Event quote = event;
  quote.body = Quote{};
  std::string out = "kept";
  EXPECT_FALSE(Subject::compile("x{marketprism}", "")->append(quote, {}, out));
  EXPECT_EQ(out, "kept") << "that system had no quotes";
}

TEST(Subject, says_what_is_wrong_with_a_template) {
  for (const auto& [text, part] :
       {std::pair{"{venu}", "has {venu}; known are {venue}, "},
        std::pair{"a{venue", "a brace without its other half"},
        std::pair{"a}", "a brace without its other half"}, std::pair{"", "is empty"}}) {
    const auto subject = Subject::compile(text, "");
    ASSERT_FALSE(subject) << text;
    EXPECT_NE(subject.error().message.find(part), std::string::npos) << subject.error().message;
  }
}

}  // namespace
}  // namespace mp::sink
