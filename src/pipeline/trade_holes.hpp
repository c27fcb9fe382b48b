// L4. TradeHoles: stretches of trades that are missing, by their numbers; the newest ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace mp::pipeline {

struct TradeRange {  // both ends included
  std::int64_t from = 0;
  std::int64_t to = 0;
  friend bool operator==(const TradeRange&, const TradeRange&) = default;
};

class TradeHoles {
 public:
  static constexpr std::size_t kMost = 64;

  TradeHoles() = default;

  // None of it is in a hole yet. Beyond kMost the oldest is forgotten.
  void add(const TradeRange& hole);
  // It is no longer missing. True: it was.
  bool take(std::int64_t id) { return !holes_.empty() && take(TradeRange{id, id}); }
  // None of these is. True: some were.
  bool take(const TradeRange& range);
  void clear() { holes_.clear(); }

  // What is missing between them, the stretch with the lowest numbers.
  [[nodiscard]] std::optional<TradeRange> first_in(const TradeRange& range) const;
  // The oldest first.
  [[nodiscard]] const std::vector<TradeRange>& all() const { return holes_; }

  friend bool operator==(const TradeHoles&, const TradeHoles&) = default;

 private:
  std::vector<TradeRange> holes_;  // that do not overlap
};

}  // namespace mp::pipeline
