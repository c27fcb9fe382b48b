// L4. TradeWatch: of a symbol whose trades the venue counts: which are missing, which came late,
// which came twice.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/time.hpp"

namespace mp::pipeline {

class TradeWatch {
 public:
  // So many stretches that are missing are remembered, the newest.
  static constexpr std::size_t kHolesMax = 64;
  // A number so far behind is a new count, not a late trade.
  static constexpr std::int64_t kRestart = 10'000'000;

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
    std::optional<Timestamp> since{};  // of a gap: the trade before it
  };
  TradeWatch() = default;
  // Goes on behind the last trade of an earlier run: it, and those before it, have been told.
  explicit TradeWatch(std::int64_t last) : last_(last) {}

  [[nodiscard]] Answer judge(std::int64_t id, Timestamp ts_recv);
  [[nodiscard]] std::optional<std::int64_t> last() const { return last_; }

  struct Range {  // both ends included
    std::int64_t from = 0;
    std::int64_t to = 0;
    friend bool operator==(const Range&, const Range&) = default;
  };
  // What is still missing between them, the first stretch.
  [[nodiscard]] std::optional<Range> missing_in(Range range) const;
  // True: it was missing, and is no longer.
  [[nodiscard]] bool fill(std::int64_t id) { return take(id); }

  // The number of a trade's id; nothing where it is none.
  [[nodiscard]] static std::optional<std::int64_t> number_of(std::string_view id);

 private:
  struct Hole {
    std::int64_t from = 0;
    std::int64_t to = -1;  // before `from`: none
  };
  void add(Hole hole);
  [[nodiscard]] bool take(std::int64_t id);

  std::optional<std::int64_t> last_;
  std::optional<Timestamp> last_time_;  // none of an earlier run's
  std::int64_t first_ = 0;              // of this count
  std::array<Hole, kHolesMax> holes_{};
  std::size_t next_hole_ = 0;
};

}  // namespace mp::pipeline
