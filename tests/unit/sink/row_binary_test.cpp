#include "sink/row_binary.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "sink/clickhouse_tables.hpp"
#include "sink/columns.hpp"

namespace mp::sink {
namespace {

using std::string_literals::operator""s;

Event trade() {
  Event event;
  event.venue = "okx";
  event.symbol = "BTC-USDT";
  event.ts_recv = from_nanoseconds(0x0102030405060708);
  event.seq = 9;
  event.body =
      Trade{.trade_id = "77", .price = {{150, -2}}, .quantity = {{-3, 0}}, .side = std::nullopt};
  return event;
}

std::string type_of(const std::vector<RowColumn>& columns, std::string_view name) {
  const auto found = std::ranges::find(columns, name, &RowColumn::name);
  return found == columns.end() ? "" : found->type;
}

TEST(RowBinary, writes_texts_with_their_length_as_a_varint) {
  std::string out;
  append_row_text(std::string(300, 'x'), out);
  EXPECT_EQ(out.substr(0, 3), "\xAC\x02x");
  EXPECT_EQ(out.size(), 302U);
}

TEST(RowBinary, writes_the_values_of_an_event_in_the_order_of_its_columns) {
  std::string out;
  append_row(trade(), {.high = 1, .low = 2}, out);
  std::string wanted = "\x03okx\x00"s;                                  // venue, instrument
  wanted += "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0"s;                        // identity
  wanted += "\x08\x07\x06\x05\x04\x03\x02\x01"s;                        // ts_recv
  wanted += "\1"s;                                                      // no ts_event
  wanted += "\x09\0\0\0\0\0\0\0\x08"s + "BTC-USDT";                     // seq, symbol
  wanted += "\0\x02"s + "77";                                           // trade_id
  wanted += "\0\0\0\0\0\0\xF8\x3F\x96\0\0\0\0\0\0\0\xFE"s;              // 1.50
  wanted += "\0\0\0\0\0\0\x08\xC0\xFD\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0"s;  // -3
  wanted += "\1"s;                                                      // no side
  EXPECT_EQ(out, wanted);
}

TEST(RowBinary, marks_each_of_the_three_columns_of_a_decimal_that_may_be_absent) {
  Event event = trade();
  Quote quote;
  quote.ask_price = Price{{5, 0}};
  event.body = quote;
  std::string out;
  append_row(event, {}, out);
  const std::string none = "\1\1\1"s;
  const std::string five = "\0\0\0\0\0\0\0\x14\x40"s + "\0\5\0\0\0\0\0\0\0"s + "\0\0"s;
  EXPECT_TRUE(out.ends_with(none + none + five + none + "\1")) << out.size();
}

TEST(RowBinary, has_levels_as_six_arrays) {
  const Level level{Price{{7, -1}}, Quantity{{2, 0}}};
  Event event = trade();
  Book book;
  book.bids = {&level, 1};
  event.body = book;
  std::string out;
  append_row(event, {}, out);
  EXPECT_TRUE(out.ends_with("\1\7\0\0\0\0\0\0\0"s + "\1\xFF"s + "\1\2\0\0\0\0\0\0\0"s + "\1\0"s +
                            "\0\0\0\0\0\0"s));
  const auto columns = row_columns(Channel::book, TimeColumns::int64);
  EXPECT_EQ(type_of(columns, "bids.price_mantissa"), "Array(Int64)");
  EXPECT_EQ(type_of(columns, "known_bid_exponent"), "Nullable(Int8)");
}

TEST(RowBinary, has_times_as_the_server_can_hold_them) {
  EXPECT_EQ(type_of(row_columns(Channel::candle, TimeColumns::datetime64), "close_time"),
            "Nullable(DateTime64(9, 'UTC'))");
  EXPECT_EQ(type_of(row_columns(Channel::candle, TimeColumns::int64), "ts_recv"), "Int64");
}

TEST(Columns, are_needed_of_the_channels_of_a_section_and_of_gaps) {
  EXPECT_TRUE(needs_table({}, Channel::candle));
  EXPECT_TRUE(needs_table({"trade"}, Channel::trade));
  EXPECT_FALSE(needs_table({"trade"}, Channel::candle));
  EXPECT_TRUE(needs_table({"trade"}, Channel::status));
}

TEST(ClickHouse, judges_an_answer_by_the_code_of_its_exception) {
  const auto judge = [](int status, std::string body) {
    return judge_clickhouse({.status = status, .body = std::move(body), .problem = {}});
  };
  EXPECT_EQ(judge(200, ""), Outcome::done);
  EXPECT_EQ(judge(500, "Code: 33. DB::Exception: Cannot read all data"), Outcome::permanent);
  EXPECT_EQ(judge(500, "Code: 395, e.displayText() = DB::Exception: x"), Outcome::permanent);
  EXPECT_EQ(judge(404, "Code: 60. DB::Exception: Table x does not exist"), Outcome::reopen);
  EXPECT_EQ(judge(500, "Code: 252. DB::Exception: Too many parts"), Outcome::retriable);
  EXPECT_EQ(judge(400, "Code: 62. DB::Exception: Syntax error"), Outcome::retriable);
  EXPECT_EQ(judge(502, "<html>"), Outcome::retriable);
  EXPECT_EQ(judge(0, ""), Outcome::retriable);
}

TEST(ClickHouse, orders_a_table_by_what_makes_an_event_one) {
  ClickHouseOptions options{.database = "d`b", .engine = "ReplacingMergeTree", .channels = {}};
  options.channels.set();
  auto layout = native_layout(options);
  const auto made = create_statement(options.database, layout.tables.front());
  EXPECT_TRUE(made.starts_with("CREATE TABLE IF NOT EXISTS `d\\`b`.`trade` (`venue` String, "));
  EXPECT_TRUE(
      made.ends_with("ENGINE = ReplacingMergeTree PARTITION BY toYYYYMM(ts_recv) ORDER BY "
                     "(venue, symbol, ts_recv, seq)"))
      << made;
  options.unique = UniqueBy::identity;
  options.times = TimeColumns::int64;
  EXPECT_TRUE(native_layout(options).tables.front().engine.ends_with(
      "toYYYYMM(toDateTime(intDiv(ts_recv, 1000000000))) ORDER BY (venue, symbol, identity)"));
}

}  // namespace
}  // namespace mp::sink
