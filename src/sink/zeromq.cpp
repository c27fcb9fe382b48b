// L3. ZeroMQ: a PUB socket, for whoever is connected. A message has two frames: the subject, by
// which receivers subscribe, and the event.
//
// Nothing is acknowledged. Who is not connected, or reads too slowly, does not get it.
#include <fmt/format.h>
#include <zmq.h>

#include <array>

#include "sink/registry.hpp"

namespace mp::sink {
namespace {

struct End {
  void operator()(void* context) const { zmq_ctx_term(context); }
};
struct Close {
  void operator()(void* socket) const { zmq_close(socket); }
};

class ZeroMq final : public Sink {
 public:
  explicit ZeroMq(const Settings& settings)
      : settings_(settings),
        endpoint_(settings.text("endpoint")),
        binds_(settings.flag("bind")),
        context_(zmq_ctx_new()) {}

  Result<void> open() override {
    socket_.reset(zmq_socket(context_.get(), ZMQ_PUB));
    if (socket_ == nullptr) return trouble("make a socket");
    set(ZMQ_SNDHWM, static_cast<int>(settings_.number("queue_messages")));
    set(ZMQ_LINGER, static_cast<int>(settings_.time("linger").count()));
    set(ZMQ_TCP_KEEPALIVE, 1);
    set(ZMQ_IPV6, 1);
    const auto failed = binds_ ? zmq_bind(socket_.get(), endpoint_.c_str())
                               : zmq_connect(socket_.get(), endpoint_.c_str());
    return failed == 0 ? Result<void>{} : trouble(binds_ ? "bind" : "connect");
  }

  Written write(const Batch& batch) override {
    for (std::size_t i = 0; i < batch.items.size(); ++i) {
      const Item& item = batch.items[i];
      if (!send(item.subject, ZMQ_SNDMORE) || !send(item.payload, 0))
        return {Outcome::reopen, trouble("send").error().message, i};
    }
    return {};
  }

 private:
  bool send(std::string_view frame, int flags) {
    return zmq_send(socket_.get(), frame.data(), frame.size(), flags) >= 0;
  }
  void set(int option, int value) {
    (void)zmq_setsockopt(socket_.get(), option, &value, sizeof value);
  }
  [[nodiscard]] Result<void> trouble(std::string_view what) const {
    return Error{ErrorKind::unavailable,
                 fmt::format("cannot {} at {}: {}", what, endpoint_, zmq_strerror(zmq_errno()))};
  }

  const Settings settings_;
  const std::string endpoint_;
  const bool binds_;
  std::unique_ptr<void, End> context_;  // ends after its socket
  std::unique_ptr<void, Close> socket_;
};

constexpr std::array kZeroMqKeys = {
    Key{"endpoint", "tcp://127.0.0.1:5556", "Where receivers find it, as ZeroMQ spells that."},
    Key{"bind", true, "false: it connects, and the receiver binds."},
    Key{.name = "queue_messages",
        .fallback = std::uint64_t{100'000},
        .doc = "What a slow receiver may be behind before it misses some.",
        .least = 1,
        .most = 100'000'000},
    Key{.name = "linger",
        .fallback = std::chrono::milliseconds{1000},
        .doc = "At the end, what is on its way gets so long.",
        .most = 60'000},
};

}  // namespace

constexpr Spec kZeroMq = {
    .type = "zeromq",
    .what = "a ZeroMQ PUB socket, for whoever is connected",
    .keys = kZeroMqKeys,
    .encodings = kMessageEncodings,
    .subject = "{channel}.{venue}.{kind}.{instrument}",
    .subject_excludes = ". ",
    .guarantee = Guarantee::best_effort,
    .harmless = "It is not: a receiver that minds tells events by venue, type, symbol and seq.",
    .loss_window =
        "All that comes while nobody is connected, and what a receiver is behind more "
        "than `queue_messages`.",
    .make = make_sink<ZeroMq>};

}  // namespace mp::sink
