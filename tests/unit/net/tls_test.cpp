#include "net/tls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <vector>

#include "net/tls_channel.hpp"
#include "unit/net/support/pki.hpp"

namespace mp::net {
namespace {

using test::Certificate;
using test::KeyAndCertificate;
using test::Pki;
using testing::HasSubstr;

const Pki& pki() {
  static const Pki made;
  return made;
}

// A TLS server in memory, without a socket.
class MemoryServer {
 public:
  explicit MemoryServer(const KeyAndCertificate& identity, int newest = TLS1_3_VERSION)
      : context_(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX_set_security_level(context_, 0);
    SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_, newest);
    BIO* pem =
        BIO_new_mem_buf(identity.certificate.data(), static_cast<int>(identity.certificate.size()));
    X509* leaf = PEM_read_bio_X509(pem, nullptr, nullptr, nullptr);
    SSL_CTX_use_certificate(context_, leaf);
    X509_free(leaf);
    while (X509* more = PEM_read_bio_X509(pem, nullptr, nullptr, nullptr)) {
      SSL_CTX_add_extra_chain_cert(context_, more);
    }
    BIO_free(pem);
    BIO* key_pem = BIO_new_mem_buf(identity.key.data(), static_cast<int>(identity.key.size()));
    EVP_PKEY* key = PEM_read_bio_PrivateKey(key_pem, nullptr, nullptr, nullptr);
    SSL_CTX_use_PrivateKey(context_, key);
    EVP_PKEY_free(key);
    BIO_free(key_pem);
    ssl_ = SSL_new(context_);
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(ssl_);
  }
  ~MemoryServer() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  MemoryServer(const MemoryServer&) = delete;
  MemoryServer& operator=(const MemoryServer&) = delete;

  // Takes what the client sent, answers with what the server sends.
  std::string talk(std::string& from_client) {
    BIO_write(SSL_get_rbio(ssl_), from_client.data(), static_cast<int>(from_client.size()));
    from_client.clear();
    char bytes[4096];
    int size = 0;
    while ((size = SSL_read(ssl_, bytes, sizeof bytes)) > 0) {
      received.append(bytes, static_cast<std::size_t>(size));
    }
    return output();
  }
  std::string send(std::string_view text) {
    SSL_write(ssl_, text.data(), static_cast<int>(text.size()));
    return output();
  }
  std::string end() {
    SSL_shutdown(ssl_);
    return output();
  }
  [[nodiscard]] std::string server_name() const {
    const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
    return name == nullptr ? "" : name;
  }

  std::string received;

 private:
  std::string output() {
    char* data = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl_), &data);
    std::string out(data, static_cast<std::size_t>(size));
    (void)BIO_reset(SSL_get_wbio(ssl_));
    return out;
  }
  SSL_CTX* context_;
  SSL* ssl_;
};

TlsContext client_context() {
  auto made = TlsContext::create({.ca_file = pki().ca_file()});
  EXPECT_TRUE(made.ok());
  return made.take();
}

TlsStep shake_hands(TlsChannel& channel, MemoryServer& server, std::string& inbound) {
  for (int round = 0; round < 20; ++round) {
    const TlsStep step = channel.handshake();
    if (step != TlsStep::want_input) {
      inbound = server.talk(channel.output());  // the server's tickets, to be read first
      return step;
    }
    inbound = server.talk(channel.output());
    channel.set_window(inbound);
  }
  return TlsStep::failed;
}

struct Attempt {
  TlsStep step = TlsStep::done;
  std::string problem;
  std::string received;
};

Attempt attempt(const Certificate& certificate, const std::string& host,
                int newest = TLS1_3_VERSION) {
  const TlsContext context = client_context();
  MemoryServer server(pki().issue(certificate), newest);
  TlsChannel channel(context, host);
  std::string inbound;
  const TlsStep step = shake_hands(channel, server, inbound);
  return {step, channel.problem(), server.received};
}

TEST(Tls, trusts_a_good_certificate_by_name_and_by_address) {
  EXPECT_EQ(attempt({}, "localhost").step, TlsStep::done);
  EXPECT_EQ(attempt({}, "127.0.0.1").step, TlsStep::done);
  EXPECT_EQ(attempt({.alternative_names = "DNS:*.venue.example"}, "ws.venue.example").step,
            TlsStep::done);
}

TEST(Tls, refuses_every_certificate_that_is_not_good) {
  struct Row {
    const char* name;
    Certificate certificate;
    const char* host;
    const char* reason;
  };
  const std::vector<Row> rows{
      {"expired", {.valid_from = -7200, .valid_to = -3600}, "localhost", "has expired (10)"},
      {"not yet valid", {.valid_from = 3600, .valid_to = 7200}, "localhost", "not yet valid (9)"},
      {"self-signed",
       {.issuer = Certificate::Issuer::self},
       "localhost",
       "self-signed certificate (18)"},
      {"unknown CA", {.issuer = Certificate::Issuer::unknown_ca}, "localhost", "(20)"},
      {"missing intermediate", {.issuer = Certificate::Issuer::intermediate}, "localhost", "(20)"},
      {"name constraint", {.issuer = Certificate::Issuer::narrow_ca}, "localhost", "(47)"},
      {"wrong host", {}, "venue.example", "hostname mismatch (62)"},
      {"common name only",
       {.common_name = "localhost", .alternative_names = ""},
       "localhost",
       "hostname mismatch (62)"},
      {"wildcard two levels deep",
       {.alternative_names = "DNS:*.venue.example"},
       "a.b.venue.example",
       "hostname mismatch (62)"},
      {"wildcard on a top level", {.alternative_names = "DNS:*.example"}, "venue.example", "(62)"},
      {"partial wildcard",
       {.alternative_names = "DNS:w*.venue.example"},
       "ws.venue.example",
       "(62)"},
      {"address as a name", {.alternative_names = "DNS:127.0.0.1"}, "127.0.0.1", "(64)"},
      {"other address",
       {.alternative_names = "IP:127.0.0.2"},
       "127.0.0.1",
       "IP address mismatch (64)"},
      {"RSA 1024", {.rsa_bits = 1024}, "localhost", "too weak (66)"},
      {"SHA-1 signature", {.sha1 = true}, "localhost", "(68)"},
  };
  for (const Row& row : rows) {
    for (const int newest : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      const Attempt made = attempt(row.certificate, row.host, newest);
      EXPECT_EQ(made.step, TlsStep::refused) << row.name;
      EXPECT_THAT(made.problem,
                  HasSubstr(std::string("certificate of ") + row.host + " is refused: "));
      EXPECT_THAT(made.problem, HasSubstr(row.reason)) << row.name;
      EXPECT_EQ(made.received, "") << row.name;
    }
  }
}

TEST(Tls, refuses_protocols_before_1_2) {
  const Attempt made = attempt({}, "localhost", TLS1_1_VERSION);
  EXPECT_EQ(made.step, TlsStep::failed);
  EXPECT_THAT(made.problem, HasSubstr("TLS with localhost failed: "));
}

TEST(Tls, names_the_host_to_the_server_but_no_address) {
  const TlsContext context = client_context();
  for (const auto& [host, expected] : std::vector<std::pair<std::string, std::string>>{
           {"localhost", "localhost"}, {"127.0.0.1", ""}}) {
    MemoryServer server(pki().issue());
    TlsChannel channel(context, host);
    std::string inbound;
    ASSERT_EQ(shake_hands(channel, server, inbound), TlsStep::done);
    EXPECT_EQ(server.server_name(), expected);
  }
}

TEST(Tls, says_which_file_cannot_be_read) {
  const auto missing = TlsContext::create({.ca_file = "/nowhere/ca.pem"});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().kind, ErrorKind::config);
  EXPECT_THAT(missing.error().message, HasSubstr("/nowhere/ca.pem"));
  EXPECT_TRUE(TlsContext::create({}).ok());
}

TEST(TlsChannel, reads_the_same_text_for_every_cut_of_the_records) {
  const TlsContext context = client_context();
  std::string text;
  for (int index = 0; index < 40; ++index) text += "message " + std::to_string(index) + ";";
  for (const std::size_t piece : {1U, 2U, 4U, 5U, 6U, 21U, 22U, 100U, 100'000U}) {
    MemoryServer server(pki().issue());
    TlsChannel channel(context, "localhost");
    std::string inbound;
    ASSERT_EQ(shake_hands(channel, server, inbound), TlsStep::done);
    std::string bytes = inbound;
    for (std::size_t at = 0; at < text.size(); at += 50) bytes += server.send(text.substr(at, 50));
    bytes += server.end();
    std::string into(1'000'000, '\0');
    std::size_t filled_all = 0;
    TlsStep step = TlsStep::want_input;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      std::string window = bytes.substr(at, piece);  // gone afterwards, like the shared buffer
      channel.set_window(window);
      std::size_t filled = 0;
      step = channel.read(std::span(into).subspan(filled_all), filled);
      filled_all += filled;
      ASSERT_TRUE(channel.window().empty());
    }
    EXPECT_EQ(into.substr(0, filled_all), text);
    EXPECT_EQ(step, TlsStep::ended);
  }
}

TEST(TlsChannel, says_when_the_room_is_full_and_goes_on_where_it_was) {
  const TlsContext context = client_context();
  MemoryServer server(pki().issue());
  TlsChannel channel(context, "localhost");
  std::string inbound;
  ASSERT_EQ(shake_hands(channel, server, inbound), TlsStep::done);
  const std::string bytes =
      inbound + server.send(std::string(1'000, 'a') + std::string(1'000, 'b'));
  channel.set_window(bytes);
  std::string into(1'500, '\0');
  std::size_t filled = 0;
  EXPECT_EQ(channel.read(into, filled), TlsStep::done);
  EXPECT_EQ(filled, 1'500U);
  EXPECT_EQ(channel.read(into, filled), TlsStep::want_input);
  EXPECT_EQ(into.substr(0, filled), std::string(500, 'b'));
}

TEST(TlsChannel, refuses_a_record_that_was_changed) {
  const TlsContext context = client_context();
  MemoryServer server(pki().issue());
  TlsChannel channel(context, "localhost");
  std::string inbound;
  ASSERT_EQ(shake_hands(channel, server, inbound), TlsStep::done);
  std::string bytes = inbound + server.send("price 1");
  bytes[bytes.size() - 3] = static_cast<char>(bytes[bytes.size() - 3] ^ 1);
  channel.set_window(bytes);
  std::string into(100, '\0');
  std::size_t filled = 0;
  EXPECT_EQ(channel.read(into, filled), TlsStep::failed);
  EXPECT_EQ(filled, 0U);
}

}  // namespace
}  // namespace mp::net
