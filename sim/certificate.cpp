#include "sim/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

namespace mp::sim {
namespace {

struct Release {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
template <class T>
using Owned = std::unique_ptr<T, Release>;

constexpr long kDaySeconds = 24L * 3600L;
constexpr long kValidDays = 3650;

bool add_extension(X509* certificate, X509* issuer, int id, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, id, value));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// A certificate for `key`, named `name`, not yet signed.
Owned<X509> unsigned_certificate(EVP_PKEY* key, const char* name) {
  Owned<X509> certificate(X509_new());
  if (certificate == nullptr) return nullptr;
  std::uint64_t serial = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return nullptr;
  const bool filled =
      X509_set_version(certificate.get(), 2) == 1 &&
      ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1U) == 1 &&
      X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kDaySeconds) != nullptr &&
      X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kValidDays * kDaySeconds) != nullptr &&
      X509_set_pubkey(certificate.get(), key) == 1 &&
      X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                                 reinterpret_cast<const unsigned char*>(name), -1, -1, 0) == 1;
  return filled ? std::move(certificate) : nullptr;
}

bool sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key) {
  return X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
         X509_sign(certificate, issuer_key, EVP_sha256()) != 0;
}

template <class Write>
std::string pem_of(Write write) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || write(bio.get()) != 1) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

Error failure(const char* what) {
  return {.kind = ErrorKind::internal,
          .message = std::string("The simulator could not make its ") + what + ": OpenSSL says " +
                     ERR_error_string(ERR_get_error(), nullptr) + "."};
}

}  // namespace

Result<Certificates> make_certificates() {
  const Owned<EVP_PKEY> ca_key(EVP_EC_gen("P-256"));
  const Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  if (ca_key == nullptr || key == nullptr) return failure("keys");

  const Owned<X509> ca = unsigned_certificate(ca_key.get(), "MarketPrism simulator authority");
  const bool has_ca =
      ca != nullptr &&
      add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE") &&
      add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign") &&
      add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash") &&
      sign(ca.get(), ca.get(), ca_key.get());
  if (!has_ca) return failure("certificate authority");

  const Owned<X509> server = unsigned_certificate(key.get(), "localhost");
  const bool has_server =
      server != nullptr &&
      add_extension(server.get(), ca.get(), NID_basic_constraints, "critical,CA:FALSE") &&
      add_extension(server.get(), ca.get(), NID_key_usage, "critical,digitalSignature") &&
      add_extension(server.get(), ca.get(), NID_ext_key_usage, "serverAuth") &&
      add_extension(server.get(), ca.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1") &&
      add_extension(server.get(), ca.get(), NID_authority_key_identifier, "keyid") &&
      sign(server.get(), ca.get(), ca_key.get());
  if (!has_server) return failure("server certificate");

  return Certificates{
      .ca_pem = pem_of([&](BIO* bio) { return PEM_write_bio_X509(bio, ca.get()); }),
      .server_pem = pem_of([&](BIO* bio) { return PEM_write_bio_X509(bio, server.get()); }),
      .key_pem = pem_of([&](BIO* bio) {
        return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
      })};
}

}  // namespace mp::sim
