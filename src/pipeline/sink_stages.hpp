// L4. SinkStages: times the batches of a sink, and one event in many while it is encoded. Nothing
// decides by it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "net/clock.hpp"
#include "obs/stage_times.hpp"

namespace mp::pipeline {

// The runner's thread records, any thread reads the times.
class SinkStages {
 public:
  // One event in so many is timed; batches all are.
  static constexpr std::uint32_t kEncodeEvery = 61;

  // Nothing: this one is not timed.
  [[nodiscard]] std::optional<net::SteadyTime> begin_encode() {
    if (--left_ != 0) return std::nullopt;
    left_ = kEncodeEvery;
    return net::steady_now();
  }
  void encoded(const std::optional<net::SteadyTime>& begun, Timestamp at, std::string_view line) {
    if (begun)
      encode_.record(net::steady_now() - *begun, {.at = at, .bytes = line.size(), .head = line});
  }

  [[nodiscard]] net::SteadyTime begin_write() const { return net::steady_now(); }
  void wrote(net::SteadyTime begun, const obs::StageTimes::Work& batch) {
    write_.record(net::steady_now() - begun, batch);
  }

  [[nodiscard]] const obs::StageTimes& encode() const { return encode_; }
  [[nodiscard]] const obs::StageTimes& write() const { return write_; }

 private:
  std::uint32_t left_ = kEncodeEvery;
  obs::StageTimes encode_;
  obs::StageTimes write_;
};

}  // namespace mp::pipeline
