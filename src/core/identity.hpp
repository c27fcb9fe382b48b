// L0. Identity: which event this is, as a pure function of what the venue sent. Two collectors that
// heard the same message give its events the same identity, whatever else differs (receive times,
// our own numbers).
#pragma once

#include <cstdint>

#include "core/event.hpp"

namespace mp {

struct Identity {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const Identity&, const Identity&) = default;
};

// What an identity stands on. Content alone is none: a price may come back, and is then new.
enum class IdentityBasis : std::uint8_t {
  id,       // the venue's id of a trade
  numbers,  // the venue's sequence numbers
  content,  // what the event says, with the venue's time
  none,     // what the event says, without any time
};
[[nodiscard]] IdentityBasis identity_basis(const Event& event);

// Of venue, channel, symbol and the basis. A status is ours, and has its receive time as basis.
[[nodiscard]] Identity identity_of(const Event& event);

}  // namespace mp
