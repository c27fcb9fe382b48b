// L4. Silence: whether what used to say something says nothing any more, judged by its own habits:
// a quiet instrument is quiet, a busy one that stops is broken. No clock: time is an argument.
#pragma once

#include <chrono>
#include <cstdint>

#include "net/clock.hpp"

namespace mp::pipeline {

class Silence {
 public:
  // It is out of habit after the longest of: `least`, so many times the mean pause, and so many
  // times the longest one. Where that is longer than `soon`, or too little was heard to know, it is
  // at least `late`.
  struct Rule {
    std::chrono::seconds least{};
    unsigned means = 0;
    unsigned longests = 0;
    std::chrono::seconds soon{};
    std::chrono::seconds late{};
  };
  static constexpr std::uint64_t kEnough = 20;  // counts that tell a habit

  explicit Silence(const Rule& rule) : rule_(&rule) {}

  // From now on, with nothing known.
  void begin(std::uint64_t count, net::SteadyTime now);
  // `count` has been said so far. True once when that is out of habit, and again after twice as
  // long each time.
  [[nodiscard]] bool out_of_habit(std::uint64_t count, net::SteadyTime now);
  [[nodiscard]] std::chrono::milliseconds silent_for(net::SteadyTime now) const;
  // Nothing at all since begin().
  [[nodiscard]] bool never_heard() const { return last_count_ == first_count_; }

 private:
  [[nodiscard]] std::chrono::milliseconds limit() const;

  const Rule* rule_;
  std::uint64_t first_count_ = 0;
  std::uint64_t last_count_ = 0;
  net::SteadyTime began_{};
  net::SteadyTime heard_{};  // as seen by out_of_habit()
  std::chrono::milliseconds longest_{0};
  unsigned times_ = 0;  // that it was out of habit since it was heard
};

}  // namespace mp::pipeline
