// L2 net. The HTTP upgrade to WebSocket (RFC 6455 section 4): the request's text and the answer's
// reading, without a socket.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "net/clock.hpp"
#include "net/compression.hpp"
#include "net/loss.hpp"
#include "net/url.hpp"

namespace mp::net {

inline constexpr std::size_t kUpgradeBytesMax = std::size_t{16} * 1024;
inline constexpr std::size_t kRefusalBytesMax = 1024;  // of a refusal's text

// A fresh key of the request: 16 random bytes in base64.
[[nodiscard]] std::string upgrade_key();

// The Sec-WebSocket-Accept that answers `key`.
[[nodiscard]] std::string upgrade_accept(std::string_view key);

[[nodiscard]] std::string upgrade_request(const Url& url, std::string_view key);

struct UpgradeAnswer {
  std::size_t bytes = 0;                  // of the answer; 0: incomplete. Frames may follow
  std::optional<Loss> loss;               // why it is none that we can use
  std::optional<DeflateTerms> deflate{};  // the server compresses its messages
  bool more = false;                      // of a refusal: its text has not come whole yet
};

// Reads the answer's start, however much of it has come. `passed` remembers between calls, from 0,
// how many bytes of interim answers (1xx) are behind us.
[[nodiscard]] UpgradeAnswer read_upgrade(std::string_view received, std::string_view key,
                                         std::string_view host, std::size_t& passed,
                                         Compression asked = Compression::none);

// The value of a Retry-After header: seconds, or an HTTP date. Nothing where it is neither.
[[nodiscard]] std::optional<Milliseconds> read_retry_after(std::string_view value, Timestamp now);

}  // namespace mp::net
