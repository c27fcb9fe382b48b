// L5. Checks of what venues show of themselves: their clocks, their certificates, their silence.
#pragma once

#include <vector>

#include "control/health.hpp"
#include "net/certificates.hpp"

namespace mp::control {

// Our clock against the venues', by the delays and round trips that their connections measured.
[[nodiscard]] Check venue_clock_check(const std::vector<pipeline::FeedHealth>& feeds);
// Days left of the certificates that venues showed.
[[nodiscard]] Check certificate_check(const std::vector<net::CertificateSeen>& seen, Timestamp now);
// Topics that are connected and have brought nothing since.
[[nodiscard]] Check silence_check(const std::vector<pipeline::BoardRow>& rows,
                                  std::chrono::seconds uptime);
// How long the room on the disk lasts as it went lately; nothing: it does not shrink, or nobody
// has looked for long enough.
[[nodiscard]] Check disk_time_check(std::optional<std::chrono::seconds> left);

}  // namespace mp::control
