#include "sim/load_tls.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
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

constexpr int kHeadBytes = 5;
constexpr int kTagBytes = 16;
constexpr char kApplicationData = 23;
constexpr std::size_t kKeyBytes = 32;
constexpr std::string_view kSecretLabel = "SERVER_TRAFFIC_SECRET_0 ";

const unsigned char* bytes_in(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// HKDF-Expand-Label without a context (RFC 8446 7.1), of at most one block of SHA-384.
std::string expand(std::string_view secret, std::string_view label, std::size_t bytes) {
  MP_ASSERT(bytes <= 48);
  std::string info = {0, static_cast<char>(bytes), static_cast<char>(label.size())};
  info.append(label).append({0, 1});  // no context; the first block
  std::array<unsigned char, EVP_MAX_MD_SIZE> block{};
  unsigned block_bytes = 0;
  const auto* const done = HMAC(EVP_sha384(), secret.data(), static_cast<int>(secret.size()),
                                bytes_in(info), info.size(), block.data(), &block_bytes);
  MP_ASSERT(done != nullptr);
  return {block.begin(), block.begin() + static_cast<std::ptrdiff_t>(bytes)};
}

std::string from_hex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(digit(text[i]) * 16 + digit(text[i + 1]));
  }
  return bytes;
}

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
  // Nobody resumes a session here; and OpenSSL must not use up numbers of records.
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_keylog_callback(context, take_line);
  return made;
}

// "SERVER_TRAFFIC_SECRET_0 <the client's random> <secret>", among other lines.
void LoadTlsContext::take_line(const ssl_st* ssl, const char* line) {
  const std::string_view text(line);
  if (!text.starts_with(kSecretLabel)) return;
  auto* const tls = static_cast<LoadTls*>(SSL_get_ex_data(ssl, 0));
  tls->take_secret(from_hex(text.substr(text.rfind(' ') + 1)));
}

void LoadTls::Free::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

void LoadTls::Free::operator()(evp_cipher_ctx_st* cipher) const {
  EVP_CIPHER_CTX_free(cipher);
}

LoadTls::LoadTls(const LoadTlsContext& context) : ssl_(SSL_new(context.native())) {
  MP_ASSERT(ssl_ != nullptr);
  BIO* const bio = BIO_new(LoadBio::method());
  MP_ASSERT(bio != nullptr);
  BIO_set_data(bio, this);
  MP_ASSERT(SSL_set_ex_data(ssl_.get(), 0, this) == 1);
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

void LoadTls::take_secret(std::string_view secret) {
  const std::string key = expand(secret, "tls13 key", kKeyBytes);
  const std::string vector = expand(secret, "tls13 iv", initial_vector_.size());
  std::ranges::copy(vector, initial_vector_.begin());
  cipher_.reset(EVP_CIPHER_CTX_new());
  const int done = EVP_EncryptInit_ex(cipher_.get(), EVP_aes_256_gcm(), nullptr, bytes_in(key),
                                      initial_vector_.data());
  MP_ASSERT(done == 1);
}

void LoadTls::write(std::string_view plain) {
  MP_ASSERT(cipher_ != nullptr);
  while (!plain.empty()) {
    const std::string_view part = plain.substr(0, kRecordBytesMax);
    write_record(part);
    plain.remove_prefix(part.size());
  }
}

// RFC 8446 5.2: a head, which is authenticated, then text and type encrypted, then the tag. The
// nonce is the record's number, added to the initial vector bit by bit.
void LoadTls::write_record(std::string_view plain) {
  const std::size_t text_bytes = plain.size() + 1;
  const std::size_t body_bytes = text_bytes + kTagBytes;
  const char head[kHeadBytes] = {kApplicationData, 3, 3, static_cast<char>(body_bytes >> 8U),
                                 static_cast<char>(body_bytes & 0xFFU)};
  const std::size_t begin = output_.size();
  output_.append(head, kHeadBytes).append(plain).push_back(kApplicationData);
  output_.append(kTagBytes, '\0');
  auto nonce = initial_vector_;
  for (std::size_t i = 0; i < 8; ++i) {
    nonce[nonce.size() - 1 - i] ^= static_cast<unsigned char>(records_ >> (8 * i));
  }
  ++records_;
  auto* const record = reinterpret_cast<unsigned char*>(output_.data() + begin);
  unsigned char* const text = record + kHeadBytes;
  EVP_CIPHER_CTX* const cipher = cipher_.get();
  int count = 0;
  const bool done =
      EVP_EncryptInit_ex(cipher, nullptr, nullptr, nullptr, nonce.data()) == 1 &&
      EVP_EncryptUpdate(cipher, nullptr, &count, record, kHeadBytes) == 1 &&
      EVP_EncryptUpdate(cipher, text, &count, text, static_cast<int>(text_bytes)) == 1 &&
      EVP_EncryptFinal_ex(cipher, text + count, &count) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, kTagBytes, text + text_bytes) == 1;
  MP_ASSERT(done);
}

}  // namespace mp::sim
