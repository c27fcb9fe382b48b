#include "cli/service.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "core/utf8.hpp"

namespace mp::cli {
namespace {

constexpr std::chrono::seconds kSayEvery{5};
constexpr std::size_t kStatusMax = 500;

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Service Service::of_environment() {
  Service out;
  out.address_ = variable("NOTIFY_SOCKET");
  if (out.address_.empty() || out.address_.size() >= sizeof(sockaddr_un::sun_path)) return out;
  if (out.address_.front() == '@') out.address_.front() = '\0';
  out.socket_ = Fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  const auto time = number_in(variable("WATCHDOG_USEC"));
  const auto whose = variable("WATCHDOG_PID");
  const bool ours = whose.empty() || number_in(whose) == std::int64_t{::getpid()};
  if (time && *time > 0 && ours) out.watchdog_every_ = std::chrono::microseconds{*time / 2};
  return out;
}

void Service::ready() {
  tell("READY=1");
}

// The time tells a manager that counts reloads which of them this is the answer to.
void Service::reloading() {
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
  tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.count()));
}

void Service::reloaded(const std::string& what) {
  tell("READY=1\nSTATUS=" + printable(what, kStatusMax));
  said_.clear();  // how it is comes again, with the next look
}

void Service::stopping() {
  tell("STOPPING=1\nSTATUS=stopping: sinks deliver what the journal holds");
}

void Service::tick(net::SteadyTime now, const Hands& hands) {
  if (!socket_.open()) return;
  if (watchdog_every_ && now >= feed_at_ && hands.alive()) {
    feed_at_ = now + *watchdog_every_;
    tell("WATCHDOG=1");
  }
  if (now < say_at_) return;
  say_at_ = now + kSayEvery;
  const auto status = printable(hands.status(), kStatusMax);
  if (status == said_) return;
  said_ = status;
  tell("STATUS=" + status);
}

// A manager that does not listen is no reason to do anything else.
void Service::tell(std::string_view text) const {
  if (!socket_.open()) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  (void)::sendto(socket_.value(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                 reinterpret_cast<const sockaddr*>(&to), size);
}

}  // namespace mp::cli
