// What a consumer makes of the events that a feed hands on, held against what the venue really did.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/event.hpp"
#include "unit/simulation/market.hpp"

namespace mp::simulation {

class Checker {
 public:
  // Both outlive it. `broken` gets a sentence for each rule that is broken.
  Checker(const std::vector<Market>& markets, std::function<void(std::string)> broken)
      : markets_(markets), broken_(std::move(broken)) {}

  void on_event(const Event& event);
  // The feed was killed, or ended: what it had is no longer.
  void on_kill();
  // In the end, long after the last fault: every book is right, every trade was told or is marked.
  void at_the_end();

  // Whether every stream is connected, and every book valid.
  [[nodiscard]] bool all_well() const;

  struct Sums {
    std::uint64_t trades = 0;
    std::uint64_t in_time = 0;  // trades within two seconds of the match
    std::uint64_t books = 0;
    std::uint64_t gaps = 0;       // events
    std::uint64_t book_gaps = 0;  // likewise
    std::int64_t marked = 0;      // trades that are missing, and marked as such
    std::int64_t filled = 0;      // trades that were missing, and were had by REST
    std::int64_t late = 0;        // that came by another connection a little later
    std::uint64_t resynced = 0;
  };
  [[nodiscard]] const Sums& sums() const { return sums_; }

 private:
  struct Consumer {
    WholeBook book;
    bool valid = false;
    std::set<std::int64_t> trades;
    std::set<std::int64_t> missing;  // as the gaps say
    std::map<Channel, std::uint64_t> seq;
    std::map<Channel, bool> connected;
  };
  [[nodiscard]] const Market* market_of(std::string_view symbol) const;
  void on_trade(Consumer& consumer, const Event& event, const Trade& trade);
  void on_book(Consumer& consumer, const Event& event, const Book& body);
  void on_status(Consumer& consumer, const Event& event, const Status& status);

  const std::vector<Market>& markets_;
  std::function<void(std::string)> broken_;
  std::map<std::string, Consumer, std::less<>> consumers_;  // by symbol
  Sums sums_;
};

}  // namespace mp::simulation
