#include <gtest/gtest.h>

#include <ostream>

#include "cli/live_table.hpp"
#include "cli/log_tail.hpp"

namespace mp::cli {
namespace {

TEST(LogTail, hands_over_whole_lines_only) {
  LogTail tail;
  std::ostream stream{&tail};
  stream << "one\ntwo";
  EXPECT_EQ(tail.take(), "one\n");
  EXPECT_EQ(tail.take(), "");
  stream << " and a half\n";
  EXPECT_EQ(tail.take(), "two and a half\n");
}

TEST(LogTail, does_not_grow_without_end) {
  LogTail tail;
  std::ostream stream{&tail};
  for (int i = 0; i < 100'000; ++i) stream << "a line of a storm\n";
  EXPECT_LT(tail.take().size(), std::size_t{70'000});
}

// A venue may call an instrument what it likes.
TEST(LiveTable, a_name_moves_no_cursor_and_breaks_no_line) {
  pipeline::BoardRow row;
  row.view.venue = "binance";
  row.view.instrument =
      "A\x1b[2J\x1b]0;x\x07\xc2\x9b"
      "31m\nB" +
      std::string(70'000, 'z');
  const auto lines = table_lines({row});
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[1].find_first_of("\x1b\x07\n"), std::string::npos);
  EXPECT_EQ(lines[1].find("\xc2\x9b"), std::string::npos);
  EXPECT_LT(lines[1].size(), 400U);
}

TEST(LiveTable, lines_are_of_one_width_and_show_what_is_not_known) {
  pipeline::BoardRow row;
  row.view.venue = "binance";
  row.view.instrument = "BTC-USDT";
  row.view.bid = Level{Price{{12345, -2}}, Quantity{{1, 0}}};
  const auto lines = table_lines({row});
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].size(), lines[1].size());
  EXPECT_NE(lines[1].find("123.45"), std::string::npos);
  row.view.tick = Price{{100, -3}};  // as venues write it: 0.100
  EXPECT_NE(table_lines({row})[1].find(" 123.45 "), std::string::npos) << "no digit is lost";
  row.view.bid = Level{Price{{9'123'429'000'000, -8}}, Quantity{{1, 0}}};
  row.view.tick = Price{{1'000'000, -8}};
  EXPECT_NE(table_lines({row})[1].find(" 91234.29 "), std::string::npos);
  EXPECT_NE(lines[1].find("WAITING"), std::string::npos);
  EXPECT_EQ(with_commas(1234567), "1,234,567");
  EXPECT_EQ(with_commas(123), "123");
}

TEST(LiveTable, a_narrow_terminal_sees_all_but_what_is_wanted_least) {
  pipeline::BoardRow row;
  row.view.venue = "binance";
  row.view.instrument = "BTC-USDT-PERP";
  row.view.bid = row.view.ask = Level{Price{{9'123'429, -2}}, Quantity{{1, 0}}};
  row.spread_basis_points = 0.05;
  row.latency_p50 = std::chrono::microseconds{143};
  row.latency_p99 = std::chrono::microseconds{999};
  row.view.gaps = 1234;
  const auto whole = table_lines({row});
  EXPECT_NE(whole[0].find("LAT p50"), std::string::npos);
  for (std::size_t width = whole[0].size(); width >= 67; --width) {
    const auto lines = table_lines({row}, width);
    EXPECT_LE(lines[0].size(), width);
    EXPECT_EQ(lines[0].size(), lines[1].size());
    for (const auto* kept : {"VENUE", "STATE", "BID", "ASK", "GAPS"})
      EXPECT_NE(lines[0].find(kept), std::string::npos) << lines[0];
    EXPECT_TRUE(lines[1].ends_with(" 1,234")) << lines[1];
  }
  EXPECT_EQ(table_lines({row}, 80)[0].find("LAT p50"), std::string::npos);
  EXPECT_NE(table_lines({row}, 80)[0].find("LAT p99"), std::string::npos);
}

TEST(LiveTable, what_waits_says_why_in_place_of_numbers) {
  pipeline::BoardRow row;
  row.view.venue = "binance";
  row.view.instrument = "BTC-USDT";
  row.view.reason = "connecting: refused\x1b[2J";
  auto lines = table_lines({row});
  EXPECT_NE(lines[1].find("WAITING  connecting: refused"), std::string::npos) << lines[1];
  EXPECT_EQ(lines[1].find('\x1b'), std::string::npos);
  row.events_per_second = 7;  // something of it comes
  lines = table_lines({row});
  EXPECT_EQ(lines[1].find("connecting"), lines[0].size() + 2) << lines[1];
}

}  // namespace
}  // namespace mp::cli
