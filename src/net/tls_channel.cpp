#include "net/tls_channel.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>
#include <ctime>

namespace mp::net {

// The BIO between OpenSSL and the channel: reads the window, appends to the output. Measured to be
// the cheapest way to feed OpenSSL many small records.
struct TlsBio {
  static int read(BIO* bio, char* into, int size) {
    auto& channel = *static_cast<TlsChannel*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (channel.window_.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const std::size_t taken = std::min(static_cast<std::size_t>(size), channel.window_.size());
    std::memcpy(into, channel.window_.data(), taken);
    channel.window_ = channel.window_.subspan(taken);
    return static_cast<int>(taken);
  }
  static int write(BIO* bio, const char* from, int size) {
    auto& channel = *static_cast<TlsChannel*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    channel.output_.append(from, static_cast<std::size_t>(size));
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
          BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "window"));
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

void TlsChannel::FreeSsl::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

TlsChannel::TlsChannel(const TlsContext& context, const std::string& host)
    : host_(host), certificates_(context.certificates()), ssl_(SSL_new(context.native())) {
  MP_ASSERT(ssl_ != nullptr);
  SSL* ssl = ssl_.get();
  BIO* bio = BIO_new(TlsBio::method());
  MP_ASSERT(bio != nullptr);
  BIO_set_data(bio, this);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_connect_state(ssl);
  SSL_set_hostflags(ssl,
                    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // An address is looked for among the certificate's addresses; a name among its names, and is told
  // to the server, which may serve many.
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) != 1) {
    MP_ASSERT(SSL_set1_host(ssl, host.c_str()) == 1);
    // SSL_set_tlsext_host_name, whose macro has a C cast.
    MP_ASSERT(
        SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host_.data()) == 1);
  }
  ERR_clear_error();
}

TlsChannel::~TlsChannel() = default;

TlsStep TlsChannel::judge(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ) return TlsStep::want_input;
  if (error == SSL_ERROR_ZERO_RETURN) return TlsStep::ended;
  const long verdict = SSL_get_verify_result(ssl_.get());
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (verdict != X509_V_OK) {
    problem_ = "certificate of " + host_ +
               " is refused: " + X509_verify_cert_error_string(verdict) + " (" +
               std::to_string(verdict) + ")";
    return TlsStep::refused;
  }
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  problem_ = "TLS with " + host_ + " failed: " + (reason == nullptr ? "unknown reason" : reason);
  return TlsStep::failed;
}

TlsStep TlsChannel::handshake() {
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1) return judge(result);
  note_certificate();
  return TlsStep::done;
}

// Until when it is good, in whole seconds of UTC.
void TlsChannel::note_certificate() {
  const X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr) return;
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) return;
  certificates_.note(host_, from_nanoseconds(std::int64_t{::timegm(&end)} * 1'000'000'000));
}

TlsStep TlsChannel::read(std::span<char> into, std::size_t& filled) {
  filled = 0;
  while (filled < into.size()) {
    std::size_t count = 0;
    const int result = SSL_read_ex(ssl_.get(), into.data() + filled, into.size() - filled, &count);
    if (result != 1) return judge(result);
    filled += count;
  }
  return TlsStep::done;
}

TlsStep TlsChannel::write(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t count = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
    if (result != 1) return judge(result);
    bytes.remove_prefix(count);
  }
  return TlsStep::done;
}

void TlsChannel::close_notify() {
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

}  // namespace mp::net
