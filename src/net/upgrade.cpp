#include "net/upgrade.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace mp::net {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_word(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

template <std::size_t N>
std::string base64(const std::array<unsigned char, N>& bytes) {
  std::array<unsigned char, 4 * ((N + 2) / 3) + 1> out{};
  const int size = EVP_EncodeBlock(out.data(), bytes.data(), static_cast<int>(N));
  return {out.begin(), out.begin() + size};
}

struct Headers {
  std::string_view upgrade;
  std::string_view connection;
  std::string_view accept;
  std::string_view extensions;
  std::string_view protocol;
  std::string_view retry_after;
};

// The lines after the first. False where one is not "name: value".
bool read_headers(std::string_view lines, Headers& headers) {
  while (!lines.empty()) {
    const std::size_t end = lines.find("\r\n");
    const std::string_view line = lines.substr(0, end);
    lines = end == std::string_view::npos ? std::string_view{} : lines.substr(end + 2);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trim(line.substr(colon + 1));
    if (same_word(name, "upgrade")) headers.upgrade = value;
    if (same_word(name, "connection")) headers.connection = value;
    if (same_word(name, "sec-websocket-accept")) headers.accept = value;
    if (same_word(name, "sec-websocket-extensions")) headers.extensions = value;
    if (same_word(name, "sec-websocket-protocol")) headers.protocol = value;
    if (same_word(name, "retry-after")) headers.retry_after = value;
  }
  return true;
}

// Whether the comma-separated `list` has `word`.
bool lists(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (same_word(trim(list.substr(0, comma)), word)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

// "HTTP/1.1 101 ..." -> 101; 0 where it is no such line.
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

std::string_view problem_of(const Headers& headers, std::string_view key) {
  if (!lists(headers.upgrade, "websocket")) return "the Upgrade header does not say websocket";
  if (!lists(headers.connection, "upgrade")) return "the Connection header does not say Upgrade";
  if (headers.accept != upgrade_accept(key)) return "Sec-WebSocket-Accept does not fit our key";
  if (!headers.extensions.empty()) return "it has an extension that we did not offer";
  if (!headers.protocol.empty()) return "it has a subprotocol that we did not offer";
  return {};
}

Loss not_valid(std::string_view host, std::string_view why) {
  return {LossReason::handshake,
          std::string(host) + " did not upgrade to WebSocket: " + std::string(why)};
}

}  // namespace

std::string upgrade_key() {
  std::array<unsigned char, 16> bytes{};
  MP_ASSERT(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  return base64(bytes);
}

std::string upgrade_accept(std::string_view key) {
  const std::string text = std::string(key) + std::string(kGuid);
  std::array<unsigned char, 20> digest{};
  unsigned int size = 0;
  MP_ASSERT(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) == 1);
  MP_ASSERT(size == digest.size());
  return base64(digest);
}

std::string upgrade_request(const Url& url, std::string_view key) {
  std::string out = "GET " + url.target + " HTTP/1.1\r\nHost: " + url.authority();
  out += "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13";
  out += "\r\nSec-WebSocket-Key: " + std::string(key);
  if (!url.origin.empty()) out += "\r\nOrigin: " + url.origin;
  out += "\r\nUser-Agent: marketprism\r\n\r\n";
  return out;
}

UpgradeAnswer read_upgrade(std::string_view received, std::string_view key, std::string_view host,
                           std::size_t& searched) {
  const std::size_t end = received.find("\r\n\r\n", searched);
  if (end == std::string_view::npos || end + 4 > kUpgradeBytesMax) {
    searched = received.size() < 3 ? 0 : received.size() - 3;
    if (received.size() < kUpgradeBytesMax) return {};
    return {received.size(), not_valid(host, "the answer's headers are over 16 KiB")};
  }
  const std::string_view head = received.substr(0, end);
  const std::size_t line_end = std::min(head.find("\r\n"), head.size());
  const int status = read_status(head.substr(0, line_end));
  Headers headers;
  const std::string_view lines =
      line_end == head.size() ? std::string_view{} : head.substr(line_end + 2);
  UpgradeAnswer answer{end + 4, std::nullopt};
  if (status == 0 || !read_headers(lines, headers)) {
    answer.loss = not_valid(host, "the answer is not HTTP");
  } else if (status != 101) {
    answer.loss = Loss{LossReason::handshake_status,
                       std::string(host) + " answered the WebSocket upgrade with status " +
                           std::to_string(status) + " (101 was expected)"};
    answer.loss->http_status = status;
    answer.loss->retry_after = read_retry_after(headers.retry_after, now());
  } else if (const std::string_view why = problem_of(headers, key); !why.empty()) {
    answer.loss = not_valid(host, why);
  }
  return answer;
}

std::optional<Milliseconds> read_retry_after(std::string_view value, Timestamp now) {
  constexpr std::int64_t kSecondsMax = std::int64_t{7} * 24 * 3600;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error == std::errc{} && end == value.data() + value.size() && seconds >= 0) {
    return std::chrono::seconds{std::min(seconds, kSecondsMax)};
  }
  std::tm fields{};
  const std::string text(value);
  const char* rest = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &fields);
  if (rest == nullptr || *rest != '\0') return std::nullopt;
  seconds = ::timegm(&fields) - to_nanoseconds(now) / 1'000'000'000;
  return std::chrono::seconds{std::clamp(seconds, std::int64_t{0}, kSecondsMax)};
}

}  // namespace mp::net
