#include "book/checksum.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/book/reference.hpp"

namespace mp::book {
namespace {

using test::level;

TEST(OkxChecksum, joins_both_sides_level_by_level) {
  OrderBook book;
  book.reset(std::vector<Level>{level("100.5", "1"), level("100.4", "2.50")},
             std::vector<Level>{level("100.6", "0.75"), level("100.7", "3")});
  EXPECT_EQ(okx_crc32(book), -650196046);
}

TEST(OkxChecksum, skips_a_missing_side) {
  OrderBook book;
  book.reset(std::vector<Level>{level("100.5", "1")},
             std::vector<Level>{level("100.6", "0.75"), level("100.7", "3")});
  EXPECT_EQ(okx_crc32(book), 2121333353);
}

TEST(OkxChecksum, of_an_empty_book_is_that_of_an_empty_text) {
  EXPECT_EQ(okx_crc32(OrderBook{}), 0);
}

TEST(OkxChecksum, looks_at_the_best_25_levels_alone) {
  OrderBook book;
  std::vector<Level> bids;
  for (int i = 0; i < 25; ++i) bids.emplace_back(Price{{1000 - i, -1}}, Quantity{{1, 0}});
  book.reset(bids, {});
  const auto before = okx_crc32(book);
  book.apply(std::vector<Level>{level("50", "3")}, {});
  EXPECT_EQ(okx_crc32(book), before);
  book.apply(std::vector<Level>{level("99", "3")}, {});
  EXPECT_NE(okx_crc32(book), before);
}

// CRC-32 bit by bit.
std::int32_t slow_crc32(std::string_view text) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : text) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320 : 0);
  }
  return static_cast<std::int32_t>(~crc);
}

TEST(OkxChecksum, takes_the_longest_texts) {
  OrderBook book;
  std::vector<Level> bids;
  std::vector<Level> asks;
  for (int i = 0; i < 30; ++i) {
    const std::int64_t tiny = -9'000'000'000'000'000'000 - i;
    bids.emplace_back(Price{{tiny, 18}}, Quantity{{9'000'000'000'000'000'000, 18}});
    asks.emplace_back(Price{{9'000'000'000'000'000'000 + i, 18}}, Quantity{{1, -36}});
  }
  book.reset(bids, asks);
  std::string text;
  for (std::size_t rank = 0; rank < kOkxChecksumDepth; ++rank) {
    for (const Level& level : {book.bid(rank), book.ask(rank)}) {
      text += to_string(level.price().decimal) + ":" + to_string(level.quantity().decimal) + ":";
    }
  }
  text.pop_back();
  EXPECT_EQ(slow_crc32("123456789"), static_cast<std::int32_t>(0xCBF43926));
  EXPECT_EQ(okx_crc32(book), slow_crc32(text));
}

TEST(Checksum, scenario_23_zero_is_never_validated) {
  OrderBook book;
  book.reset(std::vector<Level>{level("100.5", "1")}, {});
  const std::int64_t right = okx_crc32(book);
  EXPECT_EQ(check(BookChecksum::okx_crc32, book, 0), ChecksumResult::not_checked);
  EXPECT_EQ(check(BookChecksum::okx_crc32, book, right), ChecksumResult::right);
  EXPECT_EQ(check(BookChecksum::okx_crc32, book, right + 1), ChecksumResult::wrong);
  EXPECT_EQ(check(BookChecksum::okx_crc32, book, right + (std::int64_t{1} << 32U)),
            ChecksumResult::wrong);
  EXPECT_EQ(check(BookChecksum::none, book, right + 1), ChecksumResult::not_checked);
}

}  // namespace
}  // namespace mp::book
