// L4. Bars: the last minutes of a symbol's trades, for screens: doubles, never on the way to a
// sink.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/time.hpp"

namespace mp::pipeline {

// A minute in which something was traded.
struct Bar {
  std::int64_t time = 0;  // its beginning, in seconds since 1970
  double open = 0;
  double high = 0;
  double low = 0;
  double close = 0;
  double volume = 0;

  static void fields(auto& self, auto&& visit) {
    visit("time", self.time);
    visit("open", self.open);
    visit("high", self.high);
    visit("low", self.low);
    visit("close", self.close);
    visit("volume", self.volume);
  }
  friend bool operator==(const Bar&, const Bar&) = default;
};

class Bars {
 public:
  static constexpr std::size_t kKept = 120;

  // Trades come nearly in order; one of a minute that has passed counts in the last bar.
  void add(Timestamp ts, double price, double quantity);
  // Where the newest minute begins; the beginning of time where there is none.
  [[nodiscard]] Timestamp newest() const;
  // The oldest first.
  [[nodiscard]] std::vector<Bar> all() const;

 private:
  std::vector<Bar> bars_;  // a ring once it is full
  std::size_t newest_ = 0;
};

}  // namespace mp::pipeline
