#include "net/websocket.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <string>
#include <utility>
#include <vector>

#include "net/transport.hpp"
#include "net/upgrade.hpp"

namespace mp::net {
namespace {

// After so many full buffers a busy connection lets the others of its thread have a turn.
constexpr int kReadsPerWakeup = 8;
// How long the text of a refusal is waited for.
constexpr Milliseconds kRefusalPatience{500};
constexpr std::size_t kDiscardedBytesMax = std::size_t{32} << 20U;

std::array<char, 4> fresh_mask() {
  std::array<unsigned char, 4> bytes{};
  MP_ASSERT(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  std::array<char, 4> mask{};
  std::ranges::transform(bytes, mask.begin(), [](unsigned char b) { return static_cast<char>(b); });
  return mask;
}

LossReason reason_of(FrameError error) {
  return close_code_of(error) == 1009 ? LossReason::too_large : LossReason::protocol;
}

}  // namespace

class WebSocket::State {
 public:
  State(IoContext& io, const TlsContext& tls, ReceiveBuffers& buffers, FrameLimits limits)
      : buffers_(buffers),
        // Shared with handlers that wait for the socket: see Transport.
        transport_(std::make_shared<Transport>(io, tls)),
        deframer_(limits) {}

  Task<std::optional<Loss>> open(Url url, SteadyTime deadline, AddressMemory* memory) {
    MP_ASSERT(url.websocket());
    host_ = url.host;
    auto loss = co_await transport_->open(url, deadline, memory);
    if (!loss) loss = co_await upgrade(url, deadline);
    if (loss) {
      lose(*loss);
      transport_->close();
    } else {
      open_ = true;
    }
    co_return loss;
  }

  Task<ReceiveEnd> receive(MessageSink& sink, SteadyTime deadline) {
    mid_message_before_ = deframer_.mid_message();
    progressed_ = false;
    while (true) {
      if (!early_.empty()) {
        std::vector<char> bytes = std::exchange(early_, {});
        hand_over(std::span<char>(bytes).first(bytes.size() - kFrameSlack), early_ts_, sink);
        co_return open_ ? ReceiveEnd::received : ReceiveEnd::lost;
      }
      if (!open_) co_return ReceiveEnd::lost;
      const Ready ready = co_await transport_->wait_readable(deadline);
      if (transport_->ended()) lose(*transport_->ended());
      if (!open_) co_return ReceiveEnd::lost;
      if (ready == Ready::deadline) co_return ReceiveEnd::deadline;
      if (ready == Ready::woken) co_return ReceiveEnd::woken;
      ++counters_.wakeups;
      const bool any = read_all(sink);
      if (!open_) co_return ReceiveEnd::lost;
      if (any) co_return ReceiveEnd::received;
    }
  }

  Task<void> close(std::uint16_t code, std::string_view text, MessageSink& sink,
                   SteadyTime deadline) {
    if (open_) send_close(code, text);
    while (open_ && steady_now() < deadline) {
      // On a line of its own: g++ 12 destroys the temporaries of a co_await in a condition twice.
      const ReceiveEnd end = co_await receive(sink, deadline);
      if (end == ReceiveEnd::lost) break;
    }
    lose({LossReason::requested, "we closed the connection to " + host_});
    co_await discard(deadline);
    transport_->close();
  }

  void send(Opcode opcode, std::string_view payload) {
    if (!open_ || close_sent_) return;
    std::string& frame = scratch_;
    frame.clear();
    encode_frame(frame, {opcode, payload}, fresh_mask());
    transport_->write(frame, kUnsentBytesMax);
    constexpr std::size_t kKeptMax = 4096;
    if (frame.capacity() > kKeptMax) std::string().swap(frame);
  }

  [[nodiscard]] MessageProgress progress() const {
    if (!deframer_.mid_message()) return MessageProgress::none;
    const bool same = mid_message_before_ && !progressed_;
    return same ? MessageProgress::continued : MessageProgress::begun;
  }

  void wake() { transport_->wake(); }
  [[nodiscard]] bool is_open() const { return open_; }
  [[nodiscard]] Milliseconds upgrade_time() const { return upgrade_time_; }
  [[nodiscard]] std::size_t unsent_bytes() const { return transport_->unsent_bytes(); }
  [[nodiscard]] const Loss& loss() const {
    MP_ASSERT(loss_.has_value());
    return *loss_;
  }
  [[nodiscard]] const WebSocketCounters& counters() {
    counters_.clock_steps_back = transport_->clock_steps_back();
    return counters_;
  }

 private:
  Task<std::optional<Loss>> upgrade(const Url& url, SteadyTime deadline) {
    const std::string key = upgrade_key();
    transport_->write(upgrade_request(url, key), kUnsentBytesMax);
    const SteadyTime asked = steady_now();
    std::string received;
    std::size_t passed = 0;
    std::optional<Loss> refused;  // whose text is still coming
    while (true) {
      const Ready ready = co_await transport_->wait_readable(deadline);
      if (refused && ready != Ready::readable) co_return refused;
      if (ready == Ready::deadline) {
        co_return Loss{LossReason::timeout,
                       host_ + " did not answer the WebSocket upgrade by the deadline"};
      }
      if (ready == Ready::woken && !transport_->ended()) {
        co_return Loss{LossReason::stopped, "connecting to " + host_ + " was stopped"};
      }
      TransportRead read;
      do {
        read = transport_->read(buffers_);
        received.append(read.bytes.data(), read.bytes.size());
        if (read.bytes.size() > 0) early_ts_ = read.ts_recv;
      } while (transport_->must_read() || (read.again && received.size() < kEarlyBytesMax));
      const UpgradeAnswer answer = read_upgrade(received, key, host_, passed, url.compression);
      if (answer.loss && !(answer.more && !transport_->ended())) co_return answer.loss;
      if (answer.loss) {
        if (!refused) deadline = std::min(deadline, steady_now() + kRefusalPatience);
        refused = answer.loss;
        continue;
      }
      if (answer.bytes != 0) {
        if (answer.deflate) deframer_.accept_compressed(*answer.deflate);
        keep_early(std::string_view(received).substr(answer.bytes));
        upgrade_time_ = std::chrono::floor<Milliseconds>(steady_now() - asked);
        co_return std::nullopt;
      }
      if (transport_->ended()) co_return transport_->ended();
    }
  }

  // Frames that came together with the answer wait for the first receive().
  void keep_early(std::string_view bytes) {
    if (bytes.empty()) return;
    early_.assign(bytes.begin(), bytes.end());
    early_.resize(bytes.size() + kFrameSlack);
  }

  // True when anything came.
  bool read_all(MessageSink& sink) {
    bool any = false;
    for (int reads = 0; open_; ++reads) {
      const TransportRead read = transport_->read(buffers_);
      counters_.wire_bytes += read.wire_bytes;
      if (!read.bytes.empty()) {
        any = true;
        hand_over(read.bytes, read.ts_recv, sink);
      }
      if (transport_->ended()) lose(*transport_->ended());
      if (!read.again) break;
      // With bytes of the shared buffers undecrypted there is no stopping.
      if (reads + 1 >= kReadsPerWakeup && !transport_->must_read()) break;
    }
    return any;
  }

  void hand_over(std::span<char> bytes, Timestamp ts_recv, MessageSink& sink) {
    deframer_.feed(bytes);
    while (open_) {
      const auto frame = deframer_.next();
      if (!frame) break;
      const bool text = frame->opcode == Opcode::text;
      if (text || frame->opcode == Opcode::binary) {
        progressed_ = true;
        ++counters_.messages;
        counters_.message_bytes += frame->payload.size();
        if (text) {
          sink.on_message(frame->payload, ts_recv);
        } else {
          sink.on_binary(frame->payload, ts_recv);
        }
      } else {
        progressed_ |= !deframer_.in_fragments();
        control(*frame);
      }
    }
    if (open_ && deframer_.error() != FrameError::none) {
      const FrameError error = deframer_.error();
      send_close(close_code_of(error), name_of(error));
      lose({reason_of(error),
            host_ + " broke the WebSocket protocol: " + std::string(name_of(error))});
    }
  }

  void control(const Frame& frame) {
    if (frame.opcode == Opcode::ping) {
      ++counters_.pings_received;
      send(Opcode::pong, frame.payload);
    } else if (frame.opcode == Opcode::pong) {
      ++counters_.pongs_received;
    } else {
      const CloseReason reason = read_close(frame.payload);
      Loss loss{LossReason::closed,
                host_ + " closed the session with code " + std::to_string(reason.code) +
                    (reason.text.empty() ? "" : ": ") + std::string(reason.text)};
      loss.close_code = reason.code;
      send_close(reason.code == 1005 ? 1000 : reason.code, {});
      lose(std::move(loss));
    }
  }

  void send_close(std::uint16_t code, std::string_view text) {
    if (close_sent_) return;
    std::string payload;
    encode_close(payload, code, text);
    send(Opcode::close, payload);
    close_sent_ = true;
  }

  void lose(Loss loss) {
    open_ = false;
    if (!loss_) loss_ = std::move(loss);
  }

  // Reads what the peer still sends until it ends, so that the kernel does not reset the connection
  // and destroy our last words on their way.
  Task<void> discard(SteadyTime deadline) {
    transport_->finish_sending();
    std::size_t discarded = 0;
    while (!transport_->ended() && discarded < kDiscardedBytesMax) {
      const Ready ready = co_await transport_->wait_readable(deadline);
      if (ready == Ready::deadline) co_return;
      if (ready == Ready::woken && steady_now() >= deadline) co_return;
      TransportRead read;
      do {
        read = transport_->read(buffers_);
        discarded += read.bytes.size();
      } while (transport_->must_read() || (read.again && discarded < kDiscardedBytesMax));
    }
  }

  static constexpr std::size_t kEarlyBytesMax = std::size_t{1} << 20U;

  ReceiveBuffers& buffers_;
  std::shared_ptr<Transport> transport_;
  Deframer deframer_;
  std::string host_;
  std::string scratch_;
  std::vector<char> early_;
  Timestamp early_ts_{};
  Milliseconds upgrade_time_{0};
  WebSocketCounters counters_;
  std::optional<Loss> loss_;
  bool open_ = false;
  bool close_sent_ = false;
  bool mid_message_before_ = false;  // at the start of receive()
  bool progressed_ = false;          // what was incomplete then is complete
};

WebSocket::WebSocket(IoContext& io, const TlsContext& tls, ReceiveBuffers& buffers,
                     FrameLimits limits)
    : state_(std::make_unique<State>(io, tls, buffers, limits)) {}

WebSocket::~WebSocket() = default;

Task<std::optional<Loss>> WebSocket::open(Url url, SteadyTime deadline, AddressMemory* memory) {
  return state_->open(std::move(url), deadline, memory);
}

Task<ReceiveEnd> WebSocket::receive(MessageSink& sink, SteadyTime deadline) {
  return state_->receive(sink, deadline);
}

Task<void> WebSocket::close(std::uint16_t code, std::string_view text, MessageSink& sink,
                            SteadyTime deadline) {
  return state_->close(code, text, sink, deadline);
}

const Loss& WebSocket::loss() const {
  return state_->loss();
}
MessageProgress WebSocket::progress() const {
  return state_->progress();
}
void WebSocket::send(std::string_view text) {
  state_->send(Opcode::text, text);
}
void WebSocket::ping(std::string_view payload) {
  state_->send(Opcode::ping, payload);
}
void WebSocket::wake() {
  state_->wake();
}
bool WebSocket::is_open() const {
  return state_->is_open();
}
Milliseconds WebSocket::upgrade_time() const {
  return state_->upgrade_time();
}
std::size_t WebSocket::unsent_bytes() const {
  return state_->unsent_bytes();
}
const WebSocketCounters& WebSocket::counters() const {
  return state_->counters();
}

}  // namespace mp::net
