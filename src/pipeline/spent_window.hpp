// L4. SpentWindow: what was spent in a window that ends now, counted in plain atomics, so that
// threads and processes can share it without a lock that one of them could take to its grave.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "net/clock.hpp"
#include "venue/traits.hpp"

namespace mp::pipeline {

class SpentWindow {
 public:
  // The window is counted in sixtieths: what was spent in one is free again when the whole of it is
  // older than the window.
  static constexpr std::int64_t kParts = 60;
  // A part: its number since the clock began, and what was spent in it. All zero: nothing yet.
  using Memory = std::array<std::atomic<std::uint64_t>, 64>;
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

  // `memory` outlives it. All that share it have windows of one length.
  SpentWindow(const venue::Window& window, Memory& memory);

  // 0: no limit is known, and nothing is counted.
  [[nodiscard]] std::uint64_t most() const { return most_; }
  [[nodiscard]] std::uint64_t spent(net::SteadyTime now) const;
  // When `amount` may be spent. More than the whole window allows goes through when it is empty.
  [[nodiscard]] net::SteadyTime free_at(std::uint64_t amount, net::SteadyTime now) const;
  // False: it may not be spent now, and is not.
  [[nodiscard]] bool spend(std::uint64_t amount, net::SteadyTime now);
  // Whether or not there is room: somebody else has spent it.
  void add(std::uint64_t amount, net::SteadyTime now);
  // It was not spent after all, a moment ago.
  void give_back(std::uint64_t amount, net::SteadyTime now);

 private:
  struct Part {
    std::int64_t number = 0;
    std::uint64_t amount = 0;
  };
  [[nodiscard]] static Part part_of(std::uint64_t word);
  [[nodiscard]] std::int64_t number_at(net::SteadyTime now) const;
  [[nodiscard]] net::SteadyTime end_of(const Part& part) const;

  std::uint64_t most_;
  net::SteadyTime::duration per_;
  net::SteadyTime::duration part_;
  Memory& memory_;
};

}  // namespace mp::pipeline
