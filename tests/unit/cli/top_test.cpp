#include <fmt/format.h>
#include <gtest/gtest.h>

#include "cli/top_documents.hpp"
#include "cli/top_view.hpp"

namespace mp::cli {
namespace {

std::string book_document() {
  std::string bids;
  std::string asks;
  for (int i = 0; i < 3; ++i) {
    const char* const comma = i == 0 ? "" : ",";
    bids += fmt::format(R"({}["{}","{}"])", comma, 99.5 - 0.5 * i, "0.25000000");
    asks += fmt::format(R"({}["{}","{}"])", comma, 100.5 + 0.5 * i, "1.50000000");
  }
  return fmt::format(
      R"({{"venue":"binance","symbol":"BTCUSDT","instrument":"BTC-USDT","state":"LIVE",)"
      R"("tick":"0.10","sequence":7,"bids":[{}],"asks":[{}]}})",
      bids, asks);
}

constexpr const char* kTrades =
    R"([{"ts":"2026-11-26T10:00:00.123456789Z","price":"100.5","quantity":"0.12500000",)"
    R"("side":"buy","id":"1"},)"
    R"({"ts":"2026-11-26T10:00:01.000000000Z","price":"99.50","quantity":"2.00000000",)"
    R"("side":"sell","id":"2"}])";

TEST(Top, a_ladder_has_the_highest_price_first_and_trades_beside_it) {
  const auto lines = book_lines(book_document(), kTrades, 80);
  ASSERT_TRUE(lines) << lines.error().message;
  ASSERT_EQ(lines->size(), 8U);
  EXPECT_EQ((*lines)[0], " binance BTC-USDT  LIVE  number 7");
  EXPECT_TRUE((*lines)[1].starts_with(" ask  101.5  1.50  ####")) << (*lines)[1];
  EXPECT_TRUE((*lines)[4].starts_with(" ----")) << (*lines)[4];
  EXPECT_TRUE((*lines)[5].starts_with(" bid   99.5  0.25  ###")) << (*lines)[5];
  EXPECT_TRUE((*lines)[1].ends_with("10:00:01.000 sell   99.5  2.000")) << (*lines)[1];
  EXPECT_TRUE((*lines)[2].ends_with("10:00:00.123 buy   100.5  0.125")) << (*lines)[2];
}

TEST(Top, a_book_is_never_wider_than_the_terminal) {
  for (std::size_t width = 40; width < 200; ++width) {
    const auto lines = book_lines(book_document(), kTrades, width);
    ASSERT_TRUE(lines);
    for (const auto& line : *lines) EXPECT_LE(line.size(), width) << line;
  }
}

TEST(Top, says_how_the_collector_is_in_a_line) {
  const auto line =
      summary_line(R"({"version":"1","state":"live","uptime_seconds":3661.5,)"
                   R"("instruments":{"wanted":9,"live":8},)"
                   R"("totals":{"frames":1,"gaps":1234},"rates":{"events_per_second":4008.4},)"
                   R"("cpu":{"cores_used":0.166,"cores":2},"memory":{"resident":712024064}})");
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_EQ(
      *line,
      " live  8 of 9 instruments  4,008 events/s  1,234 gaps  0.17 cores  712 MB  up 1:01:01");
}

TEST(Top, colours_a_state_and_the_price_of_a_rung) {
  EXPECT_EQ(painted(" okx  LIVE  5"), " okx  \x1b[32mLIVE\x1b[0m  5");
  EXPECT_EQ(painted(" bid   99.5  0.25"), " \x1b[36mbid   99.5\x1b[0m  0.25");
  EXPECT_EQ(painted(" nothing of that"), " nothing of that");
  EXPECT_EQ(painted(" x  GAP"), " x  \x1b[31mGAP\x1b[0m");
}

}  // namespace
}  // namespace mp::cli
