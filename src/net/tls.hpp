// L2 net. TlsContext: how we trust servers. The chain and the host's name are always verified;
// there is no way to turn that off.
#pragma once

#include <memory>
#include <string>

#include "core/result.hpp"
#include "net/certificates.hpp"

struct ssl_ctx_st;

namespace mp::net {

struct TlsConfig {
  std::string ca_file{};  // PEM; trusted instead of the system's store. Empty: the system's store
};

// Owns what all TLS connections share: TLS 1.2 or later, security level 2, no renegotiation.
// It may be shared by threads once made.
class TlsContext {
 public:
  // ErrorKind::config where the file cannot be read as certificates.
  [[nodiscard]] static Result<TlsContext> create(const TlsConfig& config);

  [[nodiscard]] ssl_ctx_st* native() const { return context_.get(); }
  // Of the servers that its connections went to.
  [[nodiscard]] Certificates& certificates() const { return *certificates_; }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}

  std::unique_ptr<ssl_ctx_st, Free> context_;
  std::unique_ptr<Certificates> certificates_ = std::make_unique<Certificates>();
};

}  // namespace mp::net
