#include "sink/line_socket.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>

namespace mp::sink {

Error LineSocket::fail(const std::string& why) {
  socket_.close();
  return {ErrorKind::unavailable, "cannot write to " + address_ + ": " + why};
}

bool LineSocket::is_ready() const {
  pollfd of{.fd = socket_.value(), .events = POLLOUT, .revents = 0};
  int code = 0;
  do {
    code = ::poll(&of, 1, static_cast<int>(timeout_.count()));
  } while (code < 0 && errno == EINTR);
  return code > 0;
}

Result<void> LineSocket::open() {
  socket_.close();
  const auto colon = address_.rfind(':');
  if (colon == std::string::npos) return fail("expected host:port");
  return connect_to(address_.substr(0, colon), address_.substr(colon + 1));
}

Result<void> LineSocket::connect_to(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); code != 0)
    return fail(::gai_strerror(code));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all{found, ::freeaddrinfo};
  std::string why = "no address";
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    socket_ = Fd{::socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket_.open()) continue;
    int code = ::connect(socket_.value(), at->ai_addr, at->ai_addrlen) == 0 ? 0 : errno;
    if (code == EINPROGRESS) {
      socklen_t size = sizeof code;
      const bool ready = is_ready();
      if (!ready) code = ETIMEDOUT;
      if (ready) ::getsockopt(socket_.value(), SOL_SOCKET, SO_ERROR, &code, &size);
    }
    if (code == 0) return {};
    why = os_error("connect", code).message;
  }
  return fail(why);
}

Result<void> LineSocket::write(std::string_view lines) {
  if (!socket_.open()) return fail("not connected");
  char byte = 0;
  // A server that does not want a line says nothing and ends the connection.
  if (::recv(socket_.value(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0)
    return fail("the server ended the connection");
  while (!lines.empty()) {
    const ssize_t sent = ::send(socket_.value(), lines.data(), lines.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      lines.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EINTR) {
      if (!is_ready()) return fail("it takes nothing");
    } else {
      return fail(os_error("send", errno).message);
    }
  }
  return {};
}

}  // namespace mp::sink
