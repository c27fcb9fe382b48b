// What the simulator really sent, number for number, so that a test can hold a collector's output
// against it.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"

namespace mp::sim {

using ConnectionId = std::uint64_t;  // from 1 over the simulator's life; 0 = a REST answer

enum class Delivery : std::uint8_t {
  sent,     // the write that carried it completed. A TCP reset can still destroy it on the way.
  rest,     // likewise, as the answer to a REST call
  dropped,  // a fault kept it back: it was generated (its sequence numbers are used up) and not
            // sent
  unsent,   // the connection ended before its write completed
};

// One message. Which fields are set follows from `channel`; decimals have the mantissa and exponent
// of the digits that were sent (parse_decimal of the text gives the same pair).
struct Entry {
  std::string_view venue;  // this and symbol: static storage
  std::string_view symbol;
  ConnectionId connection = 0;
  Channel channel = Channel::trade;
  Delivery delivery = Delivery::sent;
  bool is_snapshot = false;
  std::optional<Side> side;  // of a trade
  std::optional<std::int64_t> first_sequence;
  std::optional<std::int64_t>
      last_sequence;  // of a quote or a trade too, where the venue gives one
  std::optional<std::int64_t> previous_sequence;
  std::optional<std::int64_t> checksum;
  std::optional<std::int64_t> trade_id;
  std::optional<Timestamp> ts_event;
  std::optional<Timestamp> open_time;  // of a candle
  // In the order in which core/event.hpp lists the decimal fields of the body: trade: price,
  // quantity; quote: bid price, bid quantity, ask price, ask quantity; ticker: last, open, high,
  // low, volume, quote volume, bid, ask; candle: open, high, low, close, volume, quote volume;
  // funding: rate; open_interest: quantity, value; mark_price: price. instrument: tick size, lot
  // size.
  std::array<Decimal, 8> values{};
  std::uint8_t values_count = 0;
  std::vector<Level> bids;  // of a book, as sent
  std::vector<Level> asks;
};

// Prices of an entry: all levels of a book, both sides of a quote, the last price of a ticker, the
// close of a candle, the rate of funding, the tick size of an instrument. Quantities likewise:
// levels, both sides, volume, lot size. Sums are of mantissas as sent, whatever their exponents,
// modulo 2^64.
struct Total {
  std::uint64_t count = 0;
  std::uint64_t price_sum = 0;
  std::uint64_t quantity_sum = 0;
  friend bool operator==(const Total&, const Total&) = default;
};

struct TotalKey {
  std::string_view venue;
  Channel channel = Channel::trade;
  std::string_view symbol;
  Delivery delivery = Delivery::sent;
  friend auto operator<=>(const TotalKey&, const TotalKey&) = default;
};
using Totals = std::map<TotalKey, Total>;

// Adds one entry's numbers to `total`: also for a test that counts what it received.
void add_to(const Entry& entry, Total& total);

enum class FaultKind : std::uint8_t { drop_depth, reset, mute, unmute };

struct Fault {
  FaultKind kind = FaultKind::drop_depth;
  std::string_view venue;
  std::string symbol = {};  // of drop_depth
  Timestamp time = {};
  std::uint64_t affected = 0;  // connections; of drop_depth: messages kept back so far
};

// Belongs to the simulator's thread while that runs; to whoever stopped it afterwards.
class Ledger {
 public:
  explicit Ledger(std::size_t entries_max) : entries_max_(entries_max) {}

  // Always counted in the totals; kept as an entry while there is room.
  void add(Entry entry);
  // Returns the fault's index, for count_affected.
  std::size_t add_fault(Fault fault);
  void count_affected(std::size_t fault) { ++faults_[fault].affected; }

  [[nodiscard]] const std::deque<Entry>& entries() const { return entries_; }
  [[nodiscard]] const Totals& totals() const { return totals_; }
  [[nodiscard]] const std::vector<Fault>& faults() const { return faults_; }
  // Entries that were counted but not kept, for want of room. 0: entries() is complete.
  [[nodiscard]] std::uint64_t overflow() const { return overflow_; }

 private:
  std::size_t entries_max_;
  std::deque<Entry> entries_;
  Totals totals_;
  std::vector<Fault> faults_;
  std::uint64_t overflow_ = 0;
};

}  // namespace mp::sim
