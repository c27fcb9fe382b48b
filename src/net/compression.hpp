// L2 net. permessage-deflate (RFC 7692) in the upgrade: what we offer, and what a server may make
// of it. We inflate what comes and compress nothing ourselves, which the other side must take.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mp::net {

enum class Compression : std::uint8_t { none, offered };

// The value of Sec-WebSocket-Extensions that offers it.
inline constexpr std::string_view kDeflateOffer = "permessage-deflate";

// How the server compresses.
struct DeflateTerms {
  bool keeps_context = true;  // a message may refer to those before it
  unsigned window_bits = 15;  // 8 to 15

  friend bool operator==(const DeflateTerms&, const DeflateTerms&) = default;
};

struct Extensions {
  std::optional<DeflateTerms> deflate;
  std::string_view problem;  // why the answer is none that we can use; empty: it is one
};

// Of the value of Sec-WebSocket-Extensions in an answer; empty where there was none.
[[nodiscard]] Extensions read_extensions(std::string_view value, Compression asked);

}  // namespace mp::net
