#include "net/transport.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "net/words.hpp"

namespace mp::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t kEarlyBytes = std::size_t{16} * 1024;
constexpr std::size_t kKeptOutputMax = std::size_t{16} * 1024;

void set_option(int socket, int level, int name, int value) {
  // What the system refuses here only costs speed or precision.
  (void)::setsockopt(socket, level, name, &value, sizeof value);
}

void set_options(int socket) {
  constexpr int kUnansweredMilliseconds = 10'000;
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, kUnansweredMilliseconds);
}

// The kernel's receive time among the control messages; nothing where there is none.
std::optional<Timestamp> kernel_time(msghdr& message) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec time{};
    std::memcpy(&time, CMSG_DATA(part), sizeof time);
    return Timestamp{std::chrono::seconds{time.tv_sec} + Nanoseconds{time.tv_nsec}};
  }
  return std::nullopt;
}

}  // namespace

Transport::Transport(asio::io_context& io, const TlsContext& tls)
    : io_(io), tls_context_(tls), socket_(io), watchdog_(io, [this] {
        if (!waiting_) return;
        late_ = true;
        error_code ignored;
        socket_.cancel(ignored);
      }) {}

Transport::~Transport() {
  close();
}

void Transport::close() {
  error_code ignored;
  socket_.close(ignored);
  watchdog_.disarm();
}

void Transport::wake() {
  woken_ = true;
  if (dialer_) dialer_->interrupt();
  error_code ignored;
  if (waiting_) socket_.cancel(ignored);
}

void Transport::end(LossReason reason, std::string message) {
  if (!ended_) ended_ = Loss{reason, std::move(message)};
  watchdog_.disarm();
}

Task<std::optional<Loss>> Transport::open(Url url, SteadyTime deadline, AddressMemory* memory) {
  host_ = url.host;
  if (woken_) co_return Loss{LossReason::stopped, "connecting to " + host_ + " was stopped"};
  dialer_.emplace(io_, url.socket);
  const std::string& host = url.via ? url.via->host : url.host;
  const std::uint16_t port = url.via ? url.via->port : url.port;
  auto loss = co_await dialer_->dial(host, port, deadline, memory, socket_);
  dialer_.reset();
  if (loss) co_return loss;
  set_options(socket_.native_handle());
  error_code error;
  socket_.non_blocking(true, error);
  if (error) co_return Loss{LossReason::io, "socket to " + host_ + ": " + error.message()};
  if (url.via) loss = co_await ask_proxy(url, deadline, memory);
  if (loss) co_return loss;
  if (!url.secure()) co_return std::nullopt;
  tls_ = std::make_unique<TlsChannel>(tls_context_, host_);
  co_return co_await shake_hands(deadline);
}

// Has the proxy connect to the server, whose connection this is from then on.
Task<std::optional<Loss>> Transport::ask_proxy(Url url, SteadyTime deadline,
                                               AddressMemory* memory) {
  std::string target = url.host;
  if (url.via->kind == ProxyKind::socks5) {
    dialer_.emplace(io_);
    auto loss = co_await dialer_->look_up(url.host, deadline, memory, target);
    dialer_.reset();
    if (loss) co_return loss;
  }
  // Until it has connected us it is who speaks, or ends.
  const std::string proxy = "the proxy " + with_port(url.via->host, url.via->port);
  host_ = proxy;
  ProxyTalk talk(*url.via, std::move(target), url.port);
  std::array<char, 1024> bytes{};
  while (true) {
    output_.append(talk.take());
    flush();
    const Ready ready = co_await wait_readable(deadline);
    if (ready == Ready::deadline) {
      co_return Loss{LossReason::timeout,
                     proxy + " did not connect to " + url.host + " by the deadline"};
    }
    if (ready == Ready::woken) {
      co_return Loss{LossReason::stopped, "connecting to " + url.host + " was stopped"};
    }
    const long count = receive(bytes, last_receive_);
    auto step = ProxyTalk::Step::more;
    if (count > 0) step = talk.read({bytes.data(), static_cast<std::size_t>(count)});
    if (step == ProxyTalk::Step::done) {
      host_ = url.host;
      co_return std::nullopt;
    }
    if (step == ProxyTalk::Step::refused) {
      // What was known of the server may be why.
      if (memory != nullptr) memory->server.clear();
      co_return Loss{LossReason::refused, talk.problem()};
    }
    if (ended_) co_return ended_;
  }
}

Task<std::optional<Loss>> Transport::shake_hands(SteadyTime deadline) {
  early_.resize(kEarlyBytes);
  while (true) {
    const TlsStep step = tls_->handshake();
    flush();  // an alert too, so that the server can tell why we left
    if (step == TlsStep::done) co_return std::nullopt;
    if (step == TlsStep::refused) co_return Loss{LossReason::certificate, tls_->problem()};
    if (step == TlsStep::failed) co_return Loss{LossReason::tls, tls_->problem()};
    if (step == TlsStep::ended) {
      co_return Loss{LossReason::tls, host_ + " ended the TLS handshake"};
    }
    const Ready ready = co_await wait_readable(deadline);
    if (ready == Ready::deadline) {
      co_return Loss{LossReason::timeout, "TLS handshake with " + host_ + " took too long"};
    }
    if (ready == Ready::woken) {
      co_return Loss{LossReason::stopped, "connecting to " + host_ + " was stopped"};
    }
    const long count = receive(early_, last_receive_);
    if (count > 0) tls_->set_window({early_.data(), static_cast<std::size_t>(count)});
    if (ended_) co_return ended_;
  }
}

Task<Ready> Transport::wait_readable(SteadyTime deadline) {
  if (std::exchange(woken_, false)) co_return Ready::woken;
  if (ended_) co_return Ready::readable;
  watchdog_.arm(deadline);
  waiting_ = true;
  // A look at one byte, and not asio's wait, which would tell the kernel anew with every call what
  // to wait for: three system calls less for a message that comes alone.
  error_code error;
  co_await socket_.async_receive(asio::buffer(&peeked_, 1), tcp::socket::message_peek,
                                 asio::redirect_error(asio::use_awaitable, error));
  waiting_ = false;
  const bool late = std::exchange(late_, false);
  if (std::exchange(woken_, false)) co_return Ready::woken;
  if (error && late && !ended_) co_return Ready::deadline;
  // The look has taken the socket's error with it. The end of the stream stays to be read.
  if (error && error != asio::error::eof && error != asio::error::operation_aborted && !ended_) {
    judge_receive(-1, error.value());
  }
  co_return Ready::readable;
}

long Transport::receive(std::span<char> into, Timestamp& ts_recv) {
  iovec part{into.data(), into.size()};
  alignas(cmsghdr) std::array<char, 128> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const long count = ::recvmsg(socket_.native_handle(), &message, MSG_DONTWAIT);
  const int error = count < 0 ? errno : 0;
  if (count <= 0) {
    judge_receive(count, error);
    return count;
  }
  const auto kernel = kernel_time(message);
  ts_recv = clock_.stamp(kernel ? *kernel : now(), steady_now());
  return count;
}

void Transport::judge_receive(long result, int error) {
  if (result == 0) {
    if (tls_) return end(LossReason::tls_truncated, host_ + " ended TCP without ending TLS");
    return end(LossReason::eof, host_ + " ended the connection");
  }
  if (error == EAGAIN || error == EWOULDBLOCK || error == EINTR) return;
  const std::string text = std::error_code(error, std::system_category()).message();
  if (error == ECONNRESET || error == EPIPE) {
    return end(LossReason::reset, host_ + " reset the connection");
  }
  if (error == ETIMEDOUT) {
    return end(LossReason::stale, host_ + " does not acknowledge what we send: " + text);
  }
  end(LossReason::io, "receiving from " + host_ + " failed: " + text);
}

TransportRead Transport::read(ReceiveBuffers& buffers) {
  TransportRead out;
  if (ended_) return out;
  if (!tls_) {
    const std::span<char> plain = buffers.plain();
    const long count = receive(plain, last_receive_);
    out.ts_recv = last_receive_;
    if (count <= 0) return out;
    out.wire_bytes = static_cast<std::size_t>(count);
    out.bytes = plain.first(out.wire_bytes);
    out.again = out.wire_bytes == plain.size();
    return out;
  }
  bool kernel_has_more = false;
  if (!undecrypted_ && early_.empty()) {
    const std::span<char> wire = buffers.wire();
    const long count = receive(wire, last_receive_);
    if (count <= 0) return out;
    out.wire_bytes = static_cast<std::size_t>(count);
    kernel_has_more = out.wire_bytes == wire.size();
    tls_->set_window(wire.first(out.wire_bytes));
  }
  out.ts_recv = last_receive_;
  std::size_t filled = 0;
  const TlsStep step = tls_->read(buffers.plain(), filled);
  out.bytes = buffers.plain().first(filled);
  undecrypted_ = step == TlsStep::done;
  out.again = undecrypted_ || kernel_has_more || !early_.empty();
  if (step == TlsStep::want_input && !early_.empty()) std::vector<char>().swap(early_);
  if (step == TlsStep::ended) end(LossReason::eof, host_ + " ended the connection");
  if (step == TlsStep::refused || step == TlsStep::failed) end(LossReason::tls, tls_->problem());
  if (!tls_->output().empty()) flush();
  if (ended_) out.again = false;
  return out;
}

void Transport::write(std::string_view bytes, std::size_t unsent_max) {
  if (send_broken_ || finishing_ || ended_) return;
  if (unsent_bytes() + bytes.size() > unsent_max) {
    end(LossReason::overflow, host_ + " does not read what we send: " +
                                  std::to_string(unsent_bytes()) + " bytes are unsent");
    return wake();
  }
  if (!tls_) {
    output_.append(bytes);
  } else if (tls_->write(bytes) != TlsStep::done) {
    end(LossReason::tls, tls_->problem());
    return wake();
  }
  flush();
}

void Transport::flush() {
  std::string& out = output();
  while (sent_ < out.size() && !send_broken_) {
    const long count = ::send(socket_.native_handle(), out.data() + sent_, out.size() - sent_,
                              MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count >= 0) {
      sent_ += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return wait_writable();
    } else if (errno != EINTR) {
      // The reading side finds out why, after what the peer still had to say.
      send_broken_ = true;
    }
  }
  out.clear();
  sent_ = 0;
  if (out.capacity() > kKeptOutputMax) std::string().swap(out);
  if (finishing_) (void)::shutdown(socket_.native_handle(), SHUT_WR);
}

void Transport::wait_writable() {
  if (waiting_writable_) return;
  waiting_writable_ = true;
  socket_.async_wait(tcp::socket::wait_write, [weak = weak_from_this()](error_code) {
    const auto self = weak.lock();
    if (self == nullptr) return;
    self->waiting_writable_ = false;
    // An aborted wait too: deadlines cancel all waits of the socket.
    if (self->socket_.is_open()) self->flush();
  });
}

void Transport::finish_sending() {
  if (finishing_ || !socket_.is_open()) return;
  if (tls_) tls_->close_notify();
  finishing_ = true;
  flush();
}

bool Transport::still_quiet() {
  if (ended_ || send_broken_ || !socket_.is_open()) return false;
  char byte = 0;
  const long count = ::recv(socket_.native_handle(), &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT);
  return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace mp::net
