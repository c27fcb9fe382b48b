// L2 net. One question to a server of this machine, over HTTP/1.1 without TLS: for commands that
// look at a running collector. Blocks.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace mp::net {

struct LocalAnswer {
  unsigned status = 0;
  std::string body;
};

// Of "http://127.0.0.1:8080" and a target like "/api/v1/status". ErrorKind::unavailable: nobody
// listens there, or it does not answer in time; ErrorKind::usage: the URL is none of this kind.
[[nodiscard]] Result<LocalAnswer> get_local(std::string_view url, std::string_view target,
                                            std::chrono::milliseconds patience);

// Likewise, with an empty body: a change, which needs the collector's token.
[[nodiscard]] Result<LocalAnswer> post_local(std::string_view url, std::string_view target,
                                             std::string_view token,
                                             std::chrono::milliseconds patience);

}  // namespace mp::net
