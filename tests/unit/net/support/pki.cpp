#include "unit/net/support/pki.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "core/assert.hpp"

namespace mp::net::test {
namespace {

struct Free {
  void operator()(X509* it) const { X509_free(it); }
  void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
  void operator()(BIO* it) const { BIO_free_all(it); }
};
using Cert = std::unique_ptr<X509, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Memory = std::unique_ptr<BIO, Free>;

Key make_key(int rsa_bits) {
  Key key(rsa_bits == 0 ? EVP_EC_gen("P-256") : EVP_RSA_gen(static_cast<unsigned int>(rsa_bits)));
  MP_ASSERT(key != nullptr);
  return key;
}

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  MP_ASSERT(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

struct Wanted {
  std::string common_name;
  long valid_from = -3600;
  long valid_to = 3600;
  bool sha1 = false;
};

Cert begin(const Wanted& wanted, EVP_PKEY* key, X509* issuer) {
  static long serial = 1;
  Cert certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), wanted.valid_from);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), wanted.valid_to);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wanted.common_name.c_str()), -1,
                             -1, 0);
  X509* from = issuer == nullptr ? certificate.get() : issuer;
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(from));
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

void sign(X509* certificate, EVP_PKEY* key, bool sha1) {
  MP_ASSERT(X509_sign(certificate, key, sha1 ? EVP_sha1() : EVP_sha256()) > 0);
}

struct Authority {
  Key key;
  Cert certificate;
};

Authority make_authority(const std::string& name, const Authority* parent,
                         const std::string& constraint) {
  Authority made;
  made.key = make_key(0);
  X509* issuer = parent == nullptr ? nullptr : parent->certificate.get();
  made.certificate = begin({.common_name = name}, made.key.get(), issuer);
  X509* from = issuer == nullptr ? made.certificate.get() : issuer;
  extend(made.certificate.get(), from, NID_basic_constraints, "critical,CA:TRUE");
  extend(made.certificate.get(), from, NID_key_usage, "critical,keyCertSign,cRLSign");
  extend(made.certificate.get(), from, NID_subject_key_identifier, "hash");
  if (!constraint.empty()) {
    extend(made.certificate.get(), from, NID_name_constraints, constraint);
  }
  sign(made.certificate.get(), parent == nullptr ? made.key.get() : parent->key.get(), false);
  return made;
}

std::string text_of(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  Memory memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(memory.get(), certificate);
  return text_of(memory.get());
}

}  // namespace

struct Pki::Authorities {
  Authority ca = make_authority("Test CA", nullptr, "");
  Authority unknown = make_authority("Unknown CA", nullptr, "");
  Authority intermediate = make_authority("Intermediate", &ca, "");
  Authority narrow = make_authority("Narrow CA", &ca, "critical,permitted;DNS:other.example");
};

Pki::Pki() : authorities_(new Authorities) {
  std::string pattern = (std::filesystem::temp_directory_path() / "mp_pki_XXXXXX").string();
  MP_ASSERT(::mkdtemp(pattern.data()) != nullptr);
  directory_ = pattern;
  ca_file_ = directory_ + "/ca.pem";
  std::ofstream(ca_file_) << pem_of(authorities_->ca.certificate.get());
}

Pki::~Pki() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
  delete authorities_;
}

KeyAndCertificate Pki::issue(const Certificate& wanted) const {
  const Authority* issuer = nullptr;
  if (wanted.issuer == Certificate::Issuer::ca) issuer = &authorities_->ca;
  if (wanted.issuer == Certificate::Issuer::unknown_ca) issuer = &authorities_->unknown;
  if (wanted.issuer == Certificate::Issuer::intermediate) issuer = &authorities_->intermediate;
  if (wanted.issuer == Certificate::Issuer::narrow_ca) issuer = &authorities_->narrow;
  const Key key = make_key(wanted.rsa_bits);
  X509* parent = issuer == nullptr ? nullptr : issuer->certificate.get();
  const Cert certificate = begin(
      {wanted.common_name, wanted.valid_from, wanted.valid_to, wanted.sha1}, key.get(), parent);
  if (!wanted.alternative_names.empty()) {
    extend(certificate.get(), parent, NID_subject_alt_name, wanted.alternative_names);
  }
  sign(certificate.get(), issuer == nullptr ? key.get() : issuer->key.get(), wanted.sha1);
  KeyAndCertificate out;
  out.certificate = pem_of(certificate.get());
  if (wanted.issuer == Certificate::Issuer::narrow_ca) {
    out.certificate += pem_of(authorities_->narrow.certificate.get());
  }
  Memory memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(memory.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  out.key = text_of(memory.get());
  return out;
}

}  // namespace mp::net::test
