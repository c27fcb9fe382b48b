#include "sim/load_door.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/assert.hpp"

namespace mp::sim {
namespace {

constexpr std::size_t kConnectionsMax = 320;  // 256 sessions, and HTTP beside them
constexpr std::int64_t kSendSecondsMax = 10;

}  // namespace

LoadDoor::~LoadDoor() {
  if (listener_ >= 0) ::close(listener_);
  if (epoll_ >= 0) ::close(epoll_);
}

Result<void> LoadDoor::listen(std::uint16_t port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  const int yes = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  const bool listens = listener_ >= 0 && epoll_ >= 0 &&
                       ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
                       ::bind(listener_, any, size) == 0 && ::listen(listener_, SOMAXCONN) == 0 &&
                       ::getsockname(listener_, any, &size) == 0 &&
                       ::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event) == 0;
  if (!listens)
    return Error{.kind = ErrorKind::unavailable,
                 .message = "The load generator cannot listen on 127.0.0.1:" +
                            std::to_string(port) + ": " + std::strerror(errno) + "."};
  port_ = ntohs(address.sin_port);
  return {};
}

void LoadDoor::accept() {
  const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (socket < 0) return;
  if (connections_.size() >= kConnectionsMax) {
    ::close(socket);
    return;
  }
  const int yes = 1;
  const timeval limit{.tv_sec = kSendSecondsMax, .tv_usec = 0};
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  auto& made = connections_.emplace_back(std::make_unique<LoadConnection>(socket, tls_, desk));
  epoll_event event{.events = EPOLLIN, .data = {.ptr = made.get()}};
  MP_ASSERT(::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event) == 0);
}

void LoadDoor::drop(const LoadConnection* connection) {
  if (connection->is_session()) ++sessions_dropped;
  std::erase_if(connections_, [&](const auto& each) { return each.get() == connection; });
}

void LoadDoor::serve(std::chrono::milliseconds wait) {
  std::array<epoll_event, 64> events{};
  const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                 static_cast<int>(wait.count()));
  for (int i = 0; i < count; ++i) {
    auto* const connection =
        static_cast<LoadConnection*>(events[static_cast<std::size_t>(i)].data.ptr);
    if (connection == nullptr) {
      accept();
      continue;
    }
    // Who subscribes its first stream now need not catch up with the others.
    const LoadConnection* const least = connection->has_streams() ? nullptr : least_served();
    if (least != nullptr) connection->turns = least->turns;
    if (!connection->receive()) drop(connection);
  }
}

void LoadDoor::mark_sessions(std::string_view word) {
  std::vector<LoadConnection*> sessions;  // dropping changes the list
  for (const auto& each : connections_) {
    each->messages = 0;
    if (each->is_session()) sessions.push_back(each.get());
  }
  for (LoadConnection* const each : sessions) {
    each->mark(word);
    if (!each->flush()) drop(each);
  }
}

LoadConnection* LoadDoor::least_served() const {
  LoadConnection* least = nullptr;
  for (const auto& each : connections_) {
    if (each->has_streams() && (least == nullptr || each->turns < least->turns)) least = each.get();
  }
  return least;
}

}  // namespace mp::sim
