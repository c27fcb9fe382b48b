#include "pipeline/arbiter.hpp"

#include <algorithm>

#include "core/identity.hpp"

namespace mp::pipeline {

bool RecentIdentities::is_copy(Entry& entry, Meaning meaning, SessionId session) {
  if (meaning == Meaning::once) return true;
  auto said = std::ranges::find(entry.said, session, &Said::session);
  if (said == entry.said.end()) {
    said = std::ranges::min_element(entry.said, {}, &Said::session);  // an older session's
    *said = {session, 0};
  }
  if (++said->times <= entry.times) return true;
  entry.times = said->times;
  return false;
}

std::optional<Timestamp> RecentIdentities::seen(std::uint64_t identity, Meaning meaning,
                                                SessionId session, Timestamp ts_recv) {
  if (capacity_ == 0) {
    capacity_ = kLeast;
    slots_.assign(capacity_ * 2, 0);
  }
  for (std::size_t at = home_of(identity); slots_[at] != 0; at = (at + 1) & (slots_.size() - 1)) {
    Entry& entry = entries_[slots_[at] - 1];
    if (entry.identity != identity) continue;
    return is_copy(entry, meaning, session) ? std::optional{entry.ts_recv} : std::nullopt;
  }
  const Entry entry{.identity = identity,
                    .ts_recv = ts_recv,
                    .said = {Said{.session = session, .times = 1}},
                    .times = 1};
  if (entries_.size() < capacity_) {
    entries_.push_back(entry);
    insert(static_cast<std::uint32_t>(entries_.size()));
    return std::nullopt;
  }
  // A copy of the oldest may still be on its way.
  if (ts_recv - entries_[oldest_].ts_recv < kLagMax && capacity_ < kMost) {
    grow();
    return seen(identity, meaning, session, ts_recv);
  }
  erase(entries_[oldest_].identity);
  entries_[oldest_] = entry;
  insert(static_cast<std::uint32_t>(oldest_ + 1));
  oldest_ = (oldest_ + 1) % capacity_;
  return std::nullopt;
}

void RecentIdentities::insert(std::uint32_t entry) {
  std::size_t at = home_of(entries_[entry - 1].identity);
  while (slots_[at] != 0) at = (at + 1) & (slots_.size() - 1);
  slots_[at] = entry;
}

// What stands behind the freed slot moves up where it may, so that no search ends too early.
void RecentIdentities::erase(std::uint64_t identity) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t free = home_of(identity);
  while (entries_[slots_[free] - 1].identity != identity) free = (free + 1) & mask;
  for (std::size_t at = (free + 1) & mask; slots_[at] != 0; at = (at + 1) & mask) {
    const std::size_t home = home_of(entries_[slots_[at] - 1].identity);
    if (((at - home) & mask) < ((at - free) & mask)) continue;
    slots_[free] = slots_[at];
    free = at;
  }
  slots_[free] = 0;
}

void RecentIdentities::grow() {
  std::vector<Entry> ordered;
  ordered.reserve(capacity_ * 2);
  for (std::size_t i = 0; i < capacity_; ++i)
    ordered.push_back(entries_[(oldest_ + i) % capacity_]);
  entries_ = std::move(ordered);
  oldest_ = 0;
  capacity_ *= 2;
  slots_.assign(capacity_ * 2, 0);
  for (std::uint32_t entry = 1; entry <= entries_.size(); ++entry) insert(entry);
}

Arbiter::Answer Arbiter::judge(const Event& event, SessionId session) {
  auto& heard = heard_[event.body.index()];
  if (!heard) heard = std::make_unique<Heard>();
  const auto basis = identity_basis(event);
  if (basis == IdentityBasis::none) return {.is_first = heard->source.is(session, event.ts_recv)};
  using Meaning = RecentIdentities::Meaning;
  const auto meaning = basis == IdentityBasis::content ? Meaning::each_time : Meaning::once;
  const auto first = heard->recent.seen(identity_of(event).low, meaning, session, event.ts_recv);
  if (!first) return {};
  return {.is_first = false, .behind = event.ts_recv - *first};
}

void Arbiter::ended(SessionId session) {
  for (const auto& heard : heard_) {
    if (heard) heard->source.ended(session);
  }
}

}  // namespace mp::pipeline
