// L2 net. Proxy: a server that connects for us, by HTTP CONNECT (RFC 9110 9.3.6) or SOCKS5 (RFC
// 1928, 1929): its address, and what is said to it, without a socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.hpp"

namespace mp::net {

enum class ProxyKind : std::uint8_t {
  http,
  socks5,   // the name of the server is resolved here
  socks5h,  // and here by the proxy, as with http
};

struct Proxy {
  ProxyKind kind = ProxyKind::http;
  std::string host;  // as in Url
  std::uint16_t port = 0;
  std::string user{};  // empty: none is told
  std::string password{};

  friend bool operator==(const Proxy&, const Proxy&) = default;
};

// "http://host:port", "socks5://user:password@host:port", "socks5h://[::1]:1080". ErrorKind::config
// for anything else; the error does not repeat what may be a password.
[[nodiscard]] Result<Proxy> parse_proxy(std::string_view text);

// Whether `list`, as in NO_PROXY, names the host: "*", or names, each for itself and what ends with
// a point and it, with commas between.
[[nodiscard]] bool named_in(std::string_view list, std::string_view host);

// One conversation with a proxy.
class ProxyTalk {
 public:
  // `host` as in Url: a name, or an address; for socks5 an address.
  ProxyTalk(const Proxy& proxy, std::string host, std::uint16_t port);

  // What is to be sent now; empty when that is nothing.
  [[nodiscard]] std::string take() { return std::exchange(out_, {}); }

  // Takes what has come.
  enum class Step : std::uint8_t { more, done, refused };
  [[nodiscard]] Step read(std::string_view bytes);
  // Of refused: what the proxy said.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  static constexpr std::size_t kAnswerBytesMax = std::size_t{16} * 1024;
  enum class Wait : std::uint8_t { head, method, login, answer };

  [[nodiscard]] Step read_head();
  [[nodiscard]] Step read_socks();
  [[nodiscard]] Step on_method(std::uint8_t method);
  [[nodiscard]] Step on_answer();
  void ask();
  [[nodiscard]] Step refuse(std::string why);

  const Proxy proxy_;
  const std::string host_;
  const std::uint16_t port_;
  Wait wait_;
  std::string in_;
  std::string out_;
  std::string problem_;
};

}  // namespace mp::net
