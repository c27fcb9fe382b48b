// The rules of venues, and a stream that is run through a sequencer while compiling.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "book/sequencer.hpp"

namespace mp::book::test {

inline constexpr BookRule kBinanceSpot{.start = BookStart::rest_snapshot, .link = BookLink::first};
inline constexpr BookRule kBinanceFutures{.start = BookStart::rest_snapshot,
                                          .link = BookLink::previous};
inline constexpr BookRule kOkx{.start = BookStart::stream_snapshot, .link = BookLink::previous};
inline constexpr BookRule kBybit{.start = BookStart::stream_snapshot, .link = BookLink::first};
inline constexpr BookRule kGateObu = kBybit;
inline constexpr BookRule kGateUpdate = kBinanceSpot;
inline constexpr BookRule kKucoinSpot = kBinanceSpot;
inline constexpr BookRule kKucoinFutures = kBinanceSpot;
inline constexpr BookRule kDeribit = kOkx;
inline constexpr BookRule kBitget{
    .start = BookStart::stream_snapshot, .link = BookLink::previous, .snapshot_bridges = true};
inline constexpr BookRule kHyperliquid{.start = BookStart::every_message, .link = BookLink::first};
inline constexpr BookRule kCoinbaseExchange{.start = BookStart::stream_snapshot,
                                            .link = BookLink::none};
inline constexpr BookRule kBitstamp{.start = BookStart::rest_snapshot, .link = BookLink::none};
inline constexpr BookRule kHtx{.start = BookStart::socket_snapshot, .link = BookLink::previous};

constexpr Update delta(std::int64_t first, std::int64_t last) {
  return {.is_snapshot = false, .first = first, .last = last, .previous = std::nullopt};
}
constexpr Update after(std::int64_t previous, std::int64_t last) {
  return {.is_snapshot = false, .first = std::nullopt, .last = last, .previous = previous};
}
constexpr Update after(std::int64_t previous, std::int64_t first, std::int64_t last) {
  return {.is_snapshot = false, .first = first, .last = last, .previous = previous};
}
constexpr Update whole(std::int64_t last) {
  return {.is_snapshot = true, .first = std::nullopt, .last = last, .previous = std::nullopt};
}

inline constexpr Update kBareDelta{};
inline constexpr Update kBareSnapshot{
    .is_snapshot = true, .first = std::nullopt, .last = std::nullopt, .previous = std::nullopt};

// Runs a stream through a sequencer as a keeper does, and says whether everything came as expected.
class Scenario {
 public:
  constexpr explicit Scenario(const BookRule& rule) : sequencer_(rule) {}

  constexpr Scenario& expect(const Update& update, Action action, const Gap& gap = {}) {
    const Decision decision = sequencer_.on_update(update);
    if (decision.action != action || decision.gap != gap) good_ = false;
    if (decision.action == Action::hold) held_[held_count_++] = update;
    return *this;
  }

  // The REST snapshot comes; if it is accepted, the held deltas are offered, and give `actions`.
  template <std::size_t kCount = 0>
  constexpr Scenario& snapshot(std::optional<std::int64_t> last, Join join,
                               const std::array<Action, kCount>& actions = {}) {
    const std::span<const Update> held = std::span{held_}.first(held_count_);
    if (sequencer_.on_snapshot(last, held) != join) good_ = false;
    if (join != Join::apply) return *this;
    if (held_count_ != kCount) {
      good_ = false;
      return *this;
    }
    held_count_ = 0;
    for (std::size_t i = 0; i < kCount; ++i) expect(held[i], actions[i]);
    return *this;
  }

  [[nodiscard]] constexpr bool ends_in_step() const { return good_ && sequencer_.in_step(); }
  [[nodiscard]] constexpr bool ends_at(std::int64_t last) const {
    return good_ && sequencer_.in_step() && sequencer_.last() == last;
  }
  [[nodiscard]] constexpr bool ends_waiting() const { return good_ && !sequencer_.in_step(); }

 private:
  Sequencer sequencer_;
  std::array<Update, 8> held_{};
  std::size_t held_count_ = 0;
  bool good_ = true;
};

}  // namespace mp::book::test
