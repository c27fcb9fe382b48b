#include "pipeline/trade_watch.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace mp::pipeline {

std::optional<std::int64_t> TradeWatch::number_of(std::string_view id) {
  std::int64_t number = 0;
  const char* const end = id.data() + id.size();
  const auto [stop, problem] = std::from_chars(id.data(), end, number);
  if (problem != std::errc{} || stop != end || number < 0) return std::nullopt;
  return number;
}

TradeWatch::Answer TradeWatch::judge(std::int64_t id, Timestamp ts_recv) {
  const bool begins = !last_ || (id < *last_ && *last_ - id > kRestart);
  if (begins) {
    last_ = first_ = id;
    last_time_ = ts_recv;
    holes_ = {};
    return {};
  }
  if (id > *last_) {
    const Hole hole{*last_ + 1, id - 1};
    last_ = id;
    const auto since = std::exchange(last_time_, ts_recv);
    if (hole.to < hole.from) return {};
    add(hole);
    return {.kind = Kind::gap, .from = hole.from, .to = hole.to, .since = since};
  }
  // What was before the first one was never missing, and was never told.
  if (id < first_) return {};
  return {.kind = take(id) ? Kind::late : Kind::copy};
}

std::optional<TradeWatch::Range> TradeWatch::missing_in(Range range) const {
  std::optional<Range> first;
  for (const Hole& hole : holes_) {
    const Range part{std::max(hole.from, range.from), std::min(hole.to, range.to)};
    if (part.from <= part.to && (!first || part.from < first->from)) first = part;
  }
  return first;
}

void TradeWatch::add(Hole hole) {
  holes_[next_hole_] = hole;
  next_hole_ = (next_hole_ + 1) % kHolesMax;
}

// Out of the hole that it was in; false where it was in none.
bool TradeWatch::take(std::int64_t id) {
  for (Hole& hole : holes_) {
    if (id < hole.from || id > hole.to) continue;
    const Hole behind{id + 1, hole.to};
    hole.to = id - 1;
    if (behind.from <= behind.to && hole.from <= hole.to) {
      add(behind);
    } else if (hole.to < hole.from) {
      hole = behind;
    }
    return true;
  }
  return false;
}

}  // namespace mp::pipeline
