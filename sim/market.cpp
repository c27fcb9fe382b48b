#include "sim/market.hpp"

#include <algorithm>

#include "core/assert.hpp"

namespace mp::sim {
namespace {

constexpr std::size_t kLevelsMin = kBookLevels - 50;
constexpr std::size_t kLevelsMax = kBookLevels + 50;
constexpr std::int64_t kGapTicks = 3;  // between neighbours when the book is first filled: 1 to 3
// Trades widen the spread for ever unless makers come in faster: from the usual one on most of what
// happens near the top narrows it, from the widest one on everything does.
constexpr std::int64_t kSpreadTicksUsual = 3;
constexpr std::int64_t kSpreadTicksMax = 7;
constexpr std::size_t kLevelsPerTradeMax = 3;

constexpr Nanoseconds kMinute = std::chrono::minutes{1};
constexpr Nanoseconds kHour = std::chrono::hours{1};

Timestamp floor_to(Timestamp time, Nanoseconds unit) {
  return from_nanoseconds(to_nanoseconds(time) / unit.count() * unit.count());
}

Bar bar_at(Timestamp open_time, std::int64_t price) {
  Bar bar;
  bar.open_time = open_time;
  bar.open = bar.high = bar.low = bar.close = price;
  return bar;
}

void add_fill(const Fill& fill, Bar& bar) {
  const Int128 turnover = static_cast<Int128>(fill.ticks) * fill.lots;
  bar.high = std::max(bar.high, fill.ticks);
  bar.low = std::min(bar.low, fill.ticks);
  bar.close = fill.ticks;
  bar.lots += fill.lots;
  bar.turnover += turnover;
  if (fill.taker == Side::buy) {
    bar.taker_buy_lots += fill.lots;
    bar.taker_buy_turnover += turnover;
  }
  ++bar.trades;
  if (bar.first_trade < 0) bar.first_trade = fill.id;
  bar.last_trade = fill.id;
}

// Away from the middle of the book.
std::int64_t outward(BookSide side) {
  return side == BookSide::bid ? -1 : 1;
}

}  // namespace

Market::Market(const InstrumentSpec& spec, std::uint64_t seed, Timestamp now)
    : spec_(spec), random_(seed) {
  MP_ASSERT(spec.start_ticks > 0);
  MP_ASSERT(spec.typical_lots > 1);
  sequence_ = 50'000'000'000 + random_.below(1'000'000'000);
  trade_id_ = 3'000'000'000 + random_.below(1'000'000'000);
  open_interest_lots_ = spec.typical_lots * 200'000;
  last_lots_ = some_lots();
  fill_book();

  // A day of history, so that statistics have something to say from the start.
  for (std::size_t i = 0; i < kHours; ++i) {
    hour_ = i;
    const auto ago = kHour * static_cast<std::int64_t>(kHours - 1 - i);
    const std::int64_t wobble = random_.below(spec.start_ticks / 100 + 2) - spec.start_ticks / 200;
    hours_[i] = bar_at(floor_to(now, kHour) - ago, spec.start_ticks);
    for (const std::int64_t ticks : {spec.start_ticks + wobble, spec.start_ticks}) {
      add_fill({.id = ++trade_id_, .ticks = ticks, .lots = spec.typical_lots * 50}, hours_[i]);
    }
  }
  minute_ = bar_at(floor_to(now, kMinute), spec.start_ticks);
}

void Market::fill_book() {
  std::int64_t bid = spec_.start_ticks;
  std::int64_t ask = spec_.start_ticks + 1;
  for (std::size_t i = 0; i < kBookLevels; ++i) {
    if (bid > 0) bids_[bid] = some_lots();
    asks_[ask] = some_lots();
    bid -= 1 + random_.below(kGapTicks);
    ask += 1 + random_.below(kGapTicks);
  }
}

// Small quantities are frequent, large ones rare.
std::int64_t Market::some_lots() {
  const std::int64_t scale = std::int64_t{1} << random_.below(5);
  return 1 + random_.below(spec_.typical_lots * scale / 4 + 1);
}

BookSide Market::some_side() {
  return random_.below(2) == 0 ? BookSide::bid : BookSide::ask;
}

std::int64_t Market::spread() const {
  return best(BookSide::ask) - best(BookSide::bid);
}

std::int64_t Market::best(BookSide side) const {
  return side == BookSide::bid ? bids_.begin()->first : asks_.begin()->first;
}

std::size_t Market::depth(BookSide side) const {
  return side == BookSide::bid ? bids_.size() : asks_.size();
}

std::int64_t Market::lots_at(const Touched& level) const {
  if (level.side == BookSide::bid) {
    const auto found = bids_.find(level.ticks);
    return found == bids_.end() ? 0 : found->second;
  }
  const auto found = asks_.find(level.ticks);
  return found == asks_.end() ? 0 : found->second;
}

// The only place that changes the book: it never empties a side and never crosses.
void Market::set(const Touched& level, std::int64_t lots, Outcome& outcome) {
  MP_ASSERT(level.ticks > 0);
  const std::int64_t best_before = best(level.side);
  const auto change = [&](auto& levels) {
    if (lots == 0) {
      levels.erase(level.ticks);
    } else {
      levels[level.ticks] = lots;
    }
  };
  if (level.side == BookSide::bid) {
    change(bids_);
  } else {
    change(asks_);
  }
  MP_ASSERT(!bids_.empty());
  MP_ASSERT(!asks_.empty());
  MP_ASSERT(bids_.begin()->first < asks_.begin()->first);
  ++sequence_;
  outcome.touched.push_back(level);
  if (level.ticks == best_before || level.ticks == best(level.side)) outcome.top_changed = true;
}

void Market::record(const Fill& fill) {
  add_fill(fill, minute_);
  add_fill(fill, hours_[hour_]);
  last_lots_ = fill.lots;
  const std::int64_t opened = random_.below(2 * fill.lots + 1) - fill.lots;
  open_interest_lots_ = std::max(spec_.typical_lots, open_interest_lots_ + opened);
}

void Market::act(Outcome& outcome) {
  const std::int64_t what = random_.below(100);
  if (spread() > kSpreadTicksMax) {
    improve(outcome);
  } else if (what < 20) {
    act_trade(outcome);
  } else if (what < 70) {
    act_near(outcome);
  } else {
    act_deep(outcome);
  }
  keep_size(outcome);
  if (what == 99)
    funding_ = std::clamp<std::int64_t>(funding_ + random_.below(201) - 100, -50'000, 50'000);
}

// A taker takes what stands at the best prices. The walk is drawn back to the start price.
void Market::act_trade(Outcome& outcome) {
  const std::int64_t deviation =
      (best(BookSide::bid) - spec_.start_ticks) * 1000 / spec_.start_ticks;
  const std::int64_t buys_per_mille = std::clamp<std::int64_t>(500 - 5 * deviation, 200, 800);
  const bool buys = random_.below(1000) < buys_per_mille;
  const BookSide side = buys ? BookSide::ask : BookSide::bid;
  std::int64_t wanted = 1 + random_.below(spec_.typical_lots * 2);
  for (std::size_t i = 0; i < kLevelsPerTradeMax && wanted > 0 && depth(side) > 1; ++i) {
    const Touched level{.side = side, .ticks = best(side)};
    const std::int64_t standing = lots_at(level);
    const std::int64_t taken = std::min(standing, wanted);
    set(level, standing - taken, outcome);
    const Fill fill{.id = ++trade_id_,
                    .sequence = sequence_,
                    .ticks = level.ticks,
                    .lots = taken,
                    .taker = buys ? Side::buy : Side::sell};
    record(fill);
    outcome.fills.push_back(fill);
    wanted -= taken;
  }
}

// Makers move at the top: change the best quantity, improve the price, or step back.
void Market::act_near(Outcome& outcome) {
  const std::int64_t what = random_.below(100);
  if (spread() > 1 && what < (spread() > kSpreadTicksUsual ? 85 : 45)) return improve(outcome);
  const BookSide side = some_side();
  const bool steps_back = what < 60 && spread() <= kSpreadTicksUsual && depth(side) > kLevelsMin;
  set({.side = side, .ticks = best(side)}, steps_back ? 0 : some_lots(), outcome);
}

// A better price within the spread, which is not 1: up to half of the way where it is wide.
void Market::improve(Outcome& outcome) {
  const BookSide side = some_side();
  const std::int64_t most = std::min(spread() - 1, std::max<std::int64_t>(3, spread() / 2));
  const std::int64_t step = 1 + random_.below(most);
  set({.side = side, .ticks = best(side) - outward(side) * step}, some_lots(), outcome);
}

// Somewhere in the book, more often near the top: a new level, another quantity, or one goes.
void Market::act_deep(Outcome& outcome) {
  const BookSide side = some_side();
  const std::int64_t root = random_.below(1024);
  const std::int64_t distance =
      1 + root * root * 2 * static_cast<std::int64_t>(kBookLevels) / (1 << 20);
  const Touched level{.side = side, .ticks = best(side) + outward(side) * distance};
  if (level.ticks <= 0) return;
  const bool removes = lots_at(level) != 0 && random_.below(100) < 45;
  set(level, removes ? 0 : some_lots(), outcome);
}

// Holds each side at about kBookLevels levels, at its far end.
void Market::keep_size(Outcome& outcome) {
  for (const BookSide side : {BookSide::bid, BookSide::ask}) {
    const std::int64_t worst =
        side == BookSide::bid ? bids_.rbegin()->first : asks_.rbegin()->first;
    if (depth(side) > kLevelsMax) {
      set({.side = side, .ticks = worst}, 0, outcome);
    } else if (depth(side) < kLevelsMin) {
      const std::int64_t ticks = worst + outward(side) * (1 + random_.below(kGapTicks));
      if (ticks > 0) set({.side = side, .ticks = ticks}, some_lots(), outcome);
    }
  }
}

std::optional<Bar> Market::roll(Timestamp now) {
  if (now >= hours_[hour_].open_time + kHour) {
    hour_ = (hour_ + 1) % kHours;
    hours_[hour_] = bar_at(floor_to(now, kHour), minute_.close);
  }
  if (now < minute_.open_time + kMinute) return std::nullopt;
  const Bar done = minute_;
  minute_ = bar_at(floor_to(now, kMinute), done.close);
  return done;
}

Bar Market::day() const {
  Bar sum = hours_[(hour_ + 1) % kHours];
  for (std::size_t i = 2; i <= kHours; ++i) {
    const Bar& hour = hours_[(hour_ + i) % kHours];
    sum.high = std::max(sum.high, hour.high);
    sum.low = std::min(sum.low, hour.low);
    sum.close = hour.close;
    sum.lots += hour.lots;
    sum.turnover += hour.turnover;
    sum.trades += hour.trades;
    if (sum.first_trade < 0) sum.first_trade = hour.first_trade;
    if (hour.last_trade >= 0) sum.last_trade = hour.last_trade;
  }
  return sum;
}

std::int64_t Market::mark_ticks() const {
  return (best(BookSide::bid) + best(BookSide::ask)) / 2;
}

Price Market::price(std::int64_t ticks) const {
  return {{.mantissa = ticks * spec_.tick_size.mantissa, .exponent = spec_.tick_size.exponent}};
}

Quantity Market::quantity(std::int64_t lots) const {
  return {{.mantissa = lots * spec_.lot_size.mantissa, .exponent = spec_.lot_size.exponent}};
}

}  // namespace mp::sim
