#include "sim/okx_messages.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "sim/text.hpp"

namespace mp::sim::okx {
namespace {

constexpr std::size_t kChecksumLevels = 25;
constexpr std::int64_t kFundingEveryMs = 8 * 3600 * 1000;
constexpr int kTurnoverPlaces = -6;

constexpr InstrumentSpec instrument(std::string_view symbol, std::string_view base,
                                    InstrumentKind kind, Decimal tick, Decimal lot) {
  InstrumentSpec spec;
  spec.symbol = symbol;
  spec.base = base;
  spec.quote = "USDT";
  spec.kind = kind;
  spec.tick_size = tick;
  spec.lot_size = lot;
  return spec;
}

constexpr std::array<InstrumentSpec, 4> kInstruments = [] {
  constexpr auto kSpot = InstrumentKind::spot;
  constexpr auto kPerpetual = InstrumentKind::perpetual;
  std::array<InstrumentSpec, 4> all = {
      instrument("BTC-USDT", "BTC", kSpot, {1, -1}, {1, -8}),
      instrument("ETH-USDT", "ETH", kSpot, {1, -2}, {1, -6}),
      instrument("BTC-USDT-SWAP", "BTC", kPerpetual, {1, -1}, {1, -2}),
      instrument("ETH-USDT-SWAP", "ETH", kPerpetual, {1, -2}, {1, -2})};
  constexpr std::array<std::int64_t, 4> kStartTicks = {912'345, 301'234, 912'501, 301'301};
  constexpr std::array<std::int64_t, 4> kTypicalLots = {20'000'000, 2'000'000, 2'000, 2'000};
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].start_ticks = kStartTicks[i];
    all[i].typical_lots = kTypicalLots[i];
  }
  all[2].contract_size = {1, -2};
  all[3].contract_size = {1, -1};
  return all;
}();

// The venue sends no zeros at the end of a fraction.
Decimal price_of(const Market& market, std::int64_t ticks) {
  return stripped(market.price(ticks).decimal);
}
Decimal quantity_of(const Market& market, std::int64_t lots) {
  return stripped(market.quantity(lots).decimal);
}
Decimal turnover(const Market& market, Int128 ticks_lots) {
  return stripped(turnover_of(market.spec(), ticks_lots, kTurnoverPlaces));
}
// In the base currency, whatever the venue counts in.
Decimal base_of(const Market& market, std::int64_t lots) {
  const InstrumentSpec& spec = market.spec();
  return stripped(cut(Int128{lots} * spec.lot_size.mantissa * spec.contract_size.mantissa,
                      spec.lot_size.exponent + spec.contract_size.exponent, -8));
}
std::int64_t orders_of(std::int64_t lots) {
  return 1 + lots % 7;
}

Entry entry_of(const InstrumentSpec& spec, Channel channel, Timestamp now) {
  Entry entry;
  entry.venue = kVenue;
  entry.symbol = spec.symbol;
  entry.channel = channel;
  entry.ts_event = floor_to_milliseconds(now);
  return entry;
}

void set_values(Entry& entry, std::initializer_list<Decimal> values) {
  std::ranges::copy(values, entry.values.begin());
  entry.values_count = static_cast<std::uint8_t>(values.size());
}

using Rows = std::vector<BookChannel::Row>;

// Appends the rows as the venue does and to `levels` as the ledger does.
void append_rows(const Market& market, const Rows& rows, std::vector<Level>& levels,
                 std::string& out) {
  out += '[';
  for (const auto& row : rows) {
    levels.emplace_back(Price{price_of(market, row.ticks)},
                        Quantity{quantity_of(market, row.lots)});
    append(out, levels.size() > 1 ? ",[\"" : "[\"", levels.back().price().decimal, "\",\"",
           levels.back().quantity().decimal, "\",\"0\",\"", row.lots == 0 ? 0 : orders_of(row.lots),
           "\"]");
  }
  out += ']';
}

template <class Side>
Rows best_rows(const Side& side, std::size_t depth) {
  Rows rows;
  rows.reserve(depth);
  for (const auto& [ticks, lots] : side) {
    if (rows.size() == depth) break;
    rows.push_back({.ticks = ticks, .lots = lots});
  }
  return rows;
}

// What turns `before` into `after`; both best first. A row that is gone has no lots.
template <class Better>
Rows difference(const Rows& before, const Rows& after, Better better) {
  Rows changes;
  auto old_row = before.begin();
  auto new_row = after.begin();
  while (old_row != before.end() || new_row != after.end()) {
    if (new_row == after.end() ||
        (old_row != before.end() && better(old_row->ticks, new_row->ticks))) {
      changes.push_back({.ticks = old_row->ticks, .lots = 0});
      ++old_row;
    } else if (old_row == before.end() || better(new_row->ticks, old_row->ticks)) {
      changes.push_back(*new_row);
      ++new_row;
    } else {
      if (*old_row != *new_row) changes.push_back(*new_row);
      ++old_row;
      ++new_row;
    }
  }
  return changes;
}

std::vector<Level> levels_of(const Market& market, const Rows& rows) {
  std::vector<Level> levels;
  for (const auto& row : rows) {
    if (levels.size() == kChecksumLevels) break;
    levels.emplace_back(Price{price_of(market, row.ticks)},
                        Quantity{quantity_of(market, row.lots)});
  }
  return levels;
}

std::int64_t checksum_of(const Market& market, const BookChannel& book, Checksum checksum) {
  if (checksum == Checksum::zero) return 0;
  return legacy_checksum(levels_of(market, book.bids), levels_of(market, book.asks));
}

void append_tail(const Entry& entry, Timestamp now, std::string& out) {
  append(out, R"(,"ts":")", milliseconds(now), R"(","checksum":)", *entry.checksum, R"(,"seqId":)",
         *entry.last_sequence, R"(,"prevSeqId":)", *entry.previous_sequence, "}");
}

}  // namespace

std::span<const InstrumentSpec> instruments() {
  return kInstruments;
}

std::string_view type_of(const InstrumentSpec& spec) {
  return spec.kind == InstrumentKind::spot ? "SPOT" : "SWAP";
}

std::int32_t legacy_checksum(Levels bids, Levels asks) {
  std::string text;
  const auto add = [&](Levels side, std::size_t i) {
    if (i >= side.size()) return;
    append(text, side[i].price().decimal, ":", side[i].quantity().decimal, ":");
  };
  for (std::size_t i = 0; i < kChecksumLevels; ++i) {
    add(bids, i);
    add(asks, i);
  }
  if (!text.empty()) text.pop_back();
  const auto crc =
      crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size()));
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(crc));
}

Entry append_trade(const Market& market, const Fill& fill, Timestamp now, std::string& out) {
  Entry entry = entry_of(market.spec(), Channel::trade, now);
  entry.trade_id = fill.id;
  entry.side = fill.taker;
  entry.last_sequence = fill.sequence;
  set_values(entry, {price_of(market, fill.ticks), quantity_of(market, fill.lots)});
  append(out, R"({"instId":")", entry.symbol, R"(","tradeId":")", fill.id, R"(","px":")",
         entry.values[0], R"(","sz":")", entry.values[1], R"(","side":")", name_of(fill.taker),
         R"(","ts":")", milliseconds(now), R"(","count":"1","source":"0","seqId":)", fill.sequence,
         "}");
  return entry;
}

Entry append_bbo(const Market& market, Timestamp now, std::string& out) {
  Entry entry = entry_of(market.spec(), Channel::quote, now);
  entry.last_sequence = market.sequence();
  const auto& [bid, bid_lots] = *market.bids().begin();
  const auto& [ask, ask_lots] = *market.asks().begin();
  set_values(entry, {price_of(market, bid), quantity_of(market, bid_lots), price_of(market, ask),
                     quantity_of(market, ask_lots)});
  const auto& v = entry.values;
  append(out, R"({"asks":[[")", v[2], R"(",")", v[3], R"(","0",")", orders_of(ask_lots),
         R"("]],"bids":[[")", v[0], R"(",")", v[1], R"(","0",")", orders_of(bid_lots),
         R"("]],"ts":")", milliseconds(now), R"(","seqId":)", market.sequence(), "}");
  return entry;
}

Entry append_ticker(const Market& market, Timestamp now, std::string& out) {
  const Bar day = market.day();
  const auto& [bid, bid_lots] = *market.bids().begin();
  const auto& [ask, ask_lots] = *market.asks().begin();
  Entry entry = entry_of(market.spec(), Channel::ticker, now);
  const bool spot = market.spec().kind == InstrumentKind::spot;
  const Decimal volume_currency = spot ? turnover(market, day.turnover) : base_of(market, day.lots);
  set_values(entry,
             {price_of(market, day.close), price_of(market, day.open), price_of(market, day.high),
              price_of(market, day.low), quantity_of(market, day.lots), volume_currency,
              price_of(market, bid), price_of(market, ask)});
  const auto& v = entry.values;
  append(out, R"({"instType":")", type_of(market.spec()), R"(","instId":")", entry.symbol,
         R"(","last":")", v[0], R"(","lastSz":")", quantity_of(market, market.last_lots()),
         R"(","askPx":")", v[7], R"(","askSz":")", quantity_of(market, ask_lots), R"(","bidPx":")",
         v[6], R"(","bidSz":")", quantity_of(market, bid_lots), R"(","open24h":")", v[1],
         R"(","high24h":")", v[2], R"(","low24h":")", v[3], R"(","volCcy24h":")", v[5],
         R"(","vol24h":")", v[4], R"(","sodUtc0":")", v[1], R"(","sodUtc8":")", v[1], R"(","ts":")",
         milliseconds(now), R"("})");
  return entry;
}

Entry append_funding(const Market& market, Timestamp now, std::string& out) {
  Entry entry = entry_of(market.spec(), Channel::funding, now);
  const Decimal rate = stripped(market.funding_rate());
  set_values(entry, {rate});
  const std::int64_t next = (milliseconds(now) / kFundingEveryMs + 1) * kFundingEveryMs;
  append(out, R"({"instType":"SWAP","instId":")", entry.symbol, R"(","fundingRate":")", rate,
         R"(","fundingTime":")", next, R"(","nextFundingRate":"","nextFundingTime":")",
         next + kFundingEveryMs,
         R"(","minFundingRate":"-0.00375","maxFundingRate":"0.00375","premium":"0.0001",)"
         R"("settState":"settled","settFundingRate":"0.00009","method":"current_period",)"
         R"("formulaType":"withRate","ts":")",
         milliseconds(now), R"("})");
  return entry;
}

Entry append_open_interest(const Market& market, Timestamp now, std::string& out) {
  Entry entry = entry_of(market.spec(), Channel::open_interest, now);
  const std::int64_t lots = market.open_interest_lots();
  set_values(entry,
             {quantity_of(market, lots), turnover(market, Int128{lots} * market.last_ticks())});
  append(out, R"({"instType":"SWAP","instId":")", entry.symbol, R"(","oi":")", entry.values[0],
         R"(","oiCcy":")", base_of(market, lots), R"(","oiUsd":")", entry.values[1], R"(","ts":")",
         milliseconds(now), R"("})");
  return entry;
}

Entry append_mark_price(const Market& market, Timestamp now, std::string& out) {
  Entry entry = entry_of(market.spec(), Channel::mark_price, now);
  set_values(entry, {price_of(market, market.mark_ticks())});
  append(out, R"({"instType":")", type_of(market.spec()), R"(","instId":")", entry.symbol,
         R"(","markPx":")", entry.values[0], R"(","ts":")", milliseconds(now), R"("})");
  return entry;
}

Entry append_instrument(const InstrumentSpec& spec, std::string& out) {
  Entry entry;
  entry.venue = kVenue;
  entry.symbol = spec.symbol;
  entry.channel = Channel::instrument;
  set_values(entry, {spec.tick_size, spec.lot_size});
  const bool spot = spec.kind == InstrumentKind::spot;
  std::string pair;
  if (!spot) append(pair, spec.base, "-", spec.quote);
  std::string contract;
  if (!spot) append(contract, spec.contract_size);
  append(out, R"({"alias":"","baseCcy":")", spot ? spec.base : "", R"(","category":"1","ctMult":")",
         spot ? "" : "1", R"(","ctType":")", spot ? "" : "linear", R"(","ctVal":")", contract,
         R"(","ctValCcy":")", spot ? "" : spec.base, R"(","expTime":"","instFamily":")", pair,
         R"(","instId":")", spec.symbol, R"(","instType":")", type_of(spec),
         R"(","lever":"10","listTime":"1606468572000","lotSz":")", spec.lot_size, R"(","minSz":")",
         spec.lot_size, R"(","optType":"","quoteCcy":")", spot ? spec.quote : "",
         R"(","settleCcy":")", spot ? "" : spec.quote, R"(","state":"live","stk":"","tickSz":")",
         spec.tick_size, R"(","uly":")", pair, R"("})");
  return entry;
}

Entry append_candle(const Market& market, const Bar& bar, BarState state, std::string& out) {
  Entry entry = entry_of(market.spec(), Channel::candle, bar.open_time);
  const bool spot = market.spec().kind == InstrumentKind::spot;
  const Decimal value = turnover(market, bar.turnover);
  set_values(entry,
             {price_of(market, bar.open), price_of(market, bar.high), price_of(market, bar.low),
              price_of(market, bar.close), quantity_of(market, bar.lots), value});
  entry.ts_event.reset();  // the venue sends the candle's own time alone
  entry.open_time = bar.open_time;
  const auto& v = entry.values;
  append(out, R"([")", milliseconds(bar.open_time), R"(",")", v[0], R"(",")", v[1], R"(",")", v[2],
         R"(",")", v[3], R"(",")", v[4], R"(",")", spot ? value : base_of(market, bar.lots),
         R"(",")", value, R"(",")", state == BarState::closed ? "1" : "0", R"("])");
  return entry;
}

BookChannel book_of(const Market& market, Timestamp now) {
  return {.bids = best_rows(market.bids(), kBookDepth),
          .asks = best_rows(market.asks(), kBookDepth),
          .sequence = market.sequence(),
          .time = now};
}

Entry append_snapshot(const Market& market, const BookChannel& book, Checksum checksum,
                      std::string& out) {
  Entry entry = entry_of(market.spec(), Channel::book, book.time);
  entry.is_snapshot = true;
  entry.last_sequence = book.sequence;
  entry.previous_sequence = -1;
  entry.checksum = checksum_of(market, book, checksum);
  out += R"({"asks":)";
  append_rows(market, book.asks, entry.asks, out);
  out += R"(,"bids":)";
  append_rows(market, book.bids, entry.bids, out);
  append_tail(entry, book.time, out);
  return entry;
}

Entry append_update(const Market& market, BookChannel& book, Checksum checksum, Timestamp now,
                    std::string& out) {
  Entry entry = entry_of(market.spec(), Channel::book, now);
  BookChannel next = book_of(market, now);
  entry.previous_sequence = book.sequence;
  entry.last_sequence = next.sequence;
  entry.checksum = checksum_of(market, next, checksum);
  out += R"({"asks":)";
  append_rows(market, difference(book.asks, next.asks, std::less{}), entry.asks, out);
  out += R"(,"bids":)";
  append_rows(market, difference(book.bids, next.bids, std::greater{}), entry.bids, out);
  append_tail(entry, now, out);
  book = std::move(next);
  return entry;
}

Entry append_rest_book(const Market& market, std::size_t levels, Timestamp now, std::string& out) {
  Entry entry = entry_of(market.spec(), Channel::book, now);
  entry.delivery = Delivery::rest;
  entry.is_snapshot = true;
  entry.last_sequence = market.sequence();
  out += R"({"asks":)";
  append_rows(market, best_rows(market.asks(), levels), entry.asks, out);
  out += R"(,"bids":)";
  append_rows(market, best_rows(market.bids(), levels), entry.bids, out);
  append(out, R"(,"ts":")", milliseconds(now), R"(","seqId":)", market.sequence(), "}");
  return entry;
}

}  // namespace mp::sim::okx
