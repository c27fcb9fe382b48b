// Test certificates, made when the test runs.
#pragma once

#include <string>

namespace mp::net::test {

// What a server's certificate is like. The default is a good one for localhost and 127.0.0.1.
struct Certificate {
  enum class Issuer { ca, self, unknown_ca, intermediate, narrow_ca };
  Issuer issuer = Issuer::ca;
  std::string common_name = "test";
  std::string alternative_names = "DNS:localhost,IP:127.0.0.1";  // empty: none
  long valid_from = -3600;                                       // seconds from now
  long valid_to = 3600;
  int rsa_bits = 0;  // 0: an elliptic curve
  bool sha1 = false;
};

struct KeyAndCertificate {
  std::string key;          // PEM
  std::string certificate;  // PEM
};

// A certificate authority in a temporary directory of its own, removed in the end.
class Pki {
 public:
  Pki();
  ~Pki();
  Pki(const Pki&) = delete;
  Pki& operator=(const Pki&) = delete;

  [[nodiscard]] KeyAndCertificate issue(const Certificate& wanted = {}) const;
  [[nodiscard]] const std::string& ca_file() const { return ca_file_; }

 private:
  struct Authorities;
  Authorities* authorities_;
  std::string directory_;
  std::string ca_file_;
};

}  // namespace mp::net::test
