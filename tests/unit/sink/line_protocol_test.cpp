#include "sink/line_protocol.hpp"

#include <gtest/gtest.h>

namespace mp::sink {
namespace {

using std::string_literals::operator""s;

Event event_at(std::int64_t time, std::string_view symbol) {
  Event event;
  event.venue = "okx";
  event.symbol = symbol;
  event.ts_recv = from_nanoseconds(time);
  event.seq = 4;
  event.body =
      Trade{.trade_id = "7\"\\\n", .price = {{15, -1}}, .quantity = {{2, 0}}, .side = Side::buy};
  return event;
}

TEST(LineProtocol, writes_tags_fields_and_nanoseconds) {
  std::string out;
  Event event = event_at(1'700'000'000'000'000'001, "BTC-USDT");
  event.instrument = "BTC-USDT";
  event.ts_event = from_nanoseconds(5);
  append_line(event, 0, out);
  EXPECT_EQ(out,
            "trade,venue=okx,symbol=BTC-USDT,instrument=BTC-USDT ts_event=5i,seq=4i,"
            "trade_id=\"7\\\"\\\\ \",price=1.5,price_mantissa=15i,price_exponent=-1i,quantity=2,"
            "quantity_mantissa=2i,quantity_exponent=0i,side=\"buy\" 1700000000000000001\n");
}

TEST(LineProtocol, lets_no_name_bring_in_what_divides_a_line) {
  std::string out;
  append_line(event_at(1, "a b,c=d\\\n\xFF"), 3, out);
  EXPECT_TRUE(out.starts_with("trade,venue=okx,symbol=a\\ b\\,c\\=d__?,n=3 seq=4i")) << out;
  out.clear();
  append_line(event_at(1, ""), 0, out);
  EXPECT_TRUE(out.starts_with("trade,venue=okx seq=4i")) << out;
}

TEST(LineProtocol, writes_levels_as_json_and_leaves_out_what_is_absent) {
  const Level level{Price{{70, -1}}, Quantity{{0, 0}}};
  Event event = event_at(1, "S");
  Book book;
  book.is_snapshot = true;
  book.bids = {&level, 1};
  event.body = book;
  std::string out;
  append_line(event, 0, out);
  EXPECT_EQ(out,
            "book,venue=okx,symbol=S seq=4i,is_snapshot=t,bids=\"[[\\\"7.0\\\",\\\"0\\\"]]\","
            "asks=\"[]\" 1\n");
}

TEST(SameTime, counts_the_events_of_one_stream_and_time) {
  SameTime counts;
  EXPECT_EQ(counts.number_of(event_at(1, "A")), 0U);
  EXPECT_EQ(counts.number_of(event_at(1, "A")), 1U);
  EXPECT_EQ(counts.number_of(event_at(1, "B")), 0U);
  EXPECT_EQ(counts.number_of(event_at(1, "A")), 2U);
  EXPECT_EQ(counts.number_of(event_at(2, "A")), 0U);
  Event other = event_at(2, "A");
  other.body = Quote{};
  EXPECT_EQ(counts.number_of(other), 0U);
}

TEST(QuestDb, has_the_keys_of_an_event_for_deduplication) {
  const auto made = questdb_table(Channel::mark_price, "TIMESTAMP_NS");
  EXPECT_EQ(made,
            "CREATE TABLE IF NOT EXISTS \"mark_price\" (ts_recv TIMESTAMP_NS, venue SYMBOL, symbol "
            "SYMBOL, instrument SYMBOL, \"ts_event\" LONG, \"seq\" LONG, \"price\" DOUBLE, "
            "\"price_mantissa\" LONG, \"price_exponent\" INT) TIMESTAMP(ts_recv) PARTITION BY DAY "
            "WAL DEDUP UPSERT KEYS(ts_recv, venue, symbol, seq)");
}

}  // namespace
}  // namespace mp::sink
