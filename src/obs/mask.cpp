#include "obs/mask.hpp"

#include <algorithm>
#include <array>

namespace mp::obs {
namespace {

constexpr std::string_view kMask = "***";

// Without "_" and "-", in small letters. What ends with one of them is one too: "listenKey".
constexpr std::array<std::string_view, 10> kSecretEnds = {
    "token",     "apikey",    "secret",     "password",  "passwd",
    "signature", "listenkey", "passphrase", "secretkey", "authorization"};
constexpr std::size_t kNameMax = 40;

char small(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_name_character(char c) {
  const char s = small(c);
  return (s >= 'a' && s <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool ends_a_value(char c) {
  return c <= ' ' || c == '&' || c == '"' || c == '\'' || c == ',' || c == ';' || c == ')' ||
         c == '}' || c == ']' || c == '#';
}

// Where the user and the password of a URL end, whose "://" ends at `from`; npos: it has none.
std::size_t end_of_user(std::string_view text, std::size_t from) {
  const auto end = std::min(text.find_first_of("/?# \t\"'", from), text.size());
  const auto at = text.substr(from, end - from).rfind('@');
  return at == std::string_view::npos ? at : from + at;
}

// The name that ends before `end`, perhaps in quotes.
std::string_view name_before(std::string_view text, std::size_t end) {
  if (end > 0 && (text[end - 1] == '"' || text[end - 1] == '\'')) --end;
  std::size_t begin = end;
  while (begin > 0 && end - begin < kNameMax && is_name_character(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

// Where the secret begins that follows what stands at `at`; npos: none does.
std::size_t secret_after(std::string_view text, std::size_t at) {
  constexpr std::string_view kBearer = "Bearer ";
  if (text.substr(at).starts_with(kBearer)) return at + kBearer.size();
  if (text[at] != '=' && text[at] != ':') return std::string_view::npos;
  if (!is_secret_name(name_before(text, at))) return std::string_view::npos;
  std::size_t begin = at + 1;
  while (begin < text.size() && text[begin] == ' ') ++begin;
  if (begin < text.size() && (text[begin] == '"' || text[begin] == '\'')) ++begin;
  for (const auto scheme : {kBearer, std::string_view{"Basic "}}) {
    if (text.substr(begin).starts_with(scheme)) return begin + scheme.size();
  }
  return begin;
}

}  // namespace

bool is_secret_name(std::string_view name) {
  if (name.empty() || name.size() > kNameMax) return false;
  std::string plain;
  for (const char c : name) {
    if (c != '_' && c != '-') plain.push_back(small(c));
  }
  return std::ranges::any_of(kSecretEnds,
                             [&](std::string_view end) { return plain.ends_with(end); });
}

std::string masked(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (text.substr(at).starts_with("://")) {
      out.append("://");
      at += 3;
      if (const auto end = end_of_user(text, at); end != std::string_view::npos) {
        out.append(kMask);
        at = end;
      }
      continue;
    }
    const auto secret = secret_after(text, at);
    if (secret == std::string_view::npos) {
      out.push_back(text[at++]);
      continue;
    }
    out.append(text.substr(at, secret - at));
    at = secret;
    while (at < text.size() && !ends_a_value(text[at])) ++at;
    if (at > secret) out.append(kMask);
  }
  return out;
}

}  // namespace mp::obs
