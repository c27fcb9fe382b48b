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
  // or Origin. Where the server listens on another address than this machine's own, its Host may be
  // any of its names, and the token is asked for instead.
  [[nodiscard]] std::string refusal(const net::ServerRequest& request) const;
  // Whether it may be answered without a change: on this machine anybody may read.
  [[nodiscard]] bool may_read(const net::ServerRequest& request) const {
    return is_local_ || may_change(request);
  }
  // Whether it brings the token, as "Authorization: Bearer TOKEN".
  [[nodiscard]] bool may_change(const net::ServerRequest& request) const;
  // Whether a page of ours asks, in a browser that says so: it may have the token.
  [[nodiscard]] static bool is_own_page(const net::ServerRequest& request);
  [[nodiscard]] const std::string& token() const { return token_; }

 private:
  Access(std::string token, std::string host);

  std::string token_;
  std::string host_;
  bool is_local_;  // listens on an address that only this machine reaches
};

}  // namespace mp::control
