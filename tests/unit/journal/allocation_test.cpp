// Once warm, neither appending nor reading allocates.
#include "unit/allocations.hpp"

#ifndef MP_TEST_COUNTS_NO_ALLOCATIONS

#include <gtest/gtest.h>

#include "unit/journal/support.hpp"

namespace mp::journal {
namespace {

TEST(JournalAllocation, none_for_each_event) {
  const TempDir dir;
  Config config = small_config(dir.path());
  config.segment_bytes = 4 << 20;
  const auto writer = open_writer(config);
  const auto reader = open_reader({.location = dir.path(), .name = "r"});
  const SubjectId subject = writer->subject("binance", "BTCUSDT", "BTC-USDT");
  const std::vector<Level> levels(50, Level({{1, 0}}, {{1, 0}}));
  Event trade;
  trade.body = Trade{"a trade id that is too long for a small string", {{1, 0}}, {{1, 0}}, {}};
  Event book;
  book.body = Book{true, {}, {}, {}, {}, {}, {}, levels, levels};
  std::size_t before = 0;
  for (int round = 0; round < 1'000; ++round) {
    if (round == 1) before = mp::test::allocations();
    ASSERT_TRUE(writer->append(subject, trade));
    ASSERT_TRUE(writer->append(subject, book));
    writer->publish();
    ASSERT_EQ(writer->subject("binance", "BTCUSDT", "BTC-USDT"), subject);
    ASSERT_EQ(reader->next(), Next::event);
    ASSERT_EQ(reader->next(), Next::event);
    ASSERT_EQ(reader->next(), Next::idle);
    reader->release();
    reader->commit(reader->index() + 1);
  }
  EXPECT_GT(before, 0U);
  EXPECT_EQ(mp::test::allocations(), before);
}

}  // namespace
}  // namespace mp::journal

#endif
