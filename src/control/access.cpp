#include "control/access.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "core/files.hpp"

namespace mp::control {
namespace {

constexpr std::size_t kTokenBytes = 32;
constexpr std::string_view kBearer = "Bearer ";

// [::1]:8080 is ::1
std::string_view host_in(std::string_view authority) {
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    return end == std::string_view::npos ? authority : authority.substr(1, end - 1);
  }
  return authority.substr(0, authority.find(':'));
}

std::string_view authority_of(std::string_view origin) {
  const auto scheme_end = origin.find("://");
  return scheme_end == std::string_view::npos ? origin : origin.substr(scheme_end + 3);
}

using net::is_loopback;

}  // namespace

Access::Access(std::string token, std::string host)
    : token_(std::move(token)), host_(std::move(host)), is_local_(is_loopback(host_)) {}

Result<Access> Access::create(const std::filesystem::path& file, std::string host) {
  std::array<unsigned char, kTokenBytes> bytes{};
  if (::RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    return Error{ErrorKind::io, "the system gives no random bytes for the control token"};
  std::string token;
  for (const unsigned char byte : bytes) token += fmt::format("{:02x}", byte);
  // A file of before may be readable for others: its mode is set before the new token is in it.
  const auto opened = open_file(file, O_WRONLY | O_CREAT | O_TRUNC);
  if (opened.code != 0) return os_error("cannot open " + file.string(), opened.code);
  if (::fchmod(opened.fd.value(), S_IRUSR | S_IWUSR) != 0)
    return os_error("cannot protect " + file.string(), errno);
  const Done done = write_all(opened.fd, token + "\n");
  if (done.code != 0) return os_error("cannot write " + file.string(), done.code);
  return Access{std::move(token), std::move(host)};
}

std::string Access::refusal(const net::ServerRequest& request) const {
  const auto authority = request.header_named("host");
  const auto host = host_in(authority);
  if (is_local_ && !is_loopback(host))
    return fmt::format("the host is \"{}\"; expected {} or localhost", host, host_);
  const auto origin = request.header_named("origin");
  if (!origin.empty() && authority_of(origin) != authority)
    return fmt::format("a page of {} asks; expected one of {}", origin, authority);
  return {};
}

bool Access::may_change(const net::ServerRequest& request) const {
  auto given = request.header_named("authorization");
  if (!given.starts_with(kBearer)) return false;
  given.remove_prefix(kBearer.size());
  return given.size() == token_.size() &&
         ::CRYPTO_memcmp(given.data(), token_.data(), token_.size()) == 0;
}

bool Access::is_own_page(const net::ServerRequest& request) {
  return request.header_named("sec-fetch-site") == "same-origin";
}

}  // namespace mp::control
