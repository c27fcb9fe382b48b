#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace mp::net {
namespace {

std::string last_tls_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown reason" : reason;
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

Result<TlsContext> TlsContext::create(const TlsConfig& config) {
  ERR_clear_error();
  TlsContext made(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = made.native();
  if (context == nullptr) {
    return Error{ErrorKind::internal, "TLS cannot be set up: " + last_tls_error()};
  }
  SSL_CTX_set_security_level(context, 2);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // A partial write is retried from our own queue. SSL_MODE_RELEASE_BUFFERS is left out: it would
  // allocate for every record (5 to 15 % of the time of a small one) to save 2 KB when idle.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (!config.ca_file.empty() && ::access(config.ca_file.c_str(), R_OK) != 0) {
    return Error{ErrorKind::config,
                 "ca_file \"" + config.ca_file + "\" cannot be read: " + std::strerror(errno)};
  }
  const int loaded = config.ca_file.empty()
                         ? SSL_CTX_set_default_verify_paths(context)
                         : SSL_CTX_load_verify_file(context, config.ca_file.c_str());
  if (loaded != 1) {
    const std::string which =
        config.ca_file.empty() ? "the system's certificates" : "ca_file \"" + config.ca_file + "\"";
    return Error{ErrorKind::config,
                 which + " cannot be read as PEM certificates: " + last_tls_error()};
  }
  return made;
}

}  // namespace mp::net
