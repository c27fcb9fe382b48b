// L4. What a REST answer is before a venue's adapter reads it: its encoding, and what to say of one
// that refuses.
#pragma once

#include <cstddef>
#include <string>

#include "core/result.hpp"
#include "net/http.hpp"

namespace mp::pipeline {

// Of an answer, as it comes and as it is read.
inline constexpr std::size_t kRestBytesMax = std::size_t{64} << 20U;

// What was asked for as Accept-Encoding.
inline constexpr const char* kAcceptEncoding = "gzip";

// Takes the body out of its content encoding. ErrorKind::data: it has one that was not asked for,
// is not what that says, or becomes longer than kRestBytesMax.
[[nodiscard]] Result<void> decode_body(const std::string& url, net::HttpResponse& response);

// What to say of an answer with another status than 200: with the venue's own words, which tell
// more than a number, and where a redirect leads, which is not followed.
[[nodiscard]] Error refusal(const std::string& url, const net::HttpResponse& response);

}  // namespace mp::pipeline
