#include "unit/simulation/market.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace mp::simulation {
namespace {

constexpr std::int64_t kMiddle = 10'000;
constexpr std::int64_t kLevels = 30;  // a side, at most

std::int64_t milliseconds(Timestamp time) {
  return to_nanoseconds(time) / 1'000'000;
}

std::string levels_of(const std::map<std::int64_t, std::int64_t>& side) {
  std::string out;
  for (const auto& [price, quantity] : side)
    out += fmt::format(R"({}["{}","{}"])", out.empty() ? "" : ",", price, quantity);
  return "[" + out + "]";
}

}  // namespace

void WholeBook::set(Side side, std::int64_t price, std::int64_t quantity) {
  auto& levels = side == Side::buy ? bids : asks;
  if (quantity == 0) {
    levels.erase(price);
  } else {
    levels[price] = quantity;
  }
}

std::uint64_t WholeBook::hash() const {
  std::uint64_t hash = 0xcbf29ce484222325U;
  const auto take = [&hash](std::int64_t number) {
    hash = (hash ^ static_cast<std::uint64_t>(number)) * 0x100000001b3U;
  };
  for (const auto* side : {&bids, &asks}) {
    take(-1);
    for (const auto& [price, quantity] : *side) {
      take(price);
      take(quantity);
    }
  }
  return hash | 1U;  // none is 0
}

Market::Market(std::string symbol, std::uint64_t seed) : symbol_(std::move(symbol)) {
  std::mt19937_64 random{seed};
  for (std::int64_t i = 1; i <= kLevels; i += 2) {
    book_.set(Side::buy, kMiddle - i, static_cast<std::int64_t>(random() % 9) + 1);
    book_.set(Side::sell, kMiddle + i, static_cast<std::int64_t>(random() % 9) + 1);
  }
  hashes_[update_] = book_.hash();
}

Market::Message Market::act(std::uint64_t random, Timestamp now) {
  const std::int64_t at = milliseconds(now);
  if (random % 4 == 0) {
    trade_times_.push_back(at);
    return {true, fmt::format(R"({{"e":"trade","E":{},"s":"{}","t":{},"p":"10000","q":"1","T":{},)"
                              R"("m":true,"M":true}})",
                              at, symbol_, last_trade(), at)};
  }
  std::mt19937_64 chance{random};
  std::string bids;
  std::string asks;
  const auto count = static_cast<std::int64_t>(chance() % 3) + 1;
  for (std::int64_t i = 0; i < count; ++i) {
    const bool buy = chance() % 2 == 0;
    const auto distance = static_cast<std::int64_t>(chance() % kLevels) + 1;
    const auto quantity = static_cast<std::int64_t>(chance() % 4);
    const std::int64_t price = buy ? kMiddle - distance : kMiddle + distance;
    // The last level of a side stays.
    const auto& side = buy ? book_.bids : book_.asks;
    if (quantity == 0 && side.size() <= 1) continue;
    book_.set(buy ? Side::buy : Side::sell, price, quantity);
    std::string& out = buy ? bids : asks;
    out += fmt::format(R"({}["{}","{}"])", out.empty() ? "" : ",", price, quantity);
  }
  const std::int64_t first = update_ + 1;
  update_ += count;
  hashes_[update_] = book_.hash();
  return {false, fmt::format(R"({{"e":"depthUpdate","E":{},"s":"{}","U":{},"u":{},"b":[{}],)"
                             R"("a":[{}]}})",
                             at, symbol_, first, update_, bids, asks)};
}

std::string Market::snapshot() const {
  return fmt::format(R"({{"lastUpdateId":{},"bids":{},"asks":{}}})", update_, levels_of(book_.bids),
                     levels_of(book_.asks));
}

std::string Market::trades_from(std::int64_t id, std::size_t most) const {
  std::string out;
  id = std::max(id, kFirstTrade);
  for (; id <= last_trade() && most > 0; ++id, --most) {
    out += fmt::format(R"({}{{"id":{},"price":"10000","qty":"1","quoteQty":"10000","time":{},)"
                       R"("isBuyerMaker":true,"isBestMatch":true}})",
                       out.empty() ? "" : ",", id,
                       trade_times_[static_cast<std::size_t>(id - kFirstTrade)]);
  }
  return "[" + out + "]";
}

std::int64_t Market::last_trade() const {
  return kFirstTrade + static_cast<std::int64_t>(trade_times_.size()) - 1;
}

std::uint64_t Market::hash_at(std::int64_t update) const {
  const auto found = hashes_.find(update);
  return found == hashes_.end() ? 0 : found->second;
}

}  // namespace mp::simulation
