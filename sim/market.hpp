// A simulated market of one instrument: book, trades, candle, 24-hour statistics. No I/O, no clock,
// exact numbers.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "core/event.hpp"
#include "sim/random.hpp"

namespace mp::sim {

__extension__ typedef __int128 Int128;

struct InstrumentSpec {
  std::string_view symbol;  // the venue's spelling; static storage
  std::string_view base;
  std::string_view quote;
  InstrumentKind kind = InstrumentKind::spot;
  Decimal tick_size;
  Decimal lot_size;
  std::int64_t start_ticks = 0;    // the price that the walk begins at and is drawn back to
  std::int64_t typical_lots = 0;   // a usual quantity of a level; trades are smaller
  Decimal contract_size = {1, 0};  // base per contract; 1 for spot
};

enum class BookSide : std::uint8_t { bid, ask };

// A price whose quantity changed. What it is now, the book tells.
struct Touched {
  BookSide side = BookSide::bid;
  std::int64_t ticks = 0;
  friend auto operator<=>(const Touched&, const Touched&) = default;
};

struct Fill {
  std::int64_t id = 0;
  std::int64_t sequence = 0;  // the book's, once the fill was taken off it
  std::int64_t ticks = 0;
  std::int64_t lots = 0;
  Side taker = Side::buy;
};

// What one action did.
struct Outcome {
  std::vector<Fill> fills;
  std::vector<Touched> touched;
  bool top_changed = false;

  void clear() {
    fills.clear();
    touched.clear();
    top_changed = false;
  }
};

// Sums over the trades of some time. Prices in ticks, volumes in lots, `turnover` in ticks times
// lots.
struct Bar {
  Timestamp open_time;
  std::int64_t open = 0;
  std::int64_t high = 0;
  std::int64_t low = 0;
  std::int64_t close = 0;
  std::int64_t lots = 0;
  std::int64_t taker_buy_lots = 0;
  Int128 turnover = 0;
  Int128 taker_buy_turnover = 0;
  std::int64_t trades = 0;
  std::int64_t first_trade = -1;  // -1: no trade yet
  std::int64_t last_trade = -1;
};

using Bids = std::map<std::int64_t, std::int64_t, std::greater<>>;  // ticks -> lots, best first
using Asks = std::map<std::int64_t, std::int64_t>;

inline constexpr std::size_t kBookLevels = 1000;  // about so many a side

class Market {
 public:
  // `now` is the time at which the first candle is open.
  Market(const InstrumentSpec& spec, std::uint64_t seed, Timestamp now);

  // One thing happens: an order comes, changes or goes, or a trade takes liquidity. Appends to
  // `outcome`.
  void act(Outcome& outcome);
  // Time passes. Returns the minute that has just been completed, if one was.
  std::optional<Bar> roll(Timestamp now);

  [[nodiscard]] const InstrumentSpec& spec() const { return spec_; }
  [[nodiscard]] const Bids& bids() const { return bids_; }
  [[nodiscard]] const Asks& asks() const { return asks_; }
  // Rises by one with each change of a level.
  [[nodiscard]] std::int64_t sequence() const { return sequence_; }
  [[nodiscard]] std::int64_t lots_at(const Touched& level) const;  // 0: there is no such level
  [[nodiscard]] std::int64_t last_ticks() const { return minute_.close; }
  [[nodiscard]] std::int64_t last_lots() const { return last_lots_; }
  [[nodiscard]] const Bar& minute() const { return minute_; }
  [[nodiscard]] Bar day() const;  // the last 24 hours, by the hour
  [[nodiscard]] std::int64_t mark_ticks() const;
  [[nodiscard]] std::int64_t open_interest_lots() const { return open_interest_lots_; }
  [[nodiscard]] Decimal funding_rate() const { return {funding_, -8}; }

  [[nodiscard]] Price price(std::int64_t ticks) const;
  [[nodiscard]] Quantity quantity(std::int64_t lots) const;

 private:
  static constexpr std::size_t kHours = 24;

  void fill_book();
  void act_trade(Outcome& outcome);
  void act_near(Outcome& outcome);
  void improve(Outcome& outcome);
  void act_deep(Outcome& outcome);
  void keep_size(Outcome& outcome);
  void set(const Touched& level, std::int64_t lots, Outcome& outcome);
  void record(const Fill& fill);
  [[nodiscard]] std::int64_t some_lots();
  [[nodiscard]] BookSide some_side();
  [[nodiscard]] std::int64_t spread() const;
  [[nodiscard]] std::int64_t best(BookSide side) const;
  [[nodiscard]] std::size_t depth(BookSide side) const;

  InstrumentSpec spec_;
  Random random_;
  Bids bids_;
  Asks asks_;
  std::int64_t sequence_ = 0;
  std::int64_t trade_id_ = 0;
  std::int64_t last_lots_ = 0;
  std::int64_t open_interest_lots_ = 0;
  std::int64_t funding_ = 8000;  // in 10^-8
  Bar minute_;
  std::array<Bar, kHours> hours_;  // a ring; hour_ is the current one
  std::size_t hour_ = 0;
};

}  // namespace mp::sim
