// L5. Which events a client of the streams wants.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/event.hpp"
#include "core/result.hpp"

namespace mp::control {

// VENUE/INSTRUMENT/CHANNEL, each a name or a glob; or VENUE/INSTRUMENT/bookN: the best N levels,
// whole, as often as they change and no more often than FanOut::kTopsEvery.
struct StreamWish {
  std::string venue;
  std::string name;  // ours, or the venue's symbol
  std::string channel;
  std::size_t depth = 0;  // of bookN; 0: events
  [[nodiscard]] bool matches(const Event& event) const;
};
[[nodiscard]] Result<StreamWish> stream_wish(std::string_view text);

}  // namespace mp::control
