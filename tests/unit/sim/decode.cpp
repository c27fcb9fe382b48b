#include "unit/sim/decode.hpp"

#include <array>
#include <initializer_list>

namespace mp::sim {
namespace {

void read_values(Json json, std::initializer_list<const char*> keys, Entry& entry) {
  for (const char* const key : keys) entry.values[entry.values_count++] = decimal_at(json, key);
}

void read_binance(Json data, Entry& entry) {
  if (!has(data, "e")) {  // bookTicker is the only one without a type
    entry.channel = Channel::quote;
    entry.symbol = {};
    entry.last_sequence = integer_at(data, "u");
    read_values(data, {"b", "B", "a", "A"}, entry);
    return;
  }
  entry.ts_event = millis(integer_at(data, "E"));
  const std::string type = text_at(data, "e");
  if (type == "trade") {
    entry.channel = Channel::trade;
    entry.ts_event = millis(integer_at(data, "T"));
    entry.trade_id = integer_at(data, "t");
    entry.side = data["m"].get_bool().value() ? Side::sell : Side::buy;
    read_values(data, {"p", "q"}, entry);
  } else if (type == "depthUpdate") {
    entry.channel = Channel::book;
    entry.first_sequence = integer_at(data, "U");
    entry.last_sequence = integer_at(data, "u");
    entry.bids = levels_in(data["b"].value());
    entry.asks = levels_in(data["a"].value());
  } else if (type == "24hrTicker") {
    entry.channel = Channel::ticker;
    read_values(data, {"c", "o", "h", "l", "v", "q", "b", "a"}, entry);
  } else if (type == "kline") {
    entry.channel = Channel::candle;
    const Json bar = data["k"].value();
    entry.open_time = millis(integer_at(bar, "t"));
    read_values(bar, {"o", "h", "l", "c", "v", "q"}, entry);
  } else {
    ADD_FAILURE() << "unknown type " << type;
  }
}

void read_okx_book(Json row, std::string_view channel, Entry& entry) {
  entry.last_sequence = integer_at(row, "seqId");
  if (channel == "bbo-tbt") {
    entry.channel = Channel::quote;
    const auto bids = levels_in(row["bids"].value());
    const auto asks = levels_in(row["asks"].value());
    entry.values = {bids.at(0).price().decimal, bids.at(0).quantity().decimal,
                    asks.at(0).price().decimal, asks.at(0).quantity().decimal};
    entry.values_count = 4;
    return;
  }
  entry.channel = Channel::book;
  entry.previous_sequence = integer_at(row, "prevSeqId");
  entry.checksum = integer_at(row, "checksum");
  entry.bids = levels_in(row["bids"].value());
  entry.asks = levels_in(row["asks"].value());
}

void read_okx(Json row, std::string_view channel, Entry& entry) {
  if (channel == "candle1m") {
    entry.channel = Channel::candle;
    entry.open_time = millis(decimal_of(row.at(0).get_string().value()).mantissa);
    for (const std::size_t i : {1U, 2U, 3U, 4U, 5U, 7U})
      entry.values[entry.values_count++] = decimal_of(row.at(i).get_string().value());
    return;
  }
  if (channel == "instruments") {
    entry.channel = Channel::instrument;
    read_values(row, {"tickSz", "lotSz"}, entry);
    return;
  }
  entry.ts_event = millis(decimal_at(row, "ts").mantissa);
  if (channel == "books" || channel == "bbo-tbt") {
    read_okx_book(row, channel, entry);
  } else if (channel == "trades") {
    entry.channel = Channel::trade;
    entry.trade_id = decimal_at(row, "tradeId").mantissa;
    entry.side = text_at(row, "side") == "buy" ? Side::buy : Side::sell;
    entry.last_sequence = integer_at(row, "seqId");
    read_values(row, {"px", "sz"}, entry);
  } else if (channel == "tickers") {
    entry.channel = Channel::ticker;
    read_values(row,
                {"last", "open24h", "high24h", "low24h", "vol24h", "volCcy24h", "bidPx", "askPx"},
                entry);
  } else if (channel == "funding-rate") {
    entry.channel = Channel::funding;
    read_values(row, {"fundingRate"}, entry);
  } else if (channel == "open-interest") {
    entry.channel = Channel::open_interest;
    read_values(row, {"oi", "oiUsd"}, entry);
  } else if (channel == "mark-price") {
    entry.channel = Channel::mark_price;
    read_values(row, {"markPx"}, entry);
  } else {
    ADD_FAILURE() << "unknown channel " << channel;
  }
}

}  // namespace

std::vector<Entry> decode_binance(std::string_view text) {
  const Document document(text);
  const Json root = document.root();
  if (has(root, "result") || has(root, "error")) return {};
  Entry entry;
  read_binance(has(root, "data") ? root["data"].value() : root, entry);
  return {entry};
}

std::vector<Entry> decode_okx(std::string_view text) {
  if (text == "pong") return {};
  const Document document(text);
  const Json root = document.root();
  if (has(root, "event")) return {};
  const std::string channel = text_at(root["arg"].value(), "channel");
  std::vector<Entry> entries;
  const simdjson::dom::array rows = root["data"].get_array().value();
  for (const Json row : rows) {
    Entry& entry = entries.emplace_back();
    entry.is_snapshot = has(root, "action") && text_at(root, "action") == "snapshot";
    read_okx(row, channel, entry);
  }
  return entries;
}

void expect_same(const Entry& sent, const Entry& received) {
  EXPECT_EQ(sent.channel, received.channel);
  EXPECT_EQ(sent.is_snapshot, received.is_snapshot);
  EXPECT_EQ(sent.side, received.side);
  EXPECT_EQ(sent.first_sequence, received.first_sequence);
  EXPECT_EQ(sent.last_sequence, received.last_sequence);
  EXPECT_EQ(sent.previous_sequence, received.previous_sequence);
  EXPECT_EQ(sent.checksum, received.checksum);
  EXPECT_EQ(sent.trade_id, received.trade_id);
  EXPECT_EQ(sent.ts_event, received.ts_event);
  EXPECT_EQ(sent.open_time, received.open_time);
  ASSERT_EQ(sent.values_count, received.values_count);
  for (std::size_t i = 0; i < sent.values_count; ++i) {
    EXPECT_EQ(sent.values[i].mantissa, received.values[i].mantissa) << "value " << i;
    EXPECT_EQ(sent.values[i].exponent, received.values[i].exponent) << "value " << i;
    EXPECT_EQ(sent.values[i].zeros, received.values[i].zeros) << "value " << i;
  }
  const auto same_levels = [](const std::vector<Level>& a, const std::vector<Level>& b) {
    return std::ranges::equal(a, b, [](const Level& x, const Level& y) {
      return x.price_mantissa == y.price_mantissa && x.price_exponent == y.price_exponent &&
             x.quantity_mantissa == y.quantity_mantissa &&
             x.quantity_exponent == y.quantity_exponent;
    });
  };
  EXPECT_TRUE(same_levels(sent.bids, received.bids));
  EXPECT_TRUE(same_levels(sent.asks, received.asks));
}

}  // namespace mp::sim
