// socket -> frames: our session against the least client.
#include "bench/receive.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>

#include "bench/work.hpp"
#include "net/session.hpp"
#include "venue/registry.hpp"
#include "venue/topics.hpp"

namespace mp::bench {
namespace {

constexpr std::uint64_t kCoalesced = 4'000'000;
constexpr std::uint64_t kSingle = 1'000'000;
constexpr double kReceiveSeconds = 30;

std::vector<std::string> subscriptions(std::size_t instruments) {
  const auto binance = venue::make_adapter("binance");
  std::vector<venue::Topic> topics;
  for (std::size_t i = 1; i <= instruments; ++i) {
    for (const Channel channel : {Channel::trade, Channel::quote, Channel::book}) {
      topics.push_back(venue::topic_of(*binance, {channel, fmt::format("L{:05}USDT", i), ""}));
    }
  }
  std::vector<std::string> requests;
  using Writer = venue::RequestWriter;
  for (auto& request :
       Writer{*binance, binance->traits().limits}.write(Writer::Verb::subscribe, topics, {})) {
    requests.push_back(std::move(request.text));
  }
  return requests;
}

class FrameCounter final : public net::SessionHandler {
 public:
  explicit FrameCounter(std::vector<std::string> requests) : requests_(std::move(requests)) {}
  void attach(net::Session& session) { session_ = &session; }
  [[nodiscard]] std::uint64_t frames() const { return frames_.load(std::memory_order_relaxed); }

 private:
  void on_connected(Timestamp) override {
    for (auto& request : requests_) (void)session_->send(request);
  }
  void on_frame(std::string_view text, Timestamp) override {
    asm volatile("" : : "r"(text.data()) : "memory");
    ++count_;
  }
  void on_batch_end() override { frames_.store(count_, std::memory_order_relaxed); }
  void on_disconnected(const net::Disconnect&, Timestamp) override {}

  std::vector<std::string> requests_;
  net::Session* session_ = nullptr;
  std::uint64_t count_ = 0;
  std::atomic<std::uint64_t> frames_{0};
};

// Waits until no more frames come.
void wait_quiet(const FrameCounter& counter) {
  const double start = seconds_of(CLOCK_MONOTONIC);
  double last = start;
  std::uint64_t before = counter.frames();
  for (double now = start; now - last < kQuietSeconds && now - start < kReceiveSeconds;
       now = seconds_of(CLOCK_MONOTONIC)) {
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
    if (const auto frames = counter.frames(); frames != before) {
      before = frames;
      last = now;
    }
  }
}

}  // namespace

Result<Received> receive_with_session(const LoadOptions& options) {
  auto load = LoadProcess::start(options);
  if (!load) return load.error();
  auto tls = net::TlsContext::create({.ca_file = options.ca_file.string()});
  if (!tls) return tls.error();
  boost::asio::io_context io(1);
  net::ReceiveBuffers buffers;
  FrameCounter counter(subscriptions(options.instruments));
  net::SessionRules rules;
  rules.between_requests = std::chrono::milliseconds{0};
  const auto url = net::parse_url(fmt::format("wss://127.0.0.1:{}/stream", load->port()));
  MP_ASSERT(url.ok());
  net::Session session(io, *tls, buffers,
                       {.url = *url, .rules = rules, .limits = {}, .pacer = nullptr, .seed = 1},
                       counter);
  counter.attach(session);
  boost::asio::co_spawn(io, session.run(), boost::asio::detached);
  std::thread thread([&io] { io.run(); });
  clockid_t clock{};
  ::pthread_getcpuclockid(thread.native_handle(), &clock);
  Received out;
  Result<LoadFacts> facts = LoadFacts{};
  if (const auto begun = load->wait_begin(); begun) {
    const std::uint64_t frames = counter.frames();
    const double cpu = seconds_of(clock);
    facts = load->wait_end();
    wait_quiet(counter);
    out.messages = static_cast<double>(counter.frames() - frames);
    out.nanoseconds = (seconds_of(clock) - cpu) / out.messages * 1e9;
  } else {
    facts = begun.error();
  }
  boost::asio::post(io, [&session] { session.stop(); });
  thread.join();
  if (!facts) return facts.error();
  return out;
}

Result<Received> receive_with_floor(const LoadOptions& options) {
  auto load = LoadProcess::start(options);
  if (!load) return load.error();
  const auto floor = run_floor({.port = load->port(), .instruments = options.instruments});
  if (!floor) return floor.error();
  return Received{.messages = static_cast<double>(floor->messages),
                  .nanoseconds = floor->cpu_seconds / static_cast<double>(floor->messages) * 1e9};
}

Result<void> bench_receive(const Options& options, const Report& report) {
  for (const std::size_t per_record : {std::size_t{0}, std::size_t{1}}) {
    const LoadOptions load{.messages = per_record == 0 ? kCoalesced : kSingle,
                           .messages_per_record = per_record,
                           .ca_file = options.scratch / "ca.pem"};
    Measurement row;
    row.name = per_record == 0 ? "receive, full records" : "receive, one message a record";
    row.input = fmt::format("{} messages of the load generator, 150 streams", load.messages);
    row.unit = "ns/message";
    row.floor_name = "OpenSSL over one receive buffer, a walk over the frames";
    row.target = Target{Target::Is::at_most, 1.2};
    row.judged = Measurement::Judged::ratio;
    std::optional<Error> failure;
    const auto nanoseconds = [&](Result<Received> received) {
      if (!received) failure = received.error();
      return received ? received->nanoseconds : 0;
    };
    compare(
        row, options.rounds, [&] { return nanoseconds(receive_with_session(load)); },
        [&] { return nanoseconds(receive_with_floor(load)); });
    if (failure) return *failure;
    report(row);
  }
  return {};
}

}  // namespace mp::bench
