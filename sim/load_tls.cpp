#include "sim/load_tls.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>

#include "core/assert.hpp"

namespace mp::sim {

// Between OpenSSL and a LoadTls: reads the window, appends to the output.
struct LoadBio {
  static int read(BIO* bio, char* into, int size) {
    auto& tls = *static_cast<LoadTls*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (tls.window_.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const std::size_t taken = std::min(static_cast<std::size_t>(size), tls.window_.size());
    std::memcpy(into, tls.window_.data(), taken);
    tls.window_.remove_prefix(taken);
    return static_cast<int>(taken);
  }
  static int write(BIO* bio, const char* from, int size) {
    auto& tls = *static_cast<LoadTls*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    tls.output_.append(from, static_cast<std::size_t>(size));
    return size;
  }
  static long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }
  static int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }
  static BIO_METHOD* method() {
    struct Free {
      void operator()(BIO_METHOD* made) const { BIO_meth_free(made); }
    };
    static const std::unique_ptr<BIO_METHOD, Free> made = [] {
      std::unique_ptr<BIO_METHOD, Free> fresh(
          BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "load"));
      MP_ASSERT(fresh != nullptr);
      BIO_meth_set_read(fresh.get(), read);
      BIO_meth_set_write(fresh.get(), write);
      BIO_meth_set_ctrl(fresh.get(), control);
      BIO_meth_set_create(fresh.get(), create);
      return fresh;
    }();
    return made.get();
  }
};

namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

std::unique_ptr<BIO, FreeBio> bytes_of(const std::string& pem) {
  return std::unique_ptr<BIO, FreeBio>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

}  // namespace

void LoadTlsContext::Free::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

Result<LoadTlsContext> LoadTlsContext::create(const Certificates& certificates) {
  LoadTlsContext made;
  made.context_.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const context = made.context_.get();
  MP_ASSERT(context != nullptr);
  const std::unique_ptr<X509, FreeCertificate> certificate(
      PEM_read_bio_X509(bytes_of(certificates.server_pem).get(), nullptr, nullptr, nullptr));
  const std::unique_ptr<EVP_PKEY, FreeKey> key(
      PEM_read_bio_PrivateKey(bytes_of(certificates.key_pem).get(), nullptr, nullptr, nullptr));
  const bool usable = certificate != nullptr && key != nullptr &&
                      SSL_CTX_use_certificate(context, certificate.get()) == 1 &&
                      SSL_CTX_use_PrivateKey(context, key.get()) == 1 &&
                      SSL_CTX_set_ciphersuites(context, "TLS_AES_256_GCM_SHA384") == 1 &&
                      SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1;
  ERR_clear_error();
  if (!usable)
    return Error{.kind = ErrorKind::internal,
                 .message = "The load generator could not use its own certificate."};
  SSL_CTX_set_num_tickets(context, 0);  // nobody resumes a session here
  return made;
}

void LoadTls::Free::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

LoadTls::LoadTls(const LoadTlsContext& context) : ssl_(SSL_new(context.native())) {
  MP_ASSERT(ssl_ != nullptr);
  BIO* const bio = BIO_new(LoadBio::method());
  MP_ASSERT(bio != nullptr);
  BIO_set_data(bio, this);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
}

LoadTls::~LoadTls() = default;

bool LoadTls::read(std::string_view wire, std::string& plain) {
  window_ = wire;
  char bytes[16 * 1024];
  while (true) {
    std::size_t count = 0;
    const int result = SSL_read_ex(ssl_.get(), bytes, sizeof bytes, &count);
    if (result != 1) {
      const bool goes_on = SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ;
      ERR_clear_error();
      return goes_on;
    }
    plain.append(bytes, count);
  }
}

bool LoadTls::write(std::string_view plain) {
  std::size_t count = 0;
  const int result = SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &count);
  if (result == 1) {
    MP_ASSERT(count == plain.size());
    return true;
  }
  ERR_clear_error();
  return false;
}

}  // namespace mp::sim
