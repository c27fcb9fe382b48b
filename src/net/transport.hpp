// L2 net. Transport: a TCP connection, with TLS or without, that reads into the thread's shared
// buffers and writes without waiting. WebSocket and HttpClient speak over it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/addresses.hpp"
#include "net/clock.hpp"
#include "net/dialer.hpp"
#include "net/loss.hpp"
#include "net/receive_buffers.hpp"
#include "net/task.hpp"
#include "net/tls.hpp"
#include "net/tls_channel.hpp"
#include "net/url.hpp"
#include "net/watchdog.hpp"

namespace mp::net {

enum class Ready : std::uint8_t { readable, deadline, woken };

struct TransportRead {
  std::span<char> bytes;  // in the shared buffers, kFrameSlack readable bytes behind; may be empty
  Timestamp ts_recv{};    // when the kernel got the last of them
  std::size_t wire_bytes = 0;
  bool again = false;  // read again before waiting: more is at hand
};

// Handlers that wait hold it weakly; its owner holds it in a shared_ptr for their sake.
class Transport : public std::enable_shared_from_this<Transport> {
 public:
  Transport(boost::asio::io_context& io, const TlsContext& tls);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  [[nodiscard]] Task<std::optional<Loss>> open(Url url, SteadyTime deadline, AddressMemory* memory);

  [[nodiscard]] Task<Ready> wait_readable(SteadyTime deadline);

  // Takes what is there, without waiting. When the connection has ended, ended() says why; the
  // bytes that came before the end are still given.
  [[nodiscard]] TransportRead read(ReceiveBuffers& buffers);
  [[nodiscard]] const std::optional<Loss>& ended() const { return ended_; }

  // Writes what the kernel takes now and keeps the rest. Over `unsent_max` the connection ends.
  void write(std::string_view bytes, std::size_t unsent_max);

  // Whether the shared buffers hold bytes of ours, so that read() must come before any wait.
  [[nodiscard]] bool must_read() const { return undecrypted_; }

  void wake();

  // Ends our direction, after what is unsent; the peer's may go on.
  void finish_sending();
  void close();

  // Whether a kept connection can still be used: open, and nothing came on it unasked.
  [[nodiscard]] bool still_quiet();
  [[nodiscard]] std::size_t unsent_bytes() const { return output().size() - sent_; }
  [[nodiscard]] std::uint64_t clock_steps_back() const { return clock_.steps_back(); }

 private:
  [[nodiscard]] Task<std::optional<Loss>> ask_proxy(Url url, SteadyTime deadline,
                                                    AddressMemory* memory);
  [[nodiscard]] Task<std::optional<Loss>> shake_hands(SteadyTime deadline);
  [[nodiscard]] long receive(std::span<char> into, Timestamp& ts_recv);
  void end(LossReason reason, std::string message);
  void judge_receive(long result, int error);
  void flush();
  void wait_writable();
  [[nodiscard]] std::string& output() { return tls_ ? tls_->output() : output_; }
  [[nodiscard]] const std::string& output() const { return tls_ ? tls_->output() : output_; }

  boost::asio::io_context& io_;
  const TlsContext& tls_context_;
  boost::asio::ip::tcp::socket socket_;
  std::optional<Dialer> dialer_;
  std::unique_ptr<TlsChannel> tls_;
  std::vector<char> early_;  // what came with the handshake; freed at the first read
  std::string output_;       // without TLS: what is unsent
  std::size_t sent_ = 0;     // of output()
  std::string host_;
  std::optional<Loss> ended_;
  ReceiveClock clock_;
  Timestamp last_receive_{};
  Watchdog watchdog_;
  char peeked_ = 0;
  bool waiting_ = false;
  bool late_ = false;
  bool woken_ = false;
  bool waiting_writable_ = false;
  bool send_broken_ = false;
  bool finishing_ = false;
  bool undecrypted_ = false;
};

}  // namespace mp::net
