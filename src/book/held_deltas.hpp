// L3. HeldDeltas: what a book keeps of its stream while it waits for a snapshot. Uses core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "book/sequencer.hpp"
#include "core/event.hpp"

namespace mp::book {

// Bytes that one book holds at most (BookRule::held_max bounds the count of deltas).
inline constexpr std::size_t kHeldBytesMax = std::size_t{8} << 20U;
// What stays allocated for the next wait once the held deltas are used up.
// Little: a thousand books may have waited.
inline constexpr std::size_t kHeldBytesKept = std::size_t{4} << 10U;

// The bytes that several books may hold together: two thousand of them wait for minutes at a start.
// Belongs to their thread.
class HeldRoom {
 public:
  static constexpr std::size_t kBytesMax = std::size_t{256} << 20U;

  explicit HeldRoom(std::size_t bytes_max = kBytesMax) : bytes_max_(bytes_max) {}
  HeldRoom(const HeldRoom&) = delete;
  HeldRoom& operator=(const HeldRoom&) = delete;

  [[nodiscard]] bool take(std::size_t bytes) {
    if (bytes > bytes_max_ - used_) return false;
    used_ += bytes;
    return true;
  }
  void give_back(std::size_t bytes) { used_ -= bytes; }
  [[nodiscard]] std::size_t used() const { return used_; }

 private:
  std::size_t bytes_max_;
  std::size_t used_ = 0;
};

// Deltas that wait for a snapshot, copied into flat arrays.
class HeldDeltas {
 public:
  enum class Added : std::uint8_t { yes, full };

  // `room` outlives it; null: it has only its own limits.
  HeldDeltas(std::size_t count_max, HeldRoom* room) : count_max_(count_max), room_(room) {}
  ~HeldDeltas();
  HeldDeltas(const HeldDeltas&) = delete;
  HeldDeltas& operator=(const HeldDeltas&) = delete;

  [[nodiscard]] Added add(const Book& body, const Update& update, Timestamp ts_recv,
                          const std::optional<Timestamp>& ts_event);
  void clear();
  // Forgets the oldest `count`.
  void drop_front(std::size_t count);

  [[nodiscard]] std::size_t size() const { return updates_.size(); }
  [[nodiscard]] std::span<const Update> updates() const { return updates_; }
  // Views are valid until the next change.
  [[nodiscard]] Book body(std::size_t index) const;
  [[nodiscard]] Timestamp ts_recv(std::size_t index) const { return entries_[index].ts_recv; }
  [[nodiscard]] const std::optional<Timestamp>& ts_event(std::size_t index) const {
    return entries_[index].ts_event;
  }

 private:
  struct Entry {
    std::size_t levels_at;
    std::size_t bid_count;
    std::size_t ask_count;
    std::optional<std::int64_t> checksum;
    Timestamp ts_recv;
    std::optional<Timestamp> ts_event;
  };
  [[nodiscard]] static std::size_t bytes_of(std::size_t deltas, std::size_t levels) {
    return deltas * (sizeof(Update) + sizeof(Entry)) + levels * sizeof(Level);
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_of(updates_.size(), levels_.size()); }

  std::size_t count_max_;
  HeldRoom* room_;
  std::vector<Update> updates_;
  std::vector<Entry> entries_;
  std::vector<Level> levels_;
};

}  // namespace mp::book
