#include "net/session.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <optional>
#include <utility>

#include "net/addresses.hpp"
#include "net/websocket.hpp"

namespace mp::net {

namespace asio = boost::asio;

namespace {

// splitmix64: plain, well spread, and the same everywhere.
class Jitter {
 public:
  explicit Jitter(std::uint64_t seed) : state_(seed) {}
  std::uint32_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return static_cast<std::uint32_t>((mixed ^ (mixed >> 31U)) >> 32U);
  }

 private:
  std::uint64_t state_;
};

// How long our last words may take to reach a peer that has broken the protocol.
constexpr Milliseconds kLastWords{500};

}  // namespace

class Session::State final : public MessageSink {
 public:
  State(IoContext& io, const TlsContext& tls, ReceiveBuffers& buffers, SessionConfig config,
        SessionHandler& handler)
      : io_(io),
        tls_(tls),
        buffers_(buffers),
        config_(std::move(config)),
        handler_(handler),
        machine_(config_.rules),
        jitter_(config_.seed),
        pause_(io) {}

  Task<void> run() {
    step({.kind = SessionInput::Kind::start});
    while (machine_.state() != SessionState::stopped) {
      pass_on_wishes();
      switch (machine_.state()) {
        case SessionState::connecting:
          co_await connect();
          break;
        case SessionState::open:
          co_await receive();
          break;
        case SessionState::closing:
          co_await say_goodbye();
          break;
        case SessionState::waiting:
          co_await pause_until(machine_.wake_at());
          step({.kind = SessionInput::Kind::tick});
          break;
        case SessionState::idle:
        case SessionState::stopped:
          break;
      }
    }
  }

  void on_message(std::string_view payload, Timestamp ts_recv) override {
    ++batch_frames_;
    handler_.on_frame(payload, ts_recv);
  }
  void on_binary(std::string_view payload, Timestamp ts_recv) override {
    ++batch_frames_;
    handler_.on_binary_frame(payload, ts_recv);
  }

  Result<void> send(std::string text) {
    if (machine_.state() != SessionState::open) {
      return Error{ErrorKind::unavailable,
                   "the session with " + config_.url.host + " is not open: nothing can be sent"};
    }
    if (queue_.size() >= config_.rules.requests_max) {
      ++counters_.requests_refused;
      return Error{ErrorKind::unavailable, "the session with " + config_.url.host + " has " +
                                               std::to_string(queue_.size()) +
                                               " requests waiting: no more are taken"};
    }
    queue_.push_back(std::move(text));
    queue_changed_ = true;
    wake();
    return {};
  }

  void send_now(std::string_view text) {
    if (socket_) socket_->send(text);
  }

  void reconnect(std::string_view why) {
    if (machine_.state() != SessionState::open) return;
    reconnect_why_ = why;
    reconnect_ = true;
    wake();
  }

  void stop() {
    stop_ = true;
    wake();
  }

  [[nodiscard]] SessionState state() const { return machine_.state(); }
  [[nodiscard]] std::size_t queued() const { return queue_.size(); }
  [[nodiscard]] const SessionCounters& counters() {
    update_counters();
    return counters_;
  }

 private:
  void wake() {
    if (socket_) socket_->wake();
    pause_.cancel();
  }

  // What the owner asked for since the last turn.
  void pass_on_wishes() {
    // While connecting, connect() itself ends the attempt.
    if (machine_.state() == SessionState::connecting) return;
    if (std::exchange(stop_, false)) step({.kind = SessionInput::Kind::stop});
    if (std::exchange(reconnect_, false)) step({.kind = SessionInput::Kind::reconnect});
    if (std::exchange(queue_changed_, false) && machine_.state() == SessionState::open) {
      step({.kind = SessionInput::Kind::queued, .requests = queue_.size()});
    }
  }

  void step(SessionInput input) {
    input.random = jitter_.next();
    for (const SessionAction& action : machine_.next(input, steady_now())) {
      perform(action, input.loss);
    }
  }

  void perform(const SessionAction& action, const Loss* loss) {
    switch (action.kind) {
      case SessionAction::Kind::connect:
      case SessionAction::Kind::rotate:
      case SessionAction::Kind::close:
        until_ = action.until;
        break;
      case SessionAction::Kind::send_request:
        MP_ASSERT(!queue_.empty());
        socket_->send(queue_.front());
        queue_.pop_front();
        ++counters_.requests_sent;
        break;
      case SessionAction::Kind::send_text_ping:
        if (const auto text = handler_.text_ping(); !text.empty()) {
          socket_->send(text);
        } else {
          socket_->send(config_.rules.ping.text);
        }
        ++counters_.text_pings_sent;
        break;
      case SessionAction::Kind::send_probe:
        probe_ = {.sent = steady_now(), .pongs_before = socket_->counters().pongs_received};
        socket_->ping("probe");
        ++counters_.probes_sent;
        break;
      case SessionAction::Kind::drop:
        break;  // report_lost follows, and destroys the connection
      case SessionAction::Kind::report_lost:
        report(action, loss);
        break;
      case SessionAction::Kind::finish:
        queue_.clear();
        break;
    }
  }

  void report(const SessionAction& action, const Loss* loss) {
    const bool was_open = socket_ != nullptr && was_open_;
    update_counters();
    add_up();
    socket_.reset();
    was_open_ = false;
    queue_.clear();
    queue_changed_ = false;
    reconnect_ = false;
    auto& reasons = was_open ? counters_.disconnects : counters_.failed_attempts;
    ++reasons[static_cast<std::size_t>(action.reason)];
    Disconnect what{
        .why = describe(action.reason, loss), .was_open = was_open, .retry_in = action.retry_in};
    handler_.on_disconnected(what, now());
  }

  [[nodiscard]] Loss describe(LossReason reason, const Loss* loss) const {
    if (loss != nullptr && loss->reason == reason) return *loss;
    const std::string& host = config_.url.host;
    switch (reason) {
      case LossReason::stale:
        if (progress_ != MessageProgress::none)
          return {reason, host + " began a message and did not end it by the deadline"};
        return {reason, host + " sent nothing, and did not answer a ping"};
      case LossReason::requested:
        return {reason, "a new session with " + host + " was asked for: " + reconnect_why_};
      case LossReason::rotated:
        return {reason, "the session with " + host + " was renewed before its limit of lifetime"};
      default:
        return {reason, "the session with " + host + " was stopped"};
    }
  }

  Task<void> connect() {
    while (config_.pacer != nullptr && !stop_) {
      const SteadyTime now = steady_now();
      const SteadyTime at = config_.pacer->take(now);
      if (at <= now) break;
      until_ += at - now;
      co_await pause_until(at);
    }
    ++counters_.attempts;
    if (config_.urls != nullptr) {
      auto url = co_await config_.urls->next_url();
      if (!url) {
        const Loss loss{LossReason::refused, url.error().message};
        if (std::exchange(stop_, false)) step({.kind = SessionInput::Kind::stop});
        step({.kind = SessionInput::Kind::connect_failed, .loss = &loss});
        co_return;
      }
      config_.url = url.take();
    }
    socket_ = std::make_unique<WebSocket>(io_, tls_, buffers_, config_.limits);
    was_open_ = false;
    if (stop_) socket_->wake();
    const std::optional<Loss> loss = co_await socket_->open(config_.url, until_, &memory_);
    if (loss) {
      if (std::exchange(stop_, false)) step({.kind = SessionInput::Kind::stop});
      step({.kind = SessionInput::Kind::connect_failed, .loss = &*loss});
      co_return;
    }
    if (config_.pacer != nullptr) config_.pacer->connected();
    was_open_ = true;
    progress_ = MessageProgress::none;
    probe_.reset();
    counters_.round_trip = socket_->upgrade_time();
    ++counters_.connects;
    step({.kind = SessionInput::Kind::connected});
    handler_.on_connected(now());
  }

  Task<void> receive() {
    batch_frames_ = 0;
    const ReceiveEnd end = co_await socket_->receive(*this, machine_.wake_at());
    if (batch_frames_ != 0) handler_.on_batch_end();
    switch (end) {
      case ReceiveEnd::received: {
        const std::uint64_t answered = socket_->counters().pings_received;
        progress_ = socket_->progress();
        if (probe_ && socket_->counters().pongs_received != probe_->pongs_before) {
          counters_.round_trip = std::chrono::floor<Milliseconds>(steady_now() - probe_->sent);
          probe_.reset();
        }
        step({.kind = SessionInput::Kind::received,
              .answers_sent = static_cast<std::size_t>(answered - pings_seen_),
              .progress = progress_});
        pings_seen_ = socket_ ? answered : 0;
        break;
      }
      case ReceiveEnd::deadline:
        step({.kind = SessionInput::Kind::tick});
        break;
      case ReceiveEnd::woken:
        break;  // pass_on_wishes() is next
      case ReceiveEnd::lost: {
        const Loss loss = socket_->loss();
        const bool last_words = loss.reason == LossReason::protocol ||
                                loss.reason == LossReason::too_large ||
                                loss.reason == LossReason::closed;
        if (last_words) co_await socket_->close(1000, {}, *this, steady_now() + kLastWords);
        step({.kind = SessionInput::Kind::lost, .loss = &loss});
        break;
      }
    }
  }

  Task<void> say_goodbye() {
    batch_frames_ = 0;
    co_await socket_->close(1000, {}, *this, until_);
    if (batch_frames_ != 0) handler_.on_batch_end();
    pass_on_wishes();
    const Loss loss = socket_->loss();
    step({.kind = SessionInput::Kind::closed, .loss = &loss});
  }

  Task<void> pause_until(SteadyTime at) {
    boost::system::error_code ignored;
    while (!stop_ && steady_now() < at) {
      pause_.expires_at(at);
      co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
  }

  // The counters of this session: those of the sockets that have ended, and of the present one.
  void update_counters() {
    const WebSocketCounters none;
    const WebSocketCounters& present = socket_ ? socket_->counters() : none;
    counters_.frames = ended_.messages + present.messages;
    counters_.frame_bytes = ended_.message_bytes + present.message_bytes;
    counters_.wire_bytes = ended_.wire_bytes + present.wire_bytes;
    counters_.wakeups = ended_.wakeups + present.wakeups;
    counters_.pings_answered = ended_.pings_received + present.pings_received;
    counters_.pongs_received = ended_.pongs_received + present.pongs_received;
    counters_.clock_steps_back = ended_.clock_steps_back + present.clock_steps_back;
  }

  void add_up() {
    ended_ = {.messages = counters_.frames,
              .message_bytes = counters_.frame_bytes,
              .wire_bytes = counters_.wire_bytes,
              .wakeups = counters_.wakeups,
              .pings_received = counters_.pings_answered,
              .pongs_received = counters_.pongs_received,
              .clock_steps_back = counters_.clock_steps_back};
    pings_seen_ = 0;
  }

  IoContext& io_;
  const TlsContext& tls_;
  ReceiveBuffers& buffers_;
  SessionConfig config_;
  SessionHandler& handler_;
  SessionMachine machine_;
  Jitter jitter_;
  asio::steady_timer pause_;
  AddressMemory memory_;
  std::unique_ptr<WebSocket> socket_;
  bool was_open_ = false;
  SteadyTime until_{};
  std::deque<std::string> queue_;
  std::string reconnect_why_;
  bool queue_changed_ = false;
  bool reconnect_ = false;
  bool stop_ = false;
  std::uint64_t batch_frames_ = 0;
  std::uint64_t pings_seen_ = 0;
  struct Probe {
    SteadyTime sent;
    std::uint64_t pongs_before = 0;
  };
  std::optional<Probe> probe_;                        // that no pong has answered yet
  MessageProgress progress_ = MessageProgress::none;  // of the present connection
  WebSocketCounters ended_;                           // of the sockets before the present one
  SessionCounters counters_;
};

Session::Session(IoContext& io, const TlsContext& tls, ReceiveBuffers& buffers,
                 SessionConfig config, SessionHandler& handler)
    : state_(std::make_unique<State>(io, tls, buffers, std::move(config), handler)) {}

Session::~Session() = default;

Task<void> Session::run() {
  return state_->run();
}
Result<void> Session::send(std::string text) {
  return state_->send(std::move(text));
}
void Session::send_now(std::string_view text) {
  state_->send_now(text);
}
void Session::reconnect(std::string_view why) {
  state_->reconnect(why);
}
void Session::stop() {
  state_->stop();
}
SessionState Session::state() const {
  return state_->state();
}
const SessionCounters& Session::counters() const {
  return state_->counters();
}
std::size_t Session::queued_requests() const {
  return state_->queued();
}

}  // namespace mp::net
