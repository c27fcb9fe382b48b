#include <gtest/gtest.h>

#include <algorithm>

#include "sink/clickhouse_tables.hpp"

namespace mp::sink {
namespace {

ClickHouseLayout layout() {
  auto made = old_layout({.database = "d", .engine = "ReplacingMergeTree", .channels = {}});
  EXPECT_TRUE(made.ok());
  return made.take();
}

Event event_of(Event::Body body) {
  Event event;
  event.venue = "binance";
  event.symbol = "BTCUSDT";
  event.instrument = "BTC-USDT";
  event.ts_recv = from_nanoseconds(1'764'000'000'123'456'789);
  event.body = body;
  return event;
}

std::size_t number_of(const ClickHouseLayout& of, std::string_view name) {
  const auto found = std::ranges::find(of.tables, name, &ClickHouseTable::name);
  EXPECT_NE(found, of.tables.end());
  return static_cast<std::size_t>(found - of.tables.begin());
}

TEST(ClickHouseOldLayout, needs_datetime64) {
  const auto made = old_layout({.database = "d",
                                .engine = "ReplacingMergeTree",
                                .channels = {},
                                .times = TimeColumns::int64});
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().kind, ErrorKind::config);
}

TEST(ClickHouseOldLayout, makes_the_old_tables) {
  const auto of = layout();
  ASSERT_EQ(of.tables.size(), 8U);
  const auto made = create_statement("marketprism_hot", of.tables[number_of(of, "trades")]);
  EXPECT_EQ(made,
            "CREATE TABLE IF NOT EXISTS `marketprism_hot`.`trades` (`timestamp` DateTime64(3, "
            "'UTC'), `exchange` LowCardinality(String), `market_type` LowCardinality(String), "
            "`symbol` LowCardinality(String), `trade_id` String, `price` Decimal64(8), `quantity` "
            "Decimal64(8), `side` LowCardinality(String), `is_maker` UInt8, `trade_time` "
            "DateTime64(3, 'UTC'), `data_source` LowCardinality(String), `created_at` DateTime "
            "DEFAULT now()) ENGINE = ReplacingMergeTree PARTITION BY (toYYYYMM(timestamp), "
            "exchange) ORDER BY (timestamp, exchange, symbol, trade_id)");
}

TEST(ClickHouseOldLayout, adds_the_best_prices_to_the_payload_of_a_snapshot) {
  const auto of = layout();
  const std::array<Level, 2> bids = {Level{Price{{1, 0}}, Quantity{{5, 0}}},
                                     Level{Price{{20, -1}}, Quantity{{6, 0}}}};
  Book book;
  book.bids = bids;
  for (const bool is_snapshot : {true, false}) {
    book.is_snapshot = is_snapshot;
    const Event event = event_of(book);
    std::vector<std::string> bodies(of.tables.size());
    EXPECT_EQ(of.append({.event = &event}, bodies), "");
    const auto& body = bodies[number_of(of, "orderbooks")];
    const std::string best = ",\"best_bid_price\":\"2.0\",\"best_bid_quantity\":\"6\"";
    EXPECT_TRUE(body.ends_with(",\"bids_count\":2,\"asks_count\":0" +
                               (is_snapshot ? best : std::string{}) + "}\n"))
        << body;
  }
}

TEST(ClickHouseOldLayout, refuses_what_decimal64_would_cut) {
  const auto of = layout();
  std::vector<std::string> bodies(of.tables.size());
  for (const Price price : {Price{{1, -9}}, Price{{1, 11}}}) {
    const Event event = event_of(
        Trade{.trade_id = "1", .price = price, .quantity = {{1, 0}}, .side = std::nullopt});
    EXPECT_NE(of.append({.event = &event}, bodies), "");
  }
  const Event fits = event_of(
      Trade{.trade_id = "1", .price = {{10, -9}}, .quantity = {{1, 0}}, .side = std::nullopt});
  EXPECT_EQ(of.append({.event = &fits}, bodies), "");
  const Event quote = event_of(Quote{});  // the old system had none
  EXPECT_EQ(of.append({.event = &quote}, bodies), "");
  EXPECT_EQ(std::ranges::count_if(bodies, [](const auto& body) { return !body.empty(); }), 1);
}

}  // namespace
}  // namespace mp::sink
