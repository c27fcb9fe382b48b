// Once warm, neither appending nor reading allocates. Not with the thread sanitizer, which has an
// operator new of its own.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MP_TEST_HAS_ITS_OWN_NEW
#endif
#endif
#ifndef MP_TEST_HAS_ITS_OWN_NEW

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "unit/journal/support.hpp"

namespace {
thread_local std::uint64_t allocations = 0;
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"  // these two are a pair
#endif

// Counts what this thread allocates; the sanitizers still see malloc and free.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

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
  book.body = Book{true, {}, {}, {}, {}, levels, levels};
  std::uint64_t before = 0;
  for (int round = 0; round < 1'000; ++round) {
    if (round == 1) before = allocations;
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
  EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace mp::journal

#endif
