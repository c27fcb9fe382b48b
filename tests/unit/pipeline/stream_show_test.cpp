#include <gtest/gtest.h>

#include "pipeline/stream.hpp"

namespace mp::pipeline {
namespace {

using namespace std::chrono_literals;

Event trade_of(Timestamp ts, std::int64_t price) {
  Event event;
  event.ts_event = ts;
  event.ts_recv = Timestamp{10'000s};
  event.body = Trade{.price = Price{{price, 0}}, .quantity = Quantity{{1, 0}}};
  return event;
}

// What a backfill brings hours later is no last price, and no part of this minute.
TEST(StreamShow, a_late_trade_is_not_the_last_one) {
  Stream stream;
  stream.show(trade_of(Timestamp{6'000s}, 10));
  stream.show(trade_of(Timestamp{6'061s}, 20));
  stream.show(trade_of(Timestamp{6'001s}, 5));
  EXPECT_EQ(stream.last_price, (Price{{20, 0}}));
  const auto bars = stream.bars->all();
  ASSERT_EQ(bars.size(), 2U);
  EXPECT_EQ(bars[1].low, 20);
  EXPECT_EQ(bars[1].volume, 1);
}

TEST(StreamShow, a_quote_is_shown_where_no_book_is) {
  Stream stream;
  Event event;
  event.body = Quote{.bid_price = Price{{1, 0}}, .bid_quantity = Quantity{{2, 0}}};
  stream.show(event);
  EXPECT_EQ(stream.bid, (Level{Price{{1, 0}}, Quantity{{2, 0}}}));
  EXPECT_EQ(stream.ask, std::nullopt);
}

TEST(StreamShow, trades_are_kept_while_somebody_asks) {
  Stream stream;
  auto event = trade_of(Timestamp{6'000s}, 10);
  event.seq = 7;
  stream.tape = std::make_unique<Tape>(Timestamp{10'000s});
  stream.show(event);
  EXPECT_EQ(stream.tape->since(6, Timestamp{9'000s}).size(), 1U);
  EXPECT_EQ(stream.tape->since(7, Timestamp{9'000s}).size(), 0U);
  stream.show(event);  // long after the last question
  EXPECT_EQ(stream.tape, nullptr);
}

}  // namespace
}  // namespace mp::pipeline
