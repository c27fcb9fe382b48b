// The server's end of TLS 1.3 for the load generator, on bytes: many records are encrypted into one
// buffer, which goes out by one send().
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "sim/certificate.hpp"

struct ssl_st;
struct ssl_ctx_st;

namespace mp::sim {

class LoadTlsContext {
 public:
  // TLS 1.3 with AES-256-GCM and nothing else, so that measurements are of one cipher.
  static Result<LoadTlsContext> create(const Certificates& certificates);
  [[nodiscard]] ssl_ctx_st* native() const { return context_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
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
  // Appends as few records as hold `plain` to the output. False: the connection is over.
  [[nodiscard]] bool write(std::string_view plain);

  [[nodiscard]] std::string_view output() const { return output_; }
  void clear_output() { output_.clear(); }

 private:
  friend struct LoadBio;
  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  std::string_view window_;  // of the input, while read() runs
  std::string output_;
  std::unique_ptr<ssl_st, Free> ssl_;
};

}  // namespace mp::sim
