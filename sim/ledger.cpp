#include "sim/ledger.hpp"

#include <utility>

namespace mp::sim {
namespace {

void add_pair(const Decimal& price, const Decimal& quantity, Total& total) {
  total.price_sum += static_cast<std::uint64_t>(price.mantissa);
  total.quantity_sum += static_cast<std::uint64_t>(quantity.mantissa);
}

}  // namespace

void add_to(const Entry& entry, Total& total) {
  ++total.count;
  const auto& values = entry.values;
  switch (entry.channel) {
    case Channel::book:
      for (const auto& side : {&entry.bids, &entry.asks}) {
        for (const Level& level : *side)
          add_pair(level.price().decimal, level.quantity().decimal, total);
      }
      break;
    case Channel::quote:
      add_pair(values[0], values[1], total);
      add_pair(values[2], values[3], total);
      break;
    case Channel::ticker:
      add_pair(values[0], values[4], total);
      break;
    case Channel::candle:
      add_pair(values[3], values[4], total);
      break;
    case Channel::open_interest:
      add_pair({}, values[0], total);
      break;
    default:
      add_pair(values[0], values[1], total);
      break;
  }
}

void Ledger::add(Entry entry) {
  add_to(entry, totals_[{.venue = entry.venue,
                         .channel = entry.channel,
                         .symbol = entry.symbol,
                         .delivery = entry.delivery}]);
  if (entries_.size() >= entries_max_) {
    ++overflow_;
    return;
  }
  entries_.push_back(std::move(entry));
}

std::size_t Ledger::add_fault(Fault fault) {
  faults_.push_back(std::move(fault));
  return faults_.size() - 1;
}

}  // namespace mp::sim
