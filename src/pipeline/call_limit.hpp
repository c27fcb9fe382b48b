// L4. CallLimit: how many REST calls are under way at once, of all venues together.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

namespace mp::pipeline {

// Each venue has its share, which others leave to it even where it does not use it now: one with
// thousands of books keeps nobody waiting. Any thread may ask.
class CallLimit {
 public:
  static constexpr std::size_t kCallsMax = 50;
  using Venue = std::size_t;

  explicit CallLimit(std::size_t most = kCallsMax) : most_(most) {}

  // Another venue takes part.
  [[nodiscard]] Venue add_venue();
  // True: `venue` may have one more, until end().
  [[nodiscard]] bool begin(Venue venue);
  void end(Venue venue);

  [[nodiscard]] std::size_t active() const;

 private:
  const std::size_t most_;
  mutable std::mutex mutex_;  // shards make calls on their threads, off the message path
  std::vector<std::size_t> active_;
};

}  // namespace mp::pipeline
