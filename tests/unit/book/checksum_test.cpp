#include "book/checksum.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/unit/book/reference.hpp"

namespace mp::book {
namespace {

using test::level;

TEST(Crc25, joins_both_sides_level_by_level) {
  OrderBook book;
  book.reset(std::vector<Level>{level("100.5", "1"), level("100.4", "2.50")},
             std::vector<Level>{level("100.6", "0.75"), level("100.7", "3")});
  EXPECT_EQ(crc32_25(book), -650196046);
}

TEST(Crc25, skips_a_missing_side) {
  OrderBook book;
  book.reset(std::vector<Level>{level("100.5", "1")},
             std::vector<Level>{level("100.6", "0.75"), level("100.7", "3")});
  EXPECT_EQ(crc32_25(book), 2121333353);
}

TEST(Crc25, of_an_empty_book_is_that_of_an_empty_text) {
  EXPECT_EQ(crc32_25(OrderBook{}), 0);
}

TEST(Crc25, looks_at_the_best_25_levels_alone) {
  OrderBook book;
  std::vector<Level> bids;
  for (int i = 0; i < 25; ++i) bids.emplace_back(Price{{1000 - i, -1}}, Quantity{{1, 0}});
  book.reset(bids, {});
  const auto before = crc32_25(book);
  book.apply(std::vector<Level>{level("50", "3")}, {});
  EXPECT_EQ(crc32_25(book), before);
  book.apply(std::vector<Level>{level("99", "3")}, {});
  EXPECT_NE(crc32_25(book), before);
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

TEST(Crc25, takes_the_longest_texts) {
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
  for (std::size_t rank = 0; rank < kCrc25Depth; ++rank) {
    for (const Level& level : {book.bid(rank), book.ask(rank)}) {
      text += to_string(level.price().decimal) + ":" + to_string(level.quantity().decimal) + ":";
    }
  }
  text.pop_back();
  EXPECT_EQ(slow_crc32("123456789"), static_cast<std::int32_t>(0xCBF43926));
  EXPECT_EQ(crc32_25(book), slow_crc32(text));
}

std::vector<Level> levels(const std::vector<std::pair<std::string_view, std::string_view>>& texts) {
  std::vector<Level> out;
  for (const auto& [price, quantity] : texts) out.push_back(level(price, quantity));
  return out;
}

TEST(KrakenChecksum, takes_asks_first_without_points_and_leading_zeros) {
  OrderBook book;
  book.reset(levels({{"0.05000", "0.00000500"}, {"0.04995", "1.00000000"}}),
             levels({{"0.05005", "0.00000500"}, {"0.05010", "0.00000500"}}));
  EXPECT_EQ(kraken_crc32(book), 3738871223U);
  EXPECT_EQ(kraken_crc32(book),
            static_cast<std::uint32_t>(slow_crc32("5005500501050050005004995100000000")));
}

TEST(KrakenChecksum, is_that_of_the_venues_own_example) {
  OrderBook book;
  book.reset(levels({{"45283.5", "0.10000000"},
                     {"45283.4", "1.54582015"},
                     {"45282.1", "0.10000000"},
                     {"45281.0", "0.10000000"},
                     {"45280.3", "1.54592586"},
                     {"45279.0", "0.07990000"},
                     {"45277.6", "0.03310103"},
                     {"45277.5", "0.30000000"},
                     {"45277.3", "1.54602737"},
                     {"45276.6", "0.15445238"},
                     {"45276.5", "9.00000000"}}),
             levels({{"45285.2", "0.00100000"},
                     {"45286.4", "1.54571953"},
                     {"45286.6", "1.54571109"},
                     {"45289.6", "1.54560911"},
                     {"45290.2", "0.15890660"},
                     {"45291.8", "1.54553491"},
                     {"45294.7", "0.04454749"},
                     {"45296.1", "0.35380000"},
                     {"45297.5", "0.09945542"},
                     {"45299.5", "0.18772827"}}));
  EXPECT_EQ(kraken_crc32(book), 3310070434U);
}

TEST(KrakenChecksum, of_zero_is_a_checksum_like_any_other) {
  OrderBook book;
  EXPECT_EQ(check(BookChecksum::kraken_crc32, book, 0), ChecksumResult::right);
  book.reset(levels({{"1", "1"}}), {});
  EXPECT_EQ(check(BookChecksum::kraken_crc32, book, 0), ChecksumResult::wrong);
  EXPECT_EQ(check(BookChecksum::kraken_crc32, book, std::nullopt), ChecksumResult::not_checked);
}

TEST(KrakenChecksum, scenario_14_is_right_when_the_book_is_cut_to_its_depth) {
  OrderBook book{10};
  std::vector<Level> bids;
  for (int i = 0; i < 10; ++i) bids.emplace_back(Price{{1000 - i, -1}}, Quantity{{100 + i, -2}});
  book.reset(bids, levels({{"100.2", "1.00"}}));
  book.apply(levels({{"100.1", "0.50"}}), {});
  ASSERT_EQ(book.bid_count(), 10U);
  std::string text = "1002100100150";
  for (int i = 0; i < 9; ++i) text += std::to_string(1000 - i) + std::to_string(100 + i);
  EXPECT_EQ(kraken_crc32(book), static_cast<std::uint32_t>(slow_crc32(text)));
  // With its best bid gone, nine are left until the venue sends the tenth.
  book.apply(levels({{"100.1", "0.00"}}), {});
  EXPECT_EQ(book.bid_count(), 9U);
}

TEST(BitfinexChecksum, has_negative_asks) {
  OrderBook book;
  book.reset(levels({{"6000.1", "1.5"}, {"6000", "2"}}),
             levels({{"6000.2", "0.25"}, {"6001", "3"}}));
  EXPECT_EQ(bitfinex_crc32(book), 1434422);
}

TEST(BitfinexChecksum, writes_numbers_as_javascript_does) {
  OrderBook book;
  book.reset(
      levels({{"6000.10", "0.0000001"}, {"6000.00", "0.00000015"}, {"5999", "0.000001"}}),
      levels({{"60020.0", "0.00000010"}, {"600300", "12.50000000"}, {"600400", "0.000012"}}));
  EXPECT_EQ(bitfinex_crc32(book),
            slow_crc32(
                "6000.1:1e-7:60020:-1e-7:6000:1.5e-7:600300:-12.5:5999:0.000001:600400:-0.000012"));
}

// A book that a venue sent with its checksum: pair tardis, C-BTC-27700-010423.
TEST(CrcSides, is_that_of_a_recorded_book) {
  OrderBook book;
  book.reset(levels({{"772.0", "6490"},
                     {"767.0", "7828"},
                     {"757.0", "11819"},
                     {"736.0", "17844"},
                     {"699.0", "16703"},
                     {"663.0", "10238"},
                     {"628.0", "11745"},
                     {"582.0", "13473"},
                     {"521.0", "15457"},
                     {"441.0", "17732"},
                     {"0.1", "15000"}}),
             levels({{"805.0", "3894"},
                     {"809.0", "4697"},
                     {"819.0", "7091"},
                     {"841.0", "10706"},
                     {"877.0", "10022"},
                     {"913.0", "6143"},
                     {"948.0", "7047"},
                     {"994.0", "8084"},
                     {"1055.0", "9274"},
                     {"1135.0", "10639"}}));
  EXPECT_EQ(crc32_sides_10(book), 882652872U);
  EXPECT_EQ(check(BookChecksum::crc32_sides_10, book, 882652872), ChecksumResult::right);
  EXPECT_EQ(check(BookChecksum::crc32_sides_10, book, 882652871), ChecksumResult::wrong);
}

TEST(CrcSides, has_its_stroke_where_a_side_is_empty) {
  OrderBook book;
  EXPECT_EQ(crc32_sides_10(book), static_cast<std::uint32_t>(slow_crc32("|")));
  book.reset(levels({{"1.50", "2"}}), {});
  EXPECT_EQ(crc32_sides_10(book), static_cast<std::uint32_t>(slow_crc32("|1.50:2")));
}

TEST(Checksum, takes_the_digits_as_they_were_sent) {
  OrderBook book;
  const auto bids =
      levels({{"0.10000000000000000000000", "2.500"}, {"0.1", "1"}, {"0.0900", "1.0"}});
  book.reset({}, {});
  book.apply(bids, {});
  EXPECT_EQ(crc32_25(book), slow_crc32("0.1:1:0.0900:1.0"));
  book.apply(levels({{"0.100000000000000000000000", "3.0"}}), {});
  EXPECT_EQ(crc32_25(book), slow_crc32("0.100000000000000000000000:3.0:0.0900:1.0"));
}

TEST(Checksum, scenario_23_zero_is_never_validated) {
  OrderBook book;
  book.reset(std::vector<Level>{level("100.5", "1")}, {});
  const std::int64_t right = crc32_25(book);
  EXPECT_EQ(check(BookChecksum::crc32_25, book, 0), ChecksumResult::not_checked);
  EXPECT_EQ(check(BookChecksum::crc32_25, book, right), ChecksumResult::right);
  EXPECT_EQ(check(BookChecksum::crc32_25, book, right + 1), ChecksumResult::wrong);
  EXPECT_EQ(check(BookChecksum::crc32_25, book, right + (std::int64_t{1} << 32U)),
            ChecksumResult::wrong);
  EXPECT_EQ(check(BookChecksum::none, book, right + 1), ChecksumResult::not_checked);
  EXPECT_EQ(check(BookChecksum::crc32_25, book, std::nullopt), ChecksumResult::not_checked);
}

}  // namespace
}  // namespace mp::book
