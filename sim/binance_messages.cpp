#include "sim/binance_messages.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "sim/text.hpp"

namespace mp::sim::binance {
namespace {

constexpr int kPlaces = -8;  // every price and quantity has eight decimals

constexpr InstrumentSpec spot(std::string_view symbol, std::string_view base, Decimal tick,
                              Decimal lot) {
  InstrumentSpec spec;
  spec.symbol = symbol;
  spec.base = base;
  spec.quote = "USDT";
  spec.tick_size = tick;
  spec.lot_size = lot;
  return spec;
}

constexpr std::array<InstrumentSpec, 4> kInstruments = [] {
  std::array<InstrumentSpec, 4> all = {
      spot("BTCUSDT", "BTC", {1, -2}, {1, -5}), spot("ETHUSDT", "ETH", {1, -2}, {1, -4}),
      spot("SOLUSDT", "SOL", {1, -2}, {1, -3}), spot("XRPUSDT", "XRP", {1, -4}, {1, -1})};
  constexpr std::array<std::int64_t, 4> kStartTicks = {9'123'456, 301'234, 21'345, 24'567};
  constexpr std::array<std::int64_t, 4> kTypicalLots = {20'000, 20'000, 40'000, 20'000};
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].start_ticks = kStartTicks[i];
    all[i].typical_lots = kTypicalLots[i];
  }
  return all;
}();

Decimal eight(const Decimal& value) {
  return with_exponent(value, kPlaces);
}
Decimal price_of(const Market& market, std::int64_t ticks) {
  return eight(market.price(ticks).decimal);
}
Decimal quantity_of(const Market& market, std::int64_t lots) {
  return eight(market.quantity(lots).decimal);
}
// Eight decimals, unless the sum has grown beyond them.
Decimal turnover_eight(const InstrumentSpec& spec, Int128 ticks_lots) {
  const Decimal exact = turnover_of(spec, ticks_lots, kPlaces);
  const auto mantissa = mantissa_at(exact, kPlaces);
  return mantissa ? Decimal{.mantissa = *mantissa, .exponent = kPlaces} : exact;
}

Entry entry_of(const Market& market, Channel channel) {
  Entry entry;
  entry.venue = kVenue;
  entry.symbol = market.spec().symbol;
  entry.channel = channel;
  return entry;
}

void set_values(Entry& entry, std::initializer_list<Decimal> values) {
  std::ranges::copy(values, entry.values.begin());
  entry.values_count = static_cast<std::uint8_t>(values.size());
}

void append_levels(const std::vector<Level>& levels, std::string& out) {
  out += '[';
  for (const Level& level : levels) {
    append(out, out.back() == ']' ? ",[\"" : "[\"", level.price().decimal, "\",\"",
           level.quantity().decimal, "\"]");
  }
  out += ']';
}

}  // namespace

std::span<const InstrumentSpec> instruments() {
  return kInstruments;
}

Entry append_trade(const Market& market, const Fill& fill, Timestamp now, std::string& out) {
  Entry entry = entry_of(market, Channel::trade);
  entry.trade_id = fill.id;
  entry.side = fill.taker;
  entry.ts_event = floor_to_milliseconds(now);
  set_values(entry, {price_of(market, fill.ticks), quantity_of(market, fill.lots)});
  append(out, R"({"e":"trade","E":)", milliseconds(now), R"(,"s":")", entry.symbol, R"(","t":)",
         fill.id, R"(,"p":")", entry.values[0], R"(","q":")", entry.values[1], R"(","T":)",
         milliseconds(now), R"(,"m":)", fill.taker == Side::sell ? "true" : "false",
         R"(,"M":true})");
  return entry;
}

void append_past_trades(const Market& market, const std::deque<PastTrade>& past,
                        const std::optional<std::string>& from_id,
                        const std::optional<std::string>& limit, std::string& out) {
  const std::int64_t from = std::atoll(from_id.value_or("0").c_str());
  std::int64_t left = std::atoll(limit.value_or("500").c_str());
  out += '[';
  for (const auto& [fill, at] : past) {
    if (fill.id < from || left-- <= 0) continue;
    append(out, out.ends_with('[') ? "" : ",", R"({"id":)", fill.id, R"(,"price":")",
           price_of(market, fill.ticks), R"(","qty":")", quantity_of(market, fill.lots),
           R"(","quoteQty":"0","time":)", milliseconds(at), R"(,"isBuyerMaker":)",
           fill.taker == Side::sell ? "true" : "false", R"(,"isBestMatch":true})");
  }
  out += ']';
}

Entry append_book_ticker(const Market& market, std::string& out) {
  Entry entry = entry_of(market, Channel::quote);
  entry.last_sequence = market.sequence();
  const auto& [bid, bid_lots] = *market.bids().begin();
  const auto& [ask, ask_lots] = *market.asks().begin();
  set_values(entry, {price_of(market, bid), quantity_of(market, bid_lots), price_of(market, ask),
                     quantity_of(market, ask_lots)});
  append(out, R"({"u":)", market.sequence(), R"(,"s":")", entry.symbol, R"(","b":")",
         entry.values[0], R"(","B":")", entry.values[1], R"(","a":")", entry.values[2],
         R"(","A":")", entry.values[3], R"("})");
  return entry;
}

Entry append_ticker(const Market& market, Timestamp now, std::string& out) {
  const Bar day = market.day();
  const auto& [bid, bid_lots] = *market.bids().begin();
  const auto& [ask, ask_lots] = *market.asks().begin();
  Entry entry = entry_of(market, Channel::ticker);
  entry.ts_event = floor_to_milliseconds(now);
  const Decimal last = price_of(market, day.close);
  set_values(entry, {last, price_of(market, day.open), price_of(market, day.high),
                     price_of(market, day.low), quantity_of(market, day.lots),
                     turnover_eight(market.spec(), day.turnover), price_of(market, bid),
                     price_of(market, ask)});
  const auto& v = entry.values;
  const Decimal change = price_of(market, day.close - day.open);
  const Decimal percent{.mantissa = (day.close - day.open) * 100'000 / day.open, .exponent = -3};
  const std::int64_t average =
      day.lots == 0 ? day.close : static_cast<std::int64_t>(day.turnover / day.lots);
  append(out, R"({"e":"24hrTicker","E":)", milliseconds(now), R"(,"s":")", entry.symbol,
         R"(","p":")", change, R"(","P":")", percent, R"(","w":")", price_of(market, average),
         R"(","x":")", v[1], R"(","c":")", last, R"(","Q":")",
         quantity_of(market, market.last_lots()), R"(","b":")", v[6], R"(","B":")",
         quantity_of(market, bid_lots), R"(","a":")", v[7], R"(","A":")",
         quantity_of(market, ask_lots), R"(","o":")", v[1], R"(","h":")", v[2], R"(","l":")", v[3],
         R"(","v":")", v[4], R"(","q":")", v[5], R"(","O":)", milliseconds(now) - 86'400'000,
         R"(,"C":)", milliseconds(now), R"(,"F":)", day.first_trade, R"(,"L":)", day.last_trade,
         R"(,"n":)", day.trades, "}");
  return entry;
}

Entry append_kline(const Market& market, const Bar& bar, BarState state, Timestamp now,
                   std::string& out) {
  Entry entry = entry_of(market, Channel::candle);
  entry.ts_event = floor_to_milliseconds(now);
  set_values(entry, {price_of(market, bar.open), price_of(market, bar.high),
                     price_of(market, bar.low), price_of(market, bar.close),
                     quantity_of(market, bar.lots), turnover_eight(market.spec(), bar.turnover)});
  entry.open_time = bar.open_time;
  const auto& v = entry.values;
  append(out, R"({"e":"kline","E":)", milliseconds(now), R"(,"s":")", entry.symbol,
         R"(","k":{"t":)", milliseconds(bar.open_time), R"(,"T":)",
         milliseconds(bar.open_time) + 59'999, R"(,"s":")", entry.symbol, R"(","i":"1m","f":)",
         bar.first_trade, R"(,"L":)", bar.last_trade, R"(,"o":")", v[0], R"(","c":")", v[3],
         R"(","h":")", v[1], R"(","l":")", v[2], R"(","v":")", v[4], R"(","n":)", bar.trades,
         R"(,"x":)", state == BarState::closed ? "true" : "false", R"(,"q":")", v[5], R"(","V":")",
         quantity_of(market, bar.taker_buy_lots), R"(","Q":")",
         turnover_eight(market.spec(), bar.taker_buy_turnover), R"(","B":"0"}})");
  return entry;
}

Entry append_depth(const Market& market, DepthStream& stream, Timestamp now, std::string& out) {
  Entry entry = entry_of(market, Channel::book);
  entry.ts_event = floor_to_milliseconds(now);
  entry.first_sequence = stream.last_sequence + 1;
  entry.last_sequence = market.sequence();
  // Bids come first in this order, each side by rising price: bids are sent best first, as asks
  // are.
  std::ranges::sort(stream.touched);
  const auto doubles = std::ranges::unique(stream.touched);
  stream.touched.erase(doubles.begin(), doubles.end());
  for (const Touched& level : stream.touched) {
    auto& side = level.side == BookSide::bid ? entry.bids : entry.asks;
    side.emplace_back(Price{price_of(market, level.ticks)},
                      Quantity{quantity_of(market, market.lots_at(level))});
  }
  std::ranges::reverse(entry.bids);
  stream.touched.clear();
  stream.last_sequence = market.sequence();

  append(out, R"({"e":"depthUpdate","E":)", milliseconds(now), R"(,"s":")", entry.symbol,
         R"(","U":)", *entry.first_sequence, R"(,"u":)", *entry.last_sequence, R"(,"b":)");
  append_levels(entry.bids, out);
  out += R"(,"a":)";
  append_levels(entry.asks, out);
  out += '}';
  return entry;
}

Entry append_snapshot(const Market& market, std::size_t levels, std::string& out) {
  Entry entry = entry_of(market, Channel::book);
  entry.delivery = Delivery::rest;
  entry.is_snapshot = true;
  entry.last_sequence = market.sequence();
  const auto copy = [&](const auto& side, std::vector<Level>& to) {
    for (const auto& [ticks, lots] : side) {
      if (to.size() == levels) break;
      to.emplace_back(Price{price_of(market, ticks)}, Quantity{quantity_of(market, lots)});
    }
  };
  copy(market.bids(), entry.bids);
  copy(market.asks(), entry.asks);
  append(out, R"({"lastUpdateId":)", *entry.last_sequence, R"(,"bids":)");
  append_levels(entry.bids, out);
  out += R"(,"asks":)";
  append_levels(entry.asks, out);
  out += '}';
  return entry;
}

void append_symbol(const InstrumentSpec& spec, std::string& out) {
  const Decimal tick = eight(spec.tick_size);
  const Decimal lot = eight(spec.lot_size);
  append(out, R"({"symbol":")", spec.symbol, R"(","status":"TRADING","baseAsset":")", spec.base,
         R"(","baseAssetPrecision":8,"quoteAsset":")", spec.quote,
         R"(","quotePrecision":8,"quoteAssetPrecision":8,"baseCommissionPrecision":8,)"
         R"("quoteCommissionPrecision":8,"orderTypes":["LIMIT","LIMIT_MAKER","MARKET"],)"
         R"("icebergAllowed":true,"ocoAllowed":true,"isSpotTradingAllowed":true,)"
         R"("isMarginTradingAllowed":false,"filters":[{"filterType":"PRICE_FILTER","minPrice":")",
         tick, R"(","maxPrice":"1000000.00000000","tickSize":")", tick,
         R"("},{"filterType":"LOT_SIZE","minQty":")", lot,
         R"(","maxQty":"9000000.00000000","stepSize":")", lot,
         R"("},{"filterType":"NOTIONAL","minNotional":"5.00000000","applyMinToMarket":true,)"
         R"("maxNotional":"9000000.00000000","applyMaxToMarket":false,"avgPriceMins":5}],)"
         R"("permissions":[],"permissionSets":[["SPOT"]]})");
}

}  // namespace mp::sim::binance
