#include "net/url.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "net/words.hpp"

namespace mp::net {
namespace {

struct UrlScheme {
  std::string_view prefix;
  Scheme scheme;
  std::uint16_t port;
};
constexpr std::array<UrlScheme, 4> kUrlSchemes{{{"https://", Scheme::https, 443},
                                                {"http://", Scheme::http, 80},
                                                {"wss://", Scheme::wss, 443},
                                                {"ws://", Scheme::ws, 80}}};

const UrlScheme& row_of(Scheme scheme) {
  const auto row = std::ranges::find(kUrlSchemes, scheme, &UrlScheme::scheme);
  return *row;
}

// Nothing here may end a header line or start another one.
bool fits_a_line(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

bool host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool address_character(char c) {
  return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9') || c == ':' || c == '.';
}

Error refused(std::string_view text, std::string_view why) {
  constexpr std::size_t kShown = 200;
  return {ErrorKind::config, "\"" + std::string(text.substr(0, std::min(kShown, text.find('?')))) +
                                 "\" is not an address to connect to: " + std::string(why)};
}

// "host", "host:port", "[v6]" or "[v6]:port". Nothing where it is well formed.
std::string_view read_authority(std::string_view authority, Url& url) {
  std::string_view host = authority;
  std::string_view port;
  bool has_port = false;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return "the bracket of the IPv6 address is not closed";
    host = authority.substr(1, end - 1);
    const std::string_view rest = authority.substr(end + 1);
    if (!rest.empty() && rest[0] != ':') return "a port was expected after the IPv6 address";
    has_port = !rest.empty();
    port = has_port ? rest.substr(1) : rest;
  } else if (const std::size_t colon = authority.find(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon + 1);
    has_port = true;
  }
  if (host.empty()) return "the host is missing";
  constexpr std::size_t kHostBytesMax = 253;
  if (host.size() > kHostBytesMax) return "the host is longer than 253 bytes";
  url.host.resize(host.size());
  std::ranges::transform(host, url.host.begin(), lower);
  const auto allowed = authority.starts_with('[') ? address_character : host_character;
  if (!std::ranges::all_of(url.host, allowed)) return "the host has a character that none may have";
  if (!has_port) return {};
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc{} || end != port.data() + port.size() || number == 0) {
    return "the port is not a number from 1 to 65535";
  }
  url.port = number;
  return {};
}

}  // namespace

std::string Url::authority() const {
  std::string out = with_port(host, port);
  if (port == row_of(scheme).port) out.resize(out.rfind(':'));
  return out;
}

std::string Url::without_query() const {
  return std::string(row_of(scheme).prefix) + authority() + target.substr(0, target.find('?'));
}

Result<Url> parse_url(std::string_view text) {
  if (text.size() > kUrlBytesMax) return refused(text, "it is longer than 8192 bytes");
  if (!fits_a_line(text)) return refused("...", "it has blanks or characters that are not ASCII");
  const auto row = std::ranges::find_if(kUrlSchemes, [&](const UrlScheme& candidate) {
    return same_word(text.substr(0, candidate.prefix.size()), candidate.prefix);
  });
  if (row == kUrlSchemes.end())
    return refused(text, "it starts with none of ws, wss, http and https");
  Url url{.scheme = row->scheme, .host = {}, .port = row->port, .target = {}};
  std::string_view rest = text.substr(row->prefix.size());
  rest = rest.substr(0, rest.find('#'));
  const std::size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, authority_end);
  if (authority.find('@') != std::string_view::npos) {
    return refused("...", "it has a user name, which belongs elsewhere");
  }
  if (const std::string_view why = read_authority(authority, url); !why.empty()) {
    return refused(text, why);
  }
  const std::string_view target = rest.substr(authority_end);
  url.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
  return url;
}

}  // namespace mp::net
