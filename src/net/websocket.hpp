// L2 net. WebSocket: one client connection, from name resolution to close.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "net/addresses.hpp"
#include "net/clock.hpp"
#include "net/frame.hpp"
#include "net/loss.hpp"
#include "net/message_progress.hpp"
#include "net/receive_buffers.hpp"
#include "net/task.hpp"
#include "net/tls.hpp"
#include "net/url.hpp"

namespace mp::net {

// Gets what a connection receives. Nothing here may close or destroy the connection; that is for
// who called receive(), afterwards.
class MessageSink {
 public:
  virtual ~MessageSink() = default;

  // A whole text message, UTF-8. `payload` is valid during the call, with kFrameSlack readable
  // bytes behind it.
  virtual void on_message(std::string_view payload, Timestamp ts_recv) = 0;
  // A binary one, for whom it makes a difference.
  virtual void on_binary(std::string_view payload, Timestamp ts_recv) {
    on_message(payload, ts_recv);
  }
};

enum class ReceiveEnd : std::uint8_t {
  received,  // something came; what was there has been handed over
  deadline,  // nothing came by the deadline
  woken,     // wake() was called
  lost,      // the connection is over: see loss()
};

struct WebSocketCounters {
  std::uint64_t messages = 0;
  std::uint64_t message_bytes = 0;
  std::uint64_t wire_bytes = 0;  // received, as the kernel gave them
  std::uint64_t wakeups = 0;
  std::uint64_t pings_received = 0;  // and answered
  std::uint64_t pongs_received = 0;
  std::uint64_t clock_steps_back = 0;

  friend bool operator==(const WebSocketCounters&, const WebSocketCounters&) = default;
};

// Belongs to the thread that runs `io`. The arguments must outlive it. It may be destroyed at any
// time when none of its tasks runs; that drops the connection without a word.
class WebSocket {
 public:
  WebSocket(IoContext& io, const TlsContext& tls, ReceiveBuffers& buffers, FrameLimits limits = {});
  ~WebSocket();
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  // Resolves, connects (over all addresses, a new one tried every 250 ms), verifies, upgrades.
  // Nothing when open. One call for the life of the object.
  // Where the host was reached is kept in `memory`, and used when its name cannot be resolved.
  [[nodiscard]] Task<std::optional<Loss>> open(Url url, SteadyTime deadline,
                                               AddressMemory* memory = nullptr);

  // Waits for the socket, then hands over all that is there. Pings are answered here.
  // After `lost` the connection is over.
  [[nodiscard]] Task<ReceiveEnd> receive(MessageSink& sink, SteadyTime deadline);
  [[nodiscard]] const Loss& loss() const;
  // What the last receive() has left incomplete.
  [[nodiscard]] MessageProgress progress() const;

  // Both write at once what the kernel takes and keep the rest, up to kUnsentBytesMax; beyond that
  // the connection is lost (overflow). Ignored when it is not open.
  void send(std::string_view text);
  void ping(std::string_view payload);

  // Says goodbye and waits for the answer or the deadline. What comes meanwhile goes to the sink.
  // After a loss it sees to it that the peer gets our last words. `text` must outlive the task.
  [[nodiscard]] Task<void> close(std::uint16_t code, std::string_view text, MessageSink& sink,
                                 SteadyTime deadline);

  // Makes the waiting open() or receive() return (stopped, woken), now or when it is next called.
  void wake();

  [[nodiscard]] bool is_open() const;
  // From our request to upgrade to the peer's answer.
  [[nodiscard]] Milliseconds upgrade_time() const;
  [[nodiscard]] std::size_t unsent_bytes() const;
  [[nodiscard]] const WebSocketCounters& counters() const;

  static constexpr std::size_t kUnsentBytesMax = std::size_t{4} << 20U;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace mp::net
