// What the simulated venues share: their factories (one line each in exchange.cpp) and when timed
// messages are due.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "sim/exchange.hpp"

namespace mp::sim {

[[nodiscard]] std::unique_ptr<Exchange> make_binance(std::uint64_t seed, Timestamp now,
                                                     const VenueOptions& options);
[[nodiscard]] std::unique_ptr<Exchange> make_okx(std::uint64_t seed, Timestamp now,
                                                 const VenueOptions& options);

// Market actions per message that is wanted, at most: a client may listen to depth alone.
inline constexpr std::size_t kActionsPerMessage = 4;

// Due once in each interval of a fixed grid; the first time it is asked too. Missed intervals are
// not made up for.
class Cadence {
 public:
  explicit Cadence(std::chrono::milliseconds every) : every_(every) {}

  bool due(Timestamp now) {
    const std::int64_t interval = to_nanoseconds(now) / Nanoseconds{every_}.count();
    if (interval == last_) return false;
    last_ = interval;
    return true;
  }

 private:
  std::chrono::milliseconds every_;
  std::int64_t last_ = -1;
};

}  // namespace mp::sim
