// A made-up market of one symbol that remembers all that it ever was.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/event.hpp"

namespace mp::simulation {

// A book of whole numbers, and a hash that tells two apart.
struct WholeBook {
  std::map<std::int64_t, std::int64_t> bids, asks;  // quantity by price

  void set(Side side, std::int64_t price, std::int64_t quantity);
  [[nodiscard]] std::uint64_t hash() const;
};

class Market {
 public:
  Market(std::string symbol, std::uint64_t seed);

  [[nodiscard]] const std::string& symbol() const { return symbol_; }
  // Something happens: a message of Binance spot (what stands under "data"), and of which stream.
  struct Message {
    bool is_trade = false;
    std::string data;
  };
  [[nodiscard]] Message act(std::uint64_t random, Timestamp now);

  // Bodies of REST answers.
  [[nodiscard]] std::string snapshot() const;
  [[nodiscard]] std::string trades_from(std::int64_t id, std::size_t most) const;

  [[nodiscard]] std::int64_t last_trade() const;
  // What the book was behind an update; 0: there was no such update.
  [[nodiscard]] std::uint64_t hash_at(std::int64_t update) const;

 private:
  static constexpr std::int64_t kFirstTrade = 1'000;

  std::string symbol_;
  WholeBook book_;
  std::int64_t update_ = 5'000;
  std::unordered_map<std::int64_t, std::uint64_t> hashes_;
  std::vector<std::int64_t> trade_times_;  // in milliseconds, from kFirstTrade on
};

}  // namespace mp::simulation
