#include "codec/json_encode.hpp"

#include <gtest/gtest.h>

namespace mp::codec {
namespace {

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(text, out);
  return out;
}

Price price(std::string_view text) {
  return {*parse_decimal(text)};
}
Quantity quantity(std::string_view text) {
  return {*parse_decimal(text)};
}

std::string encoded(const Event::Body& body) {
  Event event;
  event.venue = "okx";
  event.symbol = "BTC-USDT";
  event.instrument = "BTC-USDT";
  event.ts_event = from_nanoseconds(5);
  event.ts_recv = from_nanoseconds(7);
  event.seq = 9;
  event.body = body;
  std::string out;
  append_json(event, out);
  constexpr std::string_view kHead = R"("venue":"okx","symbol":"BTC-USDT","instrument":"BTC-USDT",)"
                                     R"("ts_event":5,"ts_recv":7,"seq":9,)";
  const auto at = out.find(kHead);
  EXPECT_NE(at, std::string::npos) << out;
  return out.erase(at, kHead.size());
}

TEST(JsonEncode, escapes_strings) {
  EXPECT_EQ(json_string("plain"), R"("plain")");
  EXPECT_EQ(json_string(""), R"("")");
  EXPECT_EQ(json_string("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(json_string("\n\r\t\b\x1f"), R"("\n\r\t\u0008\u001f")");
  EXPECT_EQ(json_string(std::string_view{"\0", 1}), R"("\u0000")");
  EXPECT_EQ(json_string("\x7f"), "\"\x7f\"");
}

TEST(JsonEncode, escapes_wherever_it_must_within_an_event) {
  for (const std::string_view odd : {"\"", "\\", "\n", "\x1f", "\x7f", "\xC3\xA9", "\xFF", " "}) {
    for (std::size_t size = 0; size <= 20; ++size) {
      for (std::size_t at = 0; at <= size; ++at) {
        std::string id(size, '!');
        id.insert(at, odd);
        EXPECT_EQ(encoded(Trade{.trade_id = id}),
                  R"({"type":"trade","trade_id":)" + json_string(id) +
                      R"(,"price":"0","quantity":"0","side":null})");
      }
    }
  }
}

TEST(JsonEncode, keeps_utf8_and_replaces_what_is_not) {
  const std::string several = "\xC3\xA4\xE5\xB8\x81\xF0\x9F\x9A\x80";
  EXPECT_EQ(json_string(several), "\"" + several + "\"");
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  for (const auto* bad : {"\x80", "\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80",
                          "\xF4\x90\x80\x80", "\xFF", "\xF0\x9F\x9A"}) {
    const auto out = json_string("a" + std::string{bad} + "b");
    EXPECT_TRUE(out.starts_with("\"a" + std::string{kReplacement})) << out;
    EXPECT_TRUE(out.ends_with("b\"")) << out;
  }
}

TEST(JsonEncode, writes_integers_at_their_ends) {
  std::string out;
  append_json_integer(std::numeric_limits<std::int64_t>::min(), out);
  append_json_integer(std::numeric_limits<std::int64_t>::max(), out);
  EXPECT_EQ(out, "-92233720368547758089223372036854775807");
}

TEST(JsonEncode, writes_the_header_with_nulls_where_nothing_is_known) {
  Event event;
  event.venue = "v";
  event.symbol = "s\"";
  event.body = MarkPrice{price("1.50")};
  std::string out;
  append_json(event, out, Closing::open);
  EXPECT_EQ(out, R"({"type":"mark_price","venue":"v","symbol":"s\"","instrument":null,)"
                 R"("ts_event":null,"ts_recv":0,"seq":0,"price":"1.50")");
  append_json_key("frame", out);
  append_json_integer(3, out);
  EXPECT_TRUE(out.ends_with(R"("price":"1.50","frame":3)"));
}

TEST(JsonEncode, writes_the_digits_that_were_sent) {
  EXPECT_EQ(encoded(MarkPrice{price("0.10000000000000000000000")}),
            R"({"type":"mark_price","price":"0.10000000000000000000000"})");
  const std::vector<Level> bids = {
      {price("1.0000000000000000000"), quantity("123456789012345678.0000")}};
  EXPECT_TRUE(
      encoded(Book{.bids = bids})
          .ends_with(R"("bids":[["1.0000000000000000000","123456789012345678.0000"]],"asks":[]})"));
}

TEST(JsonEncode, writes_books) {
  const std::vector<Level> bids = {{price("1.10"), quantity("0")}, {price("1"), quantity("2e3")}};
  EXPECT_EQ(
      encoded(Book{true, 1, 2, {}, -3, price("1"), {}, bids, {}}),
      R"({"type":"book","is_snapshot":true,"depth":null,"first_sequence":1,"last_sequence":2,)"
      R"("previous_sequence":null,"checksum":-3,"known_bid":"1","known_ask":null,)"
      R"("bids":[["1.10","0"],["1","2000"]],"asks":[]})");
}

TEST(JsonEncode, writes_every_body) {
  EXPECT_EQ(encoded(Trade{"1", price("1.0"), quantity("2"), Side::sell}),
            R"({"type":"trade","trade_id":"1","price":"1.0","quantity":"2","side":"sell"})");
  EXPECT_EQ(encoded(Trade{}),
            R"({"type":"trade","trade_id":null,"price":"0","quantity":"0","side":null})");
  EXPECT_EQ(encoded(Quote{price("1"), quantity("2"), {}, {}, 5}),
            R"({"type":"quote","bid_price":"1","bid_quantity":"2","ask_price":null,)"
            R"("ask_quantity":null,"sequence":5})");
  EXPECT_EQ(
      encoded(Ticker{price("1"), {}, {}, {}, quantity("2"), {}, {}, {}}),
      R"({"type":"ticker","last_price":"1","open_price":null,"high_price":null,)"
      R"("low_price":null,"volume":"2","quote_volume":null,"bid_price":null,"ask_price":null})");
  EXPECT_EQ(encoded(Candle{"1m",
                           from_nanoseconds(1),
                           {},
                           price("1"),
                           price("2"),
                           price("0.5"),
                           price("1.5"),
                           quantity("9"),
                           {},
                           4,
                           true}),
            R"({"type":"candle","interval":"1m","open_time":1,"close_time":null,"open":"1",)"
            R"("high":"2","low":"0.5","close":"1.5","volume":"9","quote_volume":null,"trades":4,)"
            R"("is_closed":true})");
  EXPECT_EQ(encoded(Funding{Decimal{-1, -4}, from_nanoseconds(8), {}, Decimal{8, 0}}),
            R"({"type":"funding","rate":"-0.0001","next_time":8,"predicted_rate":null,)"
            R"("interval_hours":"8"})");
  EXPECT_EQ(encoded(OpenInterest{quantity("5"), {}}),
            R"({"type":"open_interest","quantity":"5","value":null})");
  EXPECT_EQ(encoded(Liquidation{{}, price("1"), quantity("2"), Side::buy}),
            R"({"type":"liquidation","order_id":null,"price":"1","quantity":"2","side":"buy"})");
  EXPECT_EQ(encoded(IndexPrice{price("3")}), R"({"type":"index_price","price":"3"})");
  EXPECT_EQ(encoded(VolatilityIndex{Decimal{5, -1}}),
            R"({"type":"volatility_index","value":"0.5"})");
  EXPECT_EQ(
      encoded(LongShortRatio{"accounts", Decimal{6, -1}, Decimal{4, -1}, Decimal{15, -1}, "5m"}),
      R"({"type":"long_short_ratio","kind":"accounts","long":"0.6","short":"0.4",)"
      R"("ratio":"1.5","period":"5m"})");
  OptionSummary option;
  option.delta = Decimal{-3, -1};
  EXPECT_EQ(encoded(option),
            R"({"type":"option_summary","bid_price":null,"ask_price":null,"mark_price":null,)"
            R"("mark_iv":null,"bid_iv":null,"ask_iv":null,"delta":"-0.3","gamma":null,"vega":null,)"
            R"("theta":null,"rho":null,"underlying_price":null,"open_interest":null})");
  InstrumentInfo info;
  info.kind = InstrumentKind::option;
  info.base = "BTC";
  info.quote = "USD";
  info.strike = price("100000");
  info.option_type = "call";
  info.status = "trading";
  EXPECT_EQ(encoded(info),
            R"({"type":"instrument","kind":"option","base":"BTC","quote":"USD","settle":null,)"
            R"("tick_size":null,"lot_size":null,"contract_size":null,"expiry":null,)"
            R"("strike":"100000","option_type":"call","status":"trading"})");
}

TEST(JsonEncode, writes_a_status) {
  EXPECT_EQ(
      encoded(Status{Condition::gap, Channel::book, "lost", 5, 7, {}, Timestamp{Nanoseconds{9}}}),
      R"({"type":"status","condition":"gap","channel":"book","reason":"lost",)"
      R"("from_sequence":5,"to_sequence":7,"missing":null,"since":9})");
}

}  // namespace
}  // namespace mp::codec
