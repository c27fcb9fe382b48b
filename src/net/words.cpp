#include "net/words.hpp"

#include <openssl/evp.h>

#include <charconv>
#include <limits>
#include <vector>

#include "core/assert.hpp"

namespace mp::net {

int read_status(std::string_view line) {
  constexpr std::size_t kPrefix = 9;  // "HTTP/1.1 "
  if (!line.starts_with("HTTP/1.") || line.size() < kPrefix + 3 || line[kPrefix - 1] != ' ') {
    return 0;
  }
  int status = 0;
  const char* start = line.data() + kPrefix;
  const auto [end, error] = std::from_chars(start, start + 3, status);
  if (error != std::errc{} || end != start + 3 || status < 100) return 0;
  if (line.size() > kPrefix + 3 && line[kPrefix + 3] != ' ') return 0;
  return status;
}

std::string base64(std::string_view bytes) {
  MP_ASSERT(bytes.size() < std::numeric_limits<int>::max() / 2);
  const std::vector<unsigned char> in(bytes.begin(), bytes.end());
  std::vector<unsigned char> out(4 * ((in.size() + 2) / 3) + 1);
  const int size = EVP_EncodeBlock(out.data(), in.data(), static_cast<int>(in.size()));
  return {out.begin(), out.begin() + size};
}

std::string with_port(std::string_view host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string_view::npos;
  std::string out = v6 ? "[" : "";
  return out.append(host).append(v6 ? "]:" : ":").append(std::to_string(port));
}

}  // namespace mp::net
