#include "pipeline/trade_watch.hpp"

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
    missing_.clear();
    given_up_.clear();
    doubted_.reset();
    return {};
  }
  if (id == doubted_) return {.kind = Kind::copy};
  const auto doubted = std::exchange(doubted_, std::nullopt);
  const bool confirmed = doubted && id > *doubted && id - *doubted <= kLeap;
  if (id - *last_ > kLeap && !confirmed) {
    doubted_ = id;
    return {};
  }
  if (id > *last_) {
    const Range hole{*last_ + 1, id - 1};
    last_ = id;
    const auto since = std::exchange(last_time_, ts_recv);
    if (hole.to < hole.from) return {};
    missing_.add(hole);
    if (confirmed) missing_.take(*doubted);
    return {.kind = Kind::gap,
            .from = hole.from,
            .to = hole.to,
            .missing = hole.to - hole.from + (confirmed ? 0 : 1),
            .since = since};
  }
  // What was before the first one was never missing, and was never told.
  if (id < first_) return {};
  return {.kind = fill(id) ? Kind::late : Kind::copy};
}

void TradeWatch::give_up(const Range& range) {
  while (const auto part = missing_.first_in(range)) {
    missing_.take(*part);
    given_up_.add(*part);
  }
}

}  // namespace mp::pipeline
