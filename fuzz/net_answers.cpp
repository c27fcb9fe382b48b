// What servers and proxies answer is read the same however the bytes are cut, within its bounds:
// HTTP answers, WebSocket upgrades, proxies; and Retry-After and Sec-WebSocket-Extensions by
// themselves.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/http_answer.hpp"
#include "net/proxy.hpp"
#include "net/upgrade.hpp"

namespace {

using mp::net::Compression;

constexpr std::string_view kNone = "none";
constexpr std::size_t kBodyMax = 4096;
constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";

void must(bool holds) {
  if (!holds) std::abort();
}

// Calls visit(piece) until it answers false or all has been told.
void in_pieces(std::string_view bytes, std::span<const std::uint8_t> sizes, auto&& visit) {
  std::size_t turn = 0;
  while (!bytes.empty()) {
    const std::size_t wanted = sizes.empty() ? bytes.size() : sizes[turn++ % sizes.size()] + 1U;
    const std::string piece{bytes.substr(0, wanted)};
    bytes.remove_prefix(piece.size());
    if (!visit(piece)) return;
  }
}

// The answer in words; none for all that is no answer, which is seen earlier or later.
std::string http_outcome(std::string_view bytes, std::span<const std::uint8_t> sizes) {
  mp::net::HttpAnswerReader reader{kBodyMax};
  std::string out;
  in_pieces(bytes, sizes, [&](const std::string& piece) {
    if (reader.done()) return false;
    if (reader.put(piece)) out = kNone;
    return out.empty();
  });
  if (!out.empty()) return out;
  if (!reader.done() && !reader.finish()) return std::string{kNone};
  const auto answer = reader.take("x-wanted");
  must(answer.body.size() <= kBodyMax);
  if (answer.retry_after) must(*answer.retry_after >= std::chrono::milliseconds{0});
  return std::to_string(answer.status) + answer.body;
}

std::string upgrade_outcome(std::string_view bytes, std::span<const std::uint8_t> sizes) {
  std::string received;
  std::size_t passed = 0;
  std::string out = "incomplete";
  in_pieces(bytes, sizes, [&](const std::string& piece) {
    received += piece;
    const auto answer = mp::net::read_upgrade(received, kKey, "h", passed, Compression::offered);
    must(answer.bytes <= received.size());
    must(passed <= received.size());
    if (answer.bytes == 0) return true;
    if (answer.deflate) must(answer.deflate->window_bits >= 8 && answer.deflate->window_bits <= 15);
    out = answer.loss ? std::string{mp::net::name_of(answer.loss->reason)} : "upgraded";
    return false;
  });
  return out;
}

std::string proxy_outcome(mp::net::ProxyKind kind, std::string_view bytes,
                          std::span<const std::uint8_t> sizes) {
  const mp::net::Proxy proxy{.kind = kind, .host = "p", .port = 1, .user = "u", .password = "w"};
  mp::net::ProxyTalk talk{proxy, "h.example", 443};
  std::string out = "more";
  in_pieces(bytes, sizes, [&](const std::string& piece) {
    using Step = mp::net::ProxyTalk::Step;
    const Step step = talk.read(piece);
    if (step == Step::done) out = "done";
    if (step == Step::refused) out = "refused";
    return step == Step::more;
  });
  return out;
}

// What comes behind the answer is seen only where it comes with it.
void compare_proxies(mp::net::ProxyKind kind, std::string_view bytes,
                     std::span<const std::uint8_t> sizes) {
  const auto whole = proxy_outcome(kind, bytes, {});
  const auto cut = proxy_outcome(kind, bytes, sizes);
  must(whole == cut || (whole == "refused" && cut == "done"));
}

void read_values(std::string_view text) {
  const auto wait = mp::net::read_retry_after(text, mp::Timestamp{std::chrono::hours{500'000}});
  if (wait) must(*wait >= std::chrono::hours{0} && *wait <= std::chrono::hours{7 * 24});
  const auto extensions = mp::net::read_extensions(text, Compression::offered);
  must(!extensions.deflate || extensions.problem.empty());
  must(!mp::net::read_extensions(text, Compression::none).deflate);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 8) return 0;
  const std::span<const std::uint8_t> sizes(data + 1, 7);
  const std::string_view bytes(reinterpret_cast<const char*>(data + 8), size - 8);
  switch (data[0] % 5) {
    case 0:
      must(http_outcome(bytes, {}) == http_outcome(bytes, sizes));
      break;
    case 1:
      must(upgrade_outcome(bytes, {}) == upgrade_outcome(bytes, sizes));
      break;
    case 2:
      compare_proxies(mp::net::ProxyKind::http, bytes, sizes);
      break;
    case 3:
      compare_proxies(mp::net::ProxyKind::socks5h, bytes, sizes);
      break;
    default:
      read_values(bytes);
  }
  return 0;
}
