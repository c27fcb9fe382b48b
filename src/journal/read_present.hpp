// L2. What lies in a journal now, for who does not follow it.
#pragma once

#include <cstdint>

#include "core/result.hpp"
#include "journal/journal.hpp"

namespace mp::journal {

// Hands each event to `visit` until there is no further one, or it answers false. What is lost or
// damaged is passed over. ErrorKind::io: the system refuses to give the rest.
template <class Visit>
[[nodiscard]] Result<void> read_present(Reader& reader, Visit&& visit) {
  constexpr std::uint64_t kReleaseEvery = 4096;
  for (std::uint64_t read = 1;; ++read) {
    const Next next = reader.next();
    if (next == Next::event && !visit(reader.event())) return {};
    if (read % kReleaseEvery == 0) reader.release();
    if (next == Next::closed) return {};
    if (next != Next::idle) continue;
    if (reader.obstacle().empty()) return {};
    return Error{ErrorKind::io, reader.obstacle()};
  }
}

}  // namespace mp::journal
