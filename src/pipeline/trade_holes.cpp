#include "pipeline/trade_holes.hpp"

#include <algorithm>

namespace mp::pipeline {

void TradeHoles::add(const TradeRange& hole) {
  if (holes_.size() == kMost) holes_.erase(holes_.begin());
  holes_.push_back(hole);
}

bool TradeHoles::take(const TradeRange& range) {
  bool taken = false;
  for (std::size_t i = 0; i < holes_.size();) {
    TradeRange& hole = holes_[i];
    if (range.from > hole.to || range.to < hole.from) {
      ++i;
      continue;
    }
    taken = true;
    const TradeRange before{hole.from, range.from - 1};
    const TradeRange behind{range.to + 1, hole.to};
    const bool any_before = before.from <= before.to;
    const bool any_behind = behind.from <= behind.to;
    if (!any_before && !any_behind) {
      holes_.erase(holes_.begin() + static_cast<std::ptrdiff_t>(i));
      continue;
    }
    hole = any_before ? before : behind;
    ++i;
    if (!any_before || !any_behind) continue;
    holes_.insert(holes_.begin() + static_cast<std::ptrdiff_t>(i), behind);  // as old as the hole
    ++i;
  }
  if (holes_.size() > kMost) holes_.erase(holes_.begin());
  return taken;
}

std::optional<TradeRange> TradeHoles::first_in(const TradeRange& range) const {
  std::optional<TradeRange> first;
  for (const TradeRange& hole : holes_) {
    const TradeRange part{std::max(hole.from, range.from), std::min(hole.to, range.to)};
    if (part.from <= part.to && (!first || part.from < first->from)) first = part;
  }
  return first;
}

}  // namespace mp::pipeline
