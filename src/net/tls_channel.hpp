// L2 net. TlsChannel: TLS over bytes, without a socket. What came in is given as a window that is
// read in place; what is to go out collects in a string.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/tls.hpp"

struct ssl_st;
struct bio_st;

namespace mp::net {

enum class TlsStep : std::uint8_t {
  done,
  want_input,  // the window is used up
  ended,       // the peer said close_notify
  refused,     // the certificate; see problem()
  failed,      // see problem()
};

class TlsChannel {
 public:
  // Verifies that the peer is `host` (a name or an address).
  TlsChannel(const TlsContext& context, const std::string& host);
  ~TlsChannel();
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;

  // The bytes to read next. The window must be used up (want_input) or outlive its use.
  void set_window(std::span<const char> bytes) { window_ = bytes; }
  [[nodiscard]] std::span<const char> window() const { return window_; }

  [[nodiscard]] TlsStep handshake();

  // Decrypts into `into` until the window is used up or `into` has no room for one more record.
  // `filled` bytes are valid whatever the answer; `done` means that `into` is full.
  [[nodiscard]] TlsStep read(std::span<char> into, std::size_t& filled);

  // Encrypts all of `bytes` into output().
  [[nodiscard]] TlsStep write(std::string_view bytes);
  void close_notify();

  [[nodiscard]] std::string& output() { return output_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  struct FreeSsl {
    void operator()(ssl_st* ssl) const;
  };
  friend struct TlsBio;

  [[nodiscard]] TlsStep judge(int result);

  void note_certificate();

  std::string host_;
  Certificates& certificates_;
  std::span<const char> window_;
  std::string output_;
  std::string problem_;
  std::unique_ptr<ssl_st, FreeSsl> ssl_;
};

}  // namespace mp::net
