// L4. GapReport: what is missing of each stream, from its status events alone: whoever reads a
// journal can have it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/event.hpp"

namespace mp::pipeline {

// A stretch of which something is missing, or may be.
struct Gap {
  std::string venue;
  std::string symbol;      // empty: a whole session's
  std::string instrument;  // ours; may be empty
  std::optional<Channel> channel;
  Condition condition = Condition::gap;  // or disconnected
  std::string reason;
  std::optional<Timestamp> since;  // up to when nothing is missing
  Timestamp said{};                // when it was found
  std::optional<Timestamp> until;  // from when on nothing is missing; absent: it goes on
  std::optional<std::int64_t> from_sequence;
  std::optional<std::int64_t> to_sequence;
  std::optional<std::int64_t> missing;
  std::int64_t healed = 0;  // of those that were missing
  std::string healed_by;
};

class GapReport {
 public:
  static constexpr std::size_t kGapsMax = 100'000;  // the newest

  // In the journal's order.
  void on_event(const Event& event);

  [[nodiscard]] const std::deque<Gap>& gaps() const { return gaps_; }
  [[nodiscard]] std::uint64_t forgotten() const { return first_; }

 private:
  using Key = std::pair<std::string, std::string>;  // venue and symbol

  void add(const Event& event, const Status& status);
  void end(const Event& event, const Status& status, Condition which);
  void heal(const Event& event, const Status& status);
  [[nodiscard]] Gap* at(std::uint64_t number);

  std::deque<Gap> gaps_;
  std::uint64_t first_ = 0;                             // number of gaps_.front()
  std::map<Key, std::vector<std::uint64_t>> open_;      // that go on, by number
  std::map<Key, std::vector<std::uint64_t>> numbered_;  // whose numbers may still come
};

}  // namespace mp::pipeline
