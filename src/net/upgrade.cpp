#include "net/upgrade.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <utility>

#include "core/utf8.hpp"
#include "net/words.hpp"

namespace mp::net {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

template <std::size_t N>
std::string_view view_of(const std::array<unsigned char, N>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), N};
}

struct Headers {
  std::string upgrade;
  std::string connection;
  std::string accept;
  std::string extensions;
  std::string protocol;
  std::string retry_after;
  std::string location;
  std::string length;
  std::string transfer;
};

std::string* find(Headers& headers, std::string_view name) {
  const std::array<std::pair<std::string_view, std::string*>, 9> known{
      {{"upgrade", &headers.upgrade},
       {"connection", &headers.connection},
       {"sec-websocket-accept", &headers.accept},
       {"sec-websocket-extensions", &headers.extensions},
       {"sec-websocket-protocol", &headers.protocol},
       {"retry-after", &headers.retry_after},
       {"location", &headers.location},
       {"content-length", &headers.length},
       {"transfer-encoding", &headers.transfer}}};
  const auto found =
      std::ranges::find_if(known, [&](const auto& each) { return same_word(each.first, name); });
  return found == known.end() ? nullptr : found->second;
}

// The lines after the first. False where one is not "name: value". Lines of one name are one list,
// and a line that starts with a blank goes on with the one before it (RFC 9110 5.3, RFC 9112 5.2).
bool read_headers(std::string_view lines, Headers& headers) {
  std::string* value = nullptr;
  for (bool first = true; !lines.empty(); first = false) {
    const std::size_t end = lines.find("\r\n");
    const std::string_view line = lines.substr(0, end);
    lines = end == std::string_view::npos ? std::string_view{} : lines.substr(end + 2);
    if (!first && (line.starts_with(' ') || line.starts_with('\t'))) {
      if (value != nullptr)
        value->append(value->empty() || trim(line).empty() ? "" : " ").append(trim(line));
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    value = find(headers, line.substr(0, colon));
    if (value == nullptr) continue;
    if (!value->empty()) value->append(", ");
    value->append(trim(line.substr(colon + 1)));
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

std::string_view problem_of(const Headers& headers, std::string_view key) {
  if (!lists(headers.upgrade, "websocket")) return "the Upgrade header does not say websocket";
  if (!lists(headers.connection, "upgrade")) return "the Connection header does not say Upgrade";
  if (headers.accept != upgrade_accept(key)) return "Sec-WebSocket-Accept does not fit our key";
  if (!headers.protocol.empty()) return "it has a subprotocol that we did not offer";
  return {};
}

Loss not_valid(std::string_view host, std::string_view why) {
  return {LossReason::handshake,
          std::string(host) + " did not upgrade to WebSocket: " + std::string(why)};
}

// What there is of the body, of a chunked one the first chunk.
std::string_view words_of(std::string_view body, const Headers& headers) {
  if (!lists(headers.transfer, "chunked")) return body;
  const std::size_t line = body.find("\r\n");
  if (line == std::string_view::npos) return {};
  std::size_t size = 0;
  std::from_chars(body.data(), body.data() + line, size, 16);
  return body.substr(line + 2).substr(0, size);
}

// Whether all of the body that is to be told has come.
bool is_told(std::string_view body, const Headers& headers, int status) {
  if (body.size() >= kRefusalBytesMax || status == 204 || status == 304) return true;
  if (lists(headers.transfer, "chunked")) return body.ends_with("0\r\n\r\n");
  std::size_t length = 0;
  const std::string& text = headers.length;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return error == std::errc{} && body.size() >= length;
}

UpgradeAnswer refused(std::string_view host, int status, const Headers& headers,
                      std::size_t head_bytes, std::string_view body) {
  constexpr std::size_t kWordsMax = 240;
  Loss loss{LossReason::handshake_status, std::string(host) +
                                              " answered the WebSocket upgrade with status " +
                                              std::to_string(status) + " (101 was expected)"};
  if (!headers.location.empty())
    loss.message += ", the new address is \"" + printable(headers.location, kWordsMax) + "\"";
  const std::string words = printable(words_of(body, headers), kWordsMax);
  if (!words.empty()) loss.message += ": " + words;
  loss.http_status = status;
  loss.retry_after = read_retry_after(headers.retry_after, now());
  return {.bytes = head_bytes, .loss = std::move(loss), .more = !is_told(body, headers, status)};
}

}  // namespace

std::string upgrade_key() {
  std::array<unsigned char, 16> bytes{};
  MP_ASSERT(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  return base64(view_of(bytes));
}

std::string upgrade_accept(std::string_view key) {
  const std::string text = std::string(key) + std::string(kGuid);
  std::array<unsigned char, 20> digest{};
  unsigned int size = 0;
  MP_ASSERT(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) == 1);
  MP_ASSERT(size == digest.size());
  return base64(view_of(digest));
}

std::string upgrade_request(const Url& url, std::string_view key) {
  std::string out = "GET " + url.target + " HTTP/1.1\r\nHost: " + url.authority();
  out += "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13";
  out += "\r\nSec-WebSocket-Key: " + std::string(key);
  if (url.compression == Compression::offered)
    out.append("\r\nSec-WebSocket-Extensions: ").append(kDeflateOffer);
  if (!url.origin.empty()) out += "\r\nOrigin: " + url.origin;
  out += "\r\nUser-Agent: marketprism\r\n\r\n";
  return out;
}

UpgradeAnswer read_upgrade(std::string_view received, std::string_view key, std::string_view host,
                           std::size_t& passed, Compression asked) {
  while (true) {
    const std::size_t end = received.find("\r\n\r\n", passed);
    if (received.find("\n\n", passed) < end)
      return {received.size(), not_valid(host, "the answer is not HTTP: its lines lack CR")};
    if (end == std::string_view::npos || end + 4 > kUpgradeBytesMax) {
      if (received.size() < kUpgradeBytesMax) return {};
      return {received.size(), not_valid(host, "the answer's headers are over 16 KiB")};
    }
    const std::string_view head = received.substr(passed, end - passed);
    const std::size_t line_end = std::min(head.find("\r\n"), head.size());
    const int status = read_status(head.substr(0, line_end));
    Headers headers;
    const std::string_view lines =
        line_end == head.size() ? std::string_view{} : head.substr(line_end + 2);
    if (status == 0 || !read_headers(lines, headers))
      return {end + 4, not_valid(host, "the answer is not HTTP")};
    if (status >= 100 && status < 200 && status != 101) {
      passed = end + 4;  // the answer proper is still to come
      continue;
    }
    if (status != 101) return refused(host, status, headers, end + 4, received.substr(end + 4));
    UpgradeAnswer answer{end + 4, std::nullopt};
    const Extensions extensions = read_extensions(headers.extensions, asked);
    answer.deflate = extensions.deflate;
    std::string_view why = problem_of(headers, key);
    if (why.empty()) why = extensions.problem;
    if (!why.empty()) answer.loss = not_valid(host, why);
    return answer;
  }
}

std::optional<Milliseconds> read_retry_after(std::string_view value, Timestamp now) {
  constexpr std::int64_t kSecondsMax = std::int64_t{7} * 24 * 3600;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error == std::errc{} && end == value.data() + value.size() && seconds >= 0) {
    return std::chrono::seconds{std::min(seconds, kSecondsMax)};
  }
  // The form of today, and the two that RFC 9110 5.6.7 wants to be understood.
  const std::string text(value);
  for (const char* form :
       {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    std::tm fields{};
    const char* rest = ::strptime(text.c_str(), form, &fields);
    if (rest == nullptr || *rest != '\0') continue;
    seconds = ::timegm(&fields) - to_nanoseconds(now) / 1'000'000'000;
    return std::chrono::seconds{std::clamp(seconds, std::int64_t{0}, kSecondsMax)};
  }
  return std::nullopt;
}

}  // namespace mp::net
