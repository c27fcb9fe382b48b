// L4. TradeWatch: of a symbol whose trades the venue counts: which are missing, which came late,
// which came twice.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "core/time.hpp"
#include "pipeline/trade_holes.hpp"

namespace mp::pipeline {

class TradeWatch {
 public:
  // A number so far behind is a new count, not a late trade.
  static constexpr std::int64_t kRestart = 10'000'000;
  // A number so far ahead is believed when the next one is near it: one flipped bit would mark
  // millions of trades as missing, and take the true ones that follow for copies.
  static constexpr std::int64_t kLeap = 1'000'000;

  enum class Kind : std::uint8_t {
    next,  // the first one, or the one after the last
    gap,   // from..to are missing before it
    late,  // it was missing, and is here now
    copy,  // it came before
  };
  struct Answer {
    Kind kind = Kind::next;
    std::int64_t from = 0;  // of a gap, both ends included
    std::int64_t to = 0;
    std::int64_t missing = 0;          // of these; a number that was doubted lies between them
    std::optional<Timestamp> since{};  // of a gap: the trade before it
  };
  TradeWatch() = default;
  // Goes on behind the last trade of an earlier run: it, and those before it, have been told, but
  // for what was missing.
  explicit TradeWatch(std::int64_t last, TradeHoles missing = {})
      : last_(last), missing_(std::move(missing)) {}

  [[nodiscard]] Answer judge(std::int64_t id, Timestamp ts_recv);
  [[nodiscard]] std::optional<std::int64_t> last() const { return last_; }

  using Range = TradeRange;
  // What is still missing between them, the first stretch.
  [[nodiscard]] std::optional<Range> missing_in(const Range& range) const {
    return missing_.first_in(range);
  }
  // True: it was missing, and is no longer.
  [[nodiscard]] bool fill(std::int64_t id) { return missing_.take(id) || given_up_.take(id); }
  // Nobody asks for these any more; they may come by themselves.
  void give_up(const Range& range);
  // But for what was given up.
  [[nodiscard]] const TradeHoles& missing() const { return missing_; }

  // The number of a trade's id; nothing where it is none.
  [[nodiscard]] static std::optional<std::int64_t> number_of(std::string_view id);

 private:
  std::optional<std::int64_t> last_;
  std::optional<Timestamp> last_time_;   // none of an earlier run's
  std::int64_t first_ = 0;               // of this count
  std::optional<std::int64_t> doubted_;  // a leap: told, and not counted with yet
  TradeHoles missing_;
  TradeHoles given_up_;  // these are missing too
};

}  // namespace mp::pipeline
