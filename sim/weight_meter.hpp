// Binance's weight of REST calls: so much in each minute of the clock, then 429; who goes on
// calling is banned (418).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/time.hpp"

namespace mp::sim {

// The weight of a call by its path and query, as of spot.
[[nodiscard]] std::uint32_t weight_of(std::string_view target);

class WeightMeter {
 public:
  // 0: without a limit.
  explicit WeightMeter(std::uint32_t per_minute) : per_minute_(per_minute) {}

  struct Verdict {
    unsigned status = 200;  // or 429, 418
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string body{};  // of a refusal
  };
  // A call comes.
  [[nodiscard]] Verdict count(std::string_view target, Timestamp now);

  [[nodiscard]] std::uint32_t per_minute() const { return per_minute_; }

 private:
  static constexpr std::uint32_t kIgnoredMax = 10;  // refusals that were not obeyed
  static constexpr std::int64_t kBanSeconds = 120;

  [[nodiscard]] Verdict refused(unsigned status, std::int64_t seconds) const;

  std::uint32_t per_minute_;
  std::int64_t minute_ = 0;
  std::uint32_t used_ = 0;
  std::uint32_t ignored_ = 0;
  std::int64_t banned_until_ = 0;  // in seconds
};

}  // namespace mp::sim
