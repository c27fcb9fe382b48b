// Made-up events for journals and sinks.
#pragma once

#include <cstddef>
#include <vector>

#include "core/event.hpp"

namespace mp::bench {

// Trades, best quotes and changes of books by turns, as a busy venue sends them.
class Events {
 public:
  Events() {
    for (std::int64_t i = 0; i < 10; ++i) {
      levels_.emplace_back(Price{{6'512'345 + i, -2}}, Quantity{{15'000 + i, -5}});
    }
    event_.venue = "binance";
    event_.ts_event = from_nanoseconds(1'790'000'000'000'000'000);
  }

  const Event& next(std::size_t number) {
    const auto count = static_cast<std::int64_t>(number);
    event_.seq = number;
    event_.ts_recv = from_nanoseconds(1'790'000'000'001'000'000 + count);
    const Price price{{6'512'345 + count % 100, -2}};
    const Quantity quantity{{15'000 + count % 1000, -5}};
    switch (number % 3) {
      case 0:
        event_.body = Trade{"12345678901", price, quantity, Side::buy};
        break;
      case 1:
        event_.body = Quote{price, quantity, price, quantity, count};
        break;
      default:
        event_.body = Book{false,
                           count,
                           count + 9,
                           {},
                           {},
                           {},
                           {},
                           Levels(levels_).first(5),
                           Levels(levels_).subspan(5)};
        break;
    }
    return event_;
  }

 private:
  std::vector<Level> levels_;
  Event event_;
};

}  // namespace mp::bench
