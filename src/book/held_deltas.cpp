#include "book/held_deltas.hpp"

#include "core/assert.hpp"

namespace mp::book {

HeldDeltas::~HeldDeltas() {
  if (room_ != nullptr) room_->give_back(bytes());
}

HeldDeltas::Added HeldDeltas::add(const Book& body, const Update& update, Timestamp ts_recv,
                                  const std::optional<Timestamp>& ts_event) {
  const std::size_t more = bytes_of(1, body.bids.size() + body.asks.size());
  if (updates_.size() >= count_max_) return Added::full;
  if (bytes() + more > kHeldBytesMax) return Added::full;
  if (room_ != nullptr && !room_->take(more)) return Added::full;
  entries_.push_back({.levels_at = levels_.size(),
                      .bid_count = body.bids.size(),
                      .ask_count = body.asks.size(),
                      .checksum = body.checksum,
                      .ts_recv = ts_recv,
                      .ts_event = ts_event});
  updates_.push_back(update);
  levels_.insert(levels_.end(), body.bids.begin(), body.bids.end());
  levels_.insert(levels_.end(), body.asks.begin(), body.asks.end());
  return Added::yes;
}

// Hundreds of books wait once, at the start: what a long wait took goes back.
void HeldDeltas::clear() {
  if (room_ != nullptr) room_->give_back(bytes());
  updates_.clear();
  entries_.clear();
  levels_.clear();
  if (levels_.capacity() * sizeof(Level) <= kHeldBytesKept) return;
  updates_ = {};
  entries_ = {};
  levels_ = {};
}

void HeldDeltas::drop_front(std::size_t count) {
  if (count >= size()) {
    clear();
    return;
  }
  const auto levels_gone = entries_[count].levels_at;
  if (room_ != nullptr) room_->give_back(bytes_of(count, levels_gone));
  const auto gone = static_cast<std::ptrdiff_t>(count);
  updates_.erase(updates_.begin(), updates_.begin() + gone);
  entries_.erase(entries_.begin(), entries_.begin() + gone);
  levels_.erase(levels_.begin(), levels_.begin() + static_cast<std::ptrdiff_t>(levels_gone));
  for (Entry& entry : entries_) entry.levels_at -= levels_gone;
}

Book HeldDeltas::body(std::size_t index) const {
  MP_ASSERT(index < size());
  const Entry& entry = entries_[index];
  const Levels levels{levels_};
  return {.is_snapshot = false,
          .first_sequence = updates_[index].first,
          .last_sequence = updates_[index].last,
          .previous_sequence = updates_[index].previous,
          .checksum = entry.checksum,
          .bids = levels.subspan(entry.levels_at, entry.bid_count),
          .asks = levels.subspan(entry.levels_at + entry.bid_count, entry.ask_count)};
}

}  // namespace mp::book
