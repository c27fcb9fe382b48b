#include "net/proxy.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "core/utf8.hpp"
#include "net/url.hpp"
#include "net/words.hpp"

namespace mp::net {
namespace {

constexpr std::size_t kWordBytesMax = 255;  // of a name, user or password in SOCKS5

struct ProxyScheme {
  std::string_view prefix;
  ProxyKind kind;
};
constexpr std::array<ProxyScheme, 3> kProxySchemes{{{"http://", ProxyKind::http},
                                                    {"socks5://", ProxyKind::socks5},
                                                    {"socks5h://", ProxyKind::socks5h}}};

Error refused(std::string_view why) {
  return {ErrorKind::config, "the proxy is none: " + std::string(why) +
                                 "; expected http://host:port, socks5://host:port or "
                                 "socks5h://host:port, with user:password@ where it wants that"};
}

// "%3A" as ":". Nothing where a '%' is not followed by two digits.
std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    unsigned value = 0;
    const char* const start = text.data() + i + 1;
    if (text.size() - i < 3) return std::nullopt;
    const auto [end, error] = std::from_chars(start, start + 2, value, 16);
    if (error != std::errc{} || end != start + 2) return std::nullopt;
    out.push_back(static_cast<char>(value));
    i += 2;
  }
  return out;
}

void append_word(std::string& out, std::string_view word) {
  out.push_back(static_cast<char>(word.size()));
  out.append(word);
}

// The address as SOCKS5 has it: its kind, then its bytes.
void append_address(std::string& out, const std::string& host) {
  std::array<char, 16> bytes{};
  if (::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1) {
    out.push_back(1);
    out.append(bytes.data(), 4);
  } else if (::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1) {
    out.push_back(4);
    out.append(bytes.data(), bytes.size());
  } else {
    out.push_back(3);
    append_word(out, host);
  }
}

std::string_view name_of_reply(std::uint8_t reply) {
  constexpr std::array<std::string_view, 9> kNames{"no error",
                                                   "general failure",
                                                   "its rules forbid it",
                                                   "the network is unreachable",
                                                   "the host is unreachable",
                                                   "the connection is refused",
                                                   "it takes too long",
                                                   "it knows no such command",
                                                   "it knows no such address"};
  return reply < kNames.size() ? kNames[reply] : "for no known reason";
}

}  // namespace

Result<Proxy> parse_proxy(std::string_view text) {
  const auto row = std::ranges::find_if(kProxySchemes, [&](const ProxyScheme& each) {
    return same_word(each.prefix, text.substr(0, each.prefix.size()));
  });
  if (row == kProxySchemes.end()) return refused("it starts with none of http, socks5 and socks5h");
  std::string_view rest = text.substr(row->prefix.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  Proxy proxy{.kind = row->kind, .host = {}, .port = 0};
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view login = rest.substr(0, at);
    const auto colon = std::min(login.find(':'), login.size());
    const auto user = unescaped(login.substr(0, colon));
    const auto password = unescaped(login.substr(std::min(colon + 1, login.size())));
    if (!user || !password) return refused("its user or password has a '%' without two digits");
    if (user->empty() || user->size() > kWordBytesMax || password->size() > kWordBytesMax)
      return refused("its user or password is empty or longer than 255 bytes");
    proxy.user = *user;
    proxy.password = *password;
    rest.remove_prefix(at + 1);
  }
  const bool has_port = rest.rfind(':') != std::string_view::npos && !rest.ends_with(']');
  const auto url = parse_url("http://" + std::string(rest));
  if (!has_port || !url || url->target != "/") return refused("its host and port are not given");
  proxy.host = url->host;
  proxy.port = url->port;
  return proxy;
}

bool named_in(std::string_view list, std::string_view host) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    std::string_view entry = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    while (entry.starts_with(' ') || entry.starts_with('.')) entry.remove_prefix(1);
    while (entry.ends_with(' ')) entry.remove_suffix(1);
    if (entry.empty()) continue;
    if (entry == "*" || same_word(entry, host)) return true;
    if (host.size() <= entry.size()) continue;
    const std::string_view end = host.substr(host.size() - entry.size());
    if (same_word(entry, end) && host[host.size() - entry.size() - 1] == '.') return true;
  }
  return false;
}

ProxyTalk::ProxyTalk(const Proxy& proxy, std::string host, std::uint16_t port)
    : proxy_(proxy),
      host_(std::move(host)),
      port_(port),
      wait_(proxy.kind == ProxyKind::http ? Wait::head : Wait::method) {
  if (wait_ == Wait::method) {
    out_ =
        proxy_.user.empty() ? std::string{"\x05\x01\x00", 3} : std::string{"\x05\x02\x00\x02", 4};
    return;
  }
  const std::string where = with_port(host_, port_);
  out_ = "CONNECT " + where + " HTTP/1.1\r\nHost: " + where;
  if (!proxy_.user.empty()) {
    out_ += "\r\nProxy-Authorization: Basic " + base64(proxy_.user + ":" + proxy_.password);
  }
  out_ += "\r\nUser-Agent: marketprism\r\n\r\n";
}

ProxyTalk::Step ProxyTalk::refuse(std::string why) {
  problem_ = "the proxy " + with_port(proxy_.host, proxy_.port) + " does not connect to " +
             with_port(host_, port_) + ": " + std::move(why);
  return Step::refused;
}

ProxyTalk::Step ProxyTalk::read(std::string_view bytes) {
  in_.append(bytes);
  const Step step = wait_ == Wait::head ? read_head() : read_socks();
  // Behind it speaks a server that waits for our first word.
  if (step == Step::done && !in_.empty()) return refuse("it says more than it was asked");
  return step;
}

ProxyTalk::Step ProxyTalk::read_head() {
  const auto end = in_.find("\r\n\r\n");
  if (end == std::string::npos || end > kAnswerBytesMax) {
    if (in_.size() <= kAnswerBytesMax) return Step::more;
    return refuse("its answer is longer than 16 KiB");
  }
  const std::string line = in_.substr(0, in_.find("\r\n"));
  const int status = read_status(line);
  if (status == 0) return refuse("its answer is not HTTP");
  in_.erase(0, end + 4);
  if (status >= 200 && status < 300) return Step::done;
  return refuse("it answers \"" + printable(line.substr(line.find(' ') + 1), 100) + "\"");
}

ProxyTalk::Step ProxyTalk::read_socks() {
  while (true) {
    const bool answer = wait_ == Wait::answer;
    if (answer) return on_answer();
    if (in_.size() < 2) return Step::more;
    const auto version = static_cast<std::uint8_t>(in_[0]);
    const auto value = static_cast<std::uint8_t>(in_[1]);
    in_.erase(0, 2);
    if (wait_ == Wait::method) {
      if (version != 5) return refuse("it does not speak SOCKS5");
      if (const Step step = on_method(value); step == Step::refused) return step;
    } else if (value != 0) {
      return refuse("it refuses the user or password");
    } else {
      ask();
    }
  }
}

ProxyTalk::Step ProxyTalk::on_method(std::uint8_t method) {
  constexpr std::uint8_t kLogin = 2;
  if (method == 0) {
    ask();
  } else if (method == kLogin && !proxy_.user.empty()) {
    wait_ = Wait::login;
    out_.push_back(1);
    append_word(out_, proxy_.user);
    append_word(out_, proxy_.password);
  } else {
    return refuse(proxy_.user.empty() ? "it wants a user and password"
                                      : "it takes no user and password");
  }
  return Step::more;
}

void ProxyTalk::ask() {
  wait_ = Wait::answer;
  out_.append("\x05\x01\x00", 3);
  append_address(out_, host_);
  out_.push_back(static_cast<char>(port_ >> 8U));
  out_.push_back(static_cast<char>(port_ & 0xffU));
}

ProxyTalk::Step ProxyTalk::on_answer() {
  constexpr std::size_t kHead = 5;  // with the first byte of the address
  if (in_.size() >= 2 && in_[1] != 0) {
    return refuse(std::string(name_of_reply(static_cast<std::uint8_t>(in_[1]))));
  }
  if (in_.size() < kHead) return Step::more;
  const auto kind = static_cast<std::uint8_t>(in_[3]);
  const std::size_t address = kind == 1   ? 4
                              : kind == 4 ? 16
                                          : 1U + static_cast<std::uint8_t>(in_[4]);
  const std::size_t size = 4 + address + 2;
  if (in_[0] != 5 || (kind != 1 && kind != 3 && kind != 4)) {
    return refuse("its answer is not SOCKS5");
  }
  if (in_.size() < size) return Step::more;
  in_.erase(0, size);
  return Step::done;
}

}  // namespace mp::net
