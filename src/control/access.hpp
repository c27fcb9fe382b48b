// L5. Who may ask: pages of this machine read, and only those who hold the token change anything.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "net/local_server.hpp"

namespace mp::control {

class Access {
 public:
  // Makes a token of 256 bits and writes it to `file`, readable for its owner alone. `host`: where
  // the server listens.
  static Result<Access> create(const std::filesystem::path& file, std::string host);

  // Empty: the request comes from a page or a tool of this machine. Else why it is refused: a page
  // from elsewhere that a browser was led to (DNS rebinding, a foreign WebSocket) has another Host
  // or Origin.
  [[nodiscard]] std::string refusal(const net::ServerRequest& request) const;
  // Whether it brings the token, as "Authorization: Bearer TOKEN".
  [[nodiscard]] bool may_change(const net::ServerRequest& request) const;
  // Whether a page of ours asks, in a browser that says so: it may have the token.
  [[nodiscard]] static bool is_own_page(const net::ServerRequest& request);
  [[nodiscard]] const std::string& token() const { return token_; }

 private:
  Access(std::string token, std::string host) : token_(std::move(token)), host_(std::move(host)) {}

  std::string token_;
  std::string host_;
};

}  // namespace mp::control
