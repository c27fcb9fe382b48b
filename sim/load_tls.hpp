// The server's end of TLS 1.3 for the load generator, on bytes: many records are encrypted into one
// buffer, which goes out by one send(). OpenSSL does the handshake and reads; records are written
// here, with its ciphers and the key that it tells: 300 ns for a small one instead of 600.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "sim/certificate.hpp"

struct evp_cipher_ctx_st;
struct ssl_st;
struct ssl_ctx_st;

namespace mp::sim {

inline constexpr std::size_t kRecordBytesMax = 16'384;  // of what TLS encrypts as one

class LoadTlsContext {
 public:
  // TLS 1.3 with AES-256-GCM and nothing else, so that measurements are of one cipher.
  static Result<LoadTlsContext> create(const Certificates& certificates);
  [[nodiscard]] ssl_ctx_st* native() const { return context_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  static void take_line(const ssl_st* ssl, const char* line);
  std::unique_ptr<ssl_ctx_st, Free> context_;
};

class LoadTls {
 public:
  explicit LoadTls(const LoadTlsContext& context);
  ~LoadTls();
  LoadTls(const LoadTls&) = delete;
  LoadTls& operator=(const LoadTls&) = delete;

  // Takes what the client sent and appends what it says to `plain`. False: the connection is over.
  [[nodiscard]] bool read(std::string_view wire, std::string& plain);
  // Appends as few records as hold `plain` to the output. The client must have said something, so
  // that the handshake is over.
  void write(std::string_view plain);

  [[nodiscard]] std::string_view output() const { return output_; }
  void clear_output() { output_.clear(); }

 private:
  friend struct LoadBio;
  friend class LoadTlsContext;
  struct Free {
    void operator()(ssl_st* ssl) const;
    void operator()(evp_cipher_ctx_st* cipher) const;
  };
  // `secret` is the server's application traffic secret (RFC 8446 7.1).
  void take_secret(std::string_view secret);
  void write_record(std::string_view plain);

  std::string_view window_;  // of the input, while read() runs
  std::string output_;
  std::unique_ptr<ssl_st, Free> ssl_;
  std::unique_ptr<evp_cipher_ctx_st, Free> cipher_;  // null until the secret is known
  std::array<unsigned char, 12> initial_vector_{};
  std::uint64_t records_ = 0;
};

}  // namespace mp::sim
