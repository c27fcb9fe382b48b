// L2 net. Url: the ws, wss, http and https addresses that we connect to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "net/compression.hpp"
#include "net/proxy.hpp"
#include "net/socket_options.hpp"

namespace mp::net {

enum class Scheme : std::uint8_t { http, https, ws, wss };

struct Url {
  Scheme scheme = Scheme::https;
  std::string host;  // a name, an IPv4 address or an IPv6 address without brackets; lower case
  std::uint16_t port = 443;
  std::string target = "/";    // path and query, as sent
  std::string origin{};        // the Origin header of a WebSocket upgrade; empty: none is sent
  std::optional<Proxy> via{};  // who connects for us
  SocketOptions socket{};
  Compression compression = Compression::none;  // of a WebSocket's messages

  [[nodiscard]] bool secure() const { return scheme == Scheme::https || scheme == Scheme::wss; }
  [[nodiscard]] bool websocket() const { return scheme == Scheme::ws || scheme == Scheme::wss; }

  // What the Host header says: the port only where it is not the scheme's own.
  [[nodiscard]] std::string authority() const;

  // For messages: without the query, which may carry secrets.
  [[nodiscard]] std::string without_query() const;

  friend bool operator==(const Url&, const Url&) = default;
};

inline constexpr std::size_t kUrlBytesMax = 8192;

// ErrorKind::config where `text` is not such an address. User names and passwords in it are
// refused; a fragment is dropped.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

}  // namespace mp::net
