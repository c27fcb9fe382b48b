#include "codec/marketprism_json.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace mp::codec {
namespace {

Decimal decimal(std::string_view text) {
  return *parse_decimal(text);
}
Price price(std::string_view text) {
  return {decimal(text)};
}
Quantity quantity(std::string_view text) {
  return {decimal(text)};
}

Event event_of(Event::Body body, std::string_view venue = "binance",
               std::string_view symbol = "BTCUSDT", std::string_view instrument = "BTC-USDT") {
  Event event;
  event.venue = venue;
  event.symbol = symbol;
  event.instrument = instrument;
  event.ts_event = from_nanoseconds(1'795'489'020'123'456'789);
  event.ts_recv = from_nanoseconds(1'795'489'020'130'000'000);
  event.seq = 1;
  event.body = body;
  return event;
}

std::string json(const Event& event, std::optional<InstrumentKind> kind = std::nullopt) {
  std::string out;
  EXPECT_TRUE(append_marketprism_json(event, kind, out));
  return out;
}

constexpr std::string_view kSpotHead =
    R"("exchange":"binance_spot","exchange_name":"binance_spot","market_type":"spot",)"
    R"("symbol":"BTC-USDT","symbol_name":"BTCUSDT","ts_ms":1795489020123,)"
    R"("collected_ts_ms":1795489020130,"timestamp":"2026-11-24 02:57:00.123",)"
    R"("collected_at":"2026-11-24 02:57:00.130")";
constexpr std::string_view kTail = R"(,"publisher":"marketprism","data_source":"marketprism"})";

struct Case {
  std::string_view type;
  Event::Body body;
  std::string_view fields;
  std::string_view message_id;
};

std::vector<Case> cases() {
  static const std::vector<Level> kBids = {{price("61837.63"), quantity("0.50")}};
  Trade trade{.trade_id = std::string_view{"4711"},
              .price = price("61837.63"),
              .quantity = quantity("0.00100"),
              .side = Side::sell};
  Book book;
  book.is_snapshot = true;
  book.last_sequence = 12;
  book.bids = kBids;
  Ticker ticker;
  ticker.last_price = price("2");
  ticker.bid_price = price("1.90");
  Candle candle;
  candle.interval = "1m";
  candle.open_time = from_nanoseconds(1'795'489'020'000'000'000);
  candle.open = candle.high = candle.low = candle.close = price("7.0");
  candle.volume = quantity("3");
  candle.trades = 9;
  Funding funding;
  funding.rate = decimal("0.00010000");
  funding.next_time = from_nanoseconds(1'795'492'800'000'000'000);
  funding.interval_hours = decimal("8");
  OpenInterest interest;
  interest.quantity = quantity("123.456");
  Liquidation liquidation{.order_id = std::nullopt,
                          .price = price("10.5"),
                          .quantity = quantity("2"),
                          .side = Side::buy};
  LongShortRatio positions;
  positions.kind = "positions";
  positions.long_share = decimal("0.6");
  positions.short_share = decimal("0.4");
  positions.ratio = decimal("1.5");
  positions.period = "5m";
  LongShortRatio accounts = positions;
  accounts.kind = "accounts";
  return {
      {"trade", trade,
       R"("trade_id":"4711","price":"61837.63","quantity":"0.00100","quote_quantity":"61.8376300",)"
       R"("side":"sell","is_maker":true,"is_buyer_maker":true,"trade_ts_ms":1795489020123,)"
       R"("trade_time":"2026-11-24 02:57:00.123")",
       "4711"},
      {"orderbook", book,
       R"("last_update_id":12,"first_update_id":null,"prev_update_id":null,)"
       R"("update_type":"snapshot","bids":[{"price":"61837.63","quantity":"0.50"}],"asks":[],)"
       R"("depth_levels":1,"checksum":null)",
       "12"},
      {"ticker", ticker,
       R"("last_price":"2","open_price":null,"high_price":null,"low_price":null,"volume":null,)"
       R"("quote_volume":null,"best_bid_price":"1.90","best_ask_price":null)",
       "1795489020123"},
      {"kline", candle,
       R"("interval":"1m","open_time":"2026-11-24 02:57:00.000","close_time":null,)"
       R"("open_price":"7.0","high_price":"7.0","low_price":"7.0","close_price":"7.0",)"
       R"("volume":"3","quote_volume":null,"trade_count":9)",
       "1795489020123"},
      {"funding_rate", funding,
       R"("instrument_id":"BTCUSDT","current_funding_rate":"0.00010000",)"
       R"("funding_rate":"0.00010000","estimated_funding_rate":null,)"
       R"("funding_time":"2026-11-24 02:57:00.123","next_funding_time":"2026-11-24 04:00:00.000",)"
       R"("funding_interval":"8h")",
       "1795489020123"},
      {"open_interest", interest, R"("open_interest":"123.456","open_interest_value":null)",
       "1795489020123"},
      {"liquidation", liquidation,
       R"("liquidation_id":null,"order_id":null,"side":"buy","price":"10.5","quantity":"2",)"
       R"("value":"21.0","liquidation_time":"2026-11-24 02:57:00.123")",
       "1795489020123:10.5:2:buy"},
      {"volatility_index", VolatilityIndex{decimal("55.31")},
       R"("volatility_index":"55.31","index_value":"55.31","underlying_asset":"BTC")",
       "1795489020123"},
      {"lsr_top_position", positions,
       R"("long_short_ratio":"1.5","long_position_ratio":"0.6","short_position_ratio":"0.4",)"
       R"("period":"5m")",
       "1795489020123:5m"},
      {"lsr_all_account", accounts,
       R"("long_short_ratio":"1.5","long_account_ratio":"0.6","short_account_ratio":"0.4",)"
       R"("period":"5m")",
       "1795489020123:5m"},
  };
}

TEST(MarketprismJson, keeps_the_old_names_of_every_data_type) {
  for (const Case& c : cases()) {
    std::string expected = "{\"data_type\":\"";
    expected.append(c.type).append("\",").append(kSpotHead).append(",");
    expected.append(c.fields).append(kTail);
    EXPECT_EQ(json(event_of(c.body)), expected);
  }
}

TEST(MarketprismJson, names_subjects_and_message_ids_of_every_data_type) {
  for (const Case& c : cases()) {
    const Event event = event_of(c.body);
    std::string subject;
    std::string old;
    std::string id;
    ASSERT_TRUE(append_marketprism_subject(event, std::nullopt, subject));
    ASSERT_TRUE(append_marketprism_old_subject(event, old));
    ASSERT_TRUE(append_marketprism_message_id(event, std::nullopt, id));
    const std::string type{c.type};
    EXPECT_EQ(subject, type + ".binance_spot.spot.BTC-USDT");
    EXPECT_EQ(old, "market.binance.BTC-USDT." + type);
    EXPECT_EQ(id, type + ":binance_spot:BTC-USDT:" + std::string{c.message_id});
  }
}

TEST(MarketprismJson, tells_markets_by_kind_then_instrument_then_venue) {
  struct Market {
    std::string_view venue, symbol, instrument;
    std::optional<InstrumentKind> kind;
    std::string_view subject;
  };
  const Market markets[] = {
      {"binance-usdm", "BTCUSDT", "BTC-USDT-PERP", std::nullopt,
       "trade.binance_derivatives.perpetual.BTC-USDT"},
      {"okx", "BTC-USDT-SWAP", "BTC-USDT-PERP", InstrumentKind::perpetual,
       "trade.okx_derivatives.perpetual.BTC-USDT"},
      {"okx", "BTC-USDT", "BTC-USDT", InstrumentKind::spot, "trade.okx_spot.spot.BTC-USDT"},
      {"okx", "BTC-USD-261225", "BTC-USD-20261225", std::nullopt,
       "trade.okx_derivatives.perpetual.BTC-USD-20261225"},
      {"deribit", "BTC-25DEC26-100000-C", "BTC-USD-20261225-100000-C", InstrumentKind::option,
       "trade.deribit_derivatives.options.BTC-USD-20261225-100000-C"},
      {"deribit", "BTC-25DEC26-100000-C", "BTC-USD-20261225-100000-C", std::nullopt,
       "trade.deribit_derivatives.options.BTC-USD-20261225-100000-C"},
      {"bybit-linear", "WEIRD", "", std::nullopt, "trade.bybit_derivatives.perpetual.WEIRD"},
      {"anywhere", "XBTUSD", "", InstrumentKind::perpetual,
       "trade.anywhere_derivatives.perpetual.XBTUSD"},
      {"anywhere", "XBTUSD", "", std::nullopt, "trade.anywhere_spot.spot.XBTUSD"},
      {"binance-us", "BTCUSD", "", std::nullopt, "trade.binance_us_spot.spot.BTCUSD"},
      {"binance", "a.b *>", "", std::nullopt, "trade.binance_spot.spot.a_b___"},
  };
  for (const auto& market : markets) {
    std::string subject;
    ASSERT_TRUE(append_marketprism_subject(
        event_of(Trade{}, market.venue, market.symbol, market.instrument), market.kind, subject));
    EXPECT_EQ(subject, market.subject);
  }
}

TEST(MarketprismJson, takes_no_derivative_channel_of_an_unknown_instrument_for_spot) {
  for (const Event::Body& body :
       std::initializer_list<Event::Body>{VolatilityIndex{}, Funding{}, OpenInterest{}}) {
    std::string subject;
    ASSERT_TRUE(append_marketprism_subject(event_of(body, "anywhere", "btc_usd", ""), std::nullopt,
                                           subject));
    EXPECT_TRUE(subject.ends_with(".anywhere_derivatives.perpetual.btc_usd")) << subject;
  }
}

TEST(MarketprismJson, gives_our_time_where_the_venue_gives_none) {
  Event event = event_of(VolatilityIndex{decimal("1")});
  event.ts_event.reset();
  EXPECT_NE(json(event).find(R"("ts_ms":1795489020130,)"), std::string::npos);
}

TEST(MarketprismJson, leaves_out_a_product_that_cannot_be_exact) {
  Trade trade;
  trade.price = price("9223372036854775807");
  trade.quantity = quantity("9223372036854775807");
  EXPECT_NE(json(event_of(trade)).find(R"("quote_quantity":null)"), std::string::npos);
}

TEST(MarketprismJson, keeps_400_levels_of_a_snapshot_and_all_of_an_update) {
  const std::vector<Level> levels(1000, Level{price("1"), quantity("1")});
  Book book;
  book.bids = levels;
  EXPECT_NE(json(event_of(book)).find(R"("depth_levels":1000)"), std::string::npos);
  book.is_snapshot = true;
  EXPECT_NE(json(event_of(book)).find(R"("depth_levels":400)"), std::string::npos);
}

TEST(MarketprismJson, refuses_what_the_old_system_had_no_message_for) {
  for (const Event::Body& body : std::initializer_list<Event::Body>{
           Quote{}, MarkPrice{}, IndexPrice{}, OptionSummary{}, InstrumentInfo{}, Status{}}) {
    std::string out;
    EXPECT_FALSE(append_marketprism_json(event_of(body), std::nullopt, out));
    EXPECT_FALSE(append_marketprism_subject(event_of(body), std::nullopt, out));
    EXPECT_FALSE(append_marketprism_old_subject(event_of(body), out));
    EXPECT_FALSE(append_marketprism_message_id(event_of(body), std::nullopt, out));
    EXPECT_EQ(out, "");
  }
}

}  // namespace
}  // namespace mp::codec
