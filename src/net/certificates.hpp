// L2 net. Certificates: until when those that servers showed are good.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "core/time.hpp"

namespace mp::net {

struct CertificateSeen {
  std::string host;
  Timestamp until{};  // the end of the server's own certificate
  friend bool operator==(const CertificateSeen&, const CertificateSeen&) = default;
};

// Of each host the one of its newest connection.
class Certificates {
 public:
  static constexpr std::size_t kHostsMax = 64;

  void note(const std::string& host, Timestamp until);
  [[nodiscard]] std::vector<CertificateSeen> seen() const;

 private:
  mutable std::mutex mutex_;  // connections note on their thread, checks ask on another
  std::vector<CertificateSeen> seen_;
};

}  // namespace mp::net
