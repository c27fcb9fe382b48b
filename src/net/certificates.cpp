#include "net/certificates.hpp"

#include <algorithm>

namespace mp::net {

void Certificates::note(const std::string& host, Timestamp until) {
  const std::lock_guard guard{mutex_};
  const auto found = std::ranges::find(seen_, host, &CertificateSeen::host);
  if (found != seen_.end()) {
    found->until = until;
  } else if (seen_.size() < kHostsMax) {
    seen_.push_back({.host = host, .until = until});
  }
}

std::vector<CertificateSeen> Certificates::seen() const {
  const std::lock_guard guard{mutex_};
  return seen_;
}

}  // namespace mp::net
