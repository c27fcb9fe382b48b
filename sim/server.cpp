#include "sim/server.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <thread>
#include <utility>

#include "core/assert.hpp"
#include "sim/certificate.hpp"
#include "sim/own_file.hpp"
#include "sim/random.hpp"
#include "sim/sockets.hpp"

namespace mp::sim {

// ---- Door ----

Result<void> Door::listen(std::uint16_t port) {
  error_code error;
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (!error) port_ = acceptor_.local_endpoint(error).port();
  if (error)
    return Error{.kind = ErrorKind::unavailable,
                 .message = "the simulator cannot listen on 127.0.0.1:" + std::to_string(port) +
                            " for " + std::string(host_.name()) + ": " + error.message()};
  host_.listens(port_);
  accept();
  return {};
}

void Door::accept() {
  acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
    if (!acceptor_.is_open()) return;
    if (!error && sessions_.size() < connections_max_) {
      sessions_.push_back(std::make_shared<Session>(std::move(socket), shared_, *this));
      sessions_.back()->start();
    }
    accept();
  });
}

std::shared_ptr<Session> Door::find(ConnectionId id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

void Door::send(Frame frame) {
  if (const auto session = find(frame.connection)) {
    session->enqueue(std::move(frame));
  } else {
    shared_.lose(frame.entries);
    if (frame.mark != 0) host_.settled(frame.mark, Delivery::unsent);
  }
}

void Door::ping(ConnectionId id) {
  if (const auto session = find(id)) session->ping();
}

void Door::close(ConnectionId id, std::uint16_t code, std::string_view reason) {
  if (const auto session = find(id)) session->say_goodbye(code, reason);
}

void Door::reset(ConnectionId id) {
  if (const auto session = find(id)) session->reset();
}

void Door::cut(ConnectionId id) {
  if (const auto session = find(id)) session->cut();
}

std::size_t Door::queued_bytes(ConnectionId id) const {
  const auto session = find(id);
  return session == nullptr ? 0 : session->queued_bytes();
}

void Door::remove(const std::shared_ptr<Session>& session) {
  by_id_.erase(session->id());
  std::erase(sessions_, session);
}

void Door::flush_all() {
  for (const auto& [id, session] : by_id_) session->flush();
}

void Door::tick(Timestamp now) {
  host_.tick(now);
  flush_all();
  const auto sessions = sessions_;  // finish() changes the list
  for (const auto& session : sessions) {
    if (session->overdue(now)) session->finish();
  }
}

bool Door::drained() const {
  return std::ranges::all_of(by_id_, [](const auto& each) { return each.second->drained(); });
}

void Door::close_all() {
  error_code ignored;
  acceptor_.close(ignored);
  const auto sessions = sessions_;
  for (const auto& session : sessions) session->finish();
}

// ---- Simulator ----

struct Simulator::Impl {
  explicit Impl(const Config& config) : shared(config), tick_every(config.tick), timer(shared.io) {}

  using Exchanges = std::vector<std::unique_ptr<Exchange>>;
  Result<Exchanges> venues_of(const Config& config) const;
  Result<void> open(const Config& config, Exchanges exchanges);
  void schedule();
  // Runs `question` on the simulator's thread, or here once that has ended, and returns its answer.
  template <class F>
  auto ask(F question) {
    if (!thread.joinable()) return question();
    std::packaged_task<decltype(question())()> task(std::move(question));
    auto answer = task.get_future();
    asio::post(shared.io, std::move(task));
    return answer.get();
  }
  [[nodiscard]] Door& door(std::string_view venue) const;
  [[nodiscard]] bool drained() const {
    return std::ranges::all_of(doors, [](const auto& each) { return each->drained(); });
  }

  Shared shared;
  std::chrono::milliseconds tick_every;
  std::vector<std::unique_ptr<Door>> doors;
  asio::steady_timer timer;
  std::optional<std::promise<void>> all_drained;  // somebody waits for it
  bool stopping = false;
  std::thread thread;
};

Result<Simulator::Impl::Exchanges> Simulator::Impl::venues_of(const Config& config) const {
  Exchanges exchanges;
  Random seeds(config.seed);
  for (const std::string& venue : config.venues) {
    exchanges.push_back(make_exchange(venue, seeds.next(), shared.now, config.options));
    if (exchanges.back() == nullptr)
      return Error{.kind = ErrorKind::config,
                   .message = "The simulator has no venue \"" + venue + "\"."};
  }
  return exchanges;
}

Result<void> Simulator::Impl::open(const Config& config, Exchanges exchanges) {
  const auto certificates = make_certificates();
  if (!certificates) return certificates.error();
  error_code error;
  shared.tls.use_certificate(asio::buffer(certificates->server_pem), asio::ssl::context::pem,
                             error);
  if (!error)
    shared.tls.use_private_key(asio::buffer(certificates->key_pem), asio::ssl::context::pem, error);
  if (error)
    return Error{
        .kind = ErrorKind::internal,
        .message = "The simulator could not use its own certificate: " + error.message() + "."};
  for (auto& exchange : exchanges) {
    doors.push_back(std::make_unique<Door>(std::move(exchange), config, shared));
    const bool any = config.first_port == 0;
    const auto port = any ? std::size_t{0} : config.first_port + doors.size() - 1;
    if (auto listening = doors.back()->listen(static_cast<std::uint16_t>(port)); !listening) {
      return listening;
    }
  }
  return write_authority(config.ca_file, certificates->ca_pem);
}

void Simulator::Impl::schedule() {
  timer.expires_after(tick_every);
  timer.async_wait([this](const error_code& error) {
    if (error || stopping) return;
    const Timestamp now = shared.clock();
    for (const auto& each : doors) each->tick(now);
    if (all_drained && drained()) {
      all_drained->set_value();
      all_drained.reset();
    }
    schedule();
  });
}

Door& Simulator::Impl::door(std::string_view venue) const {
  const auto found =
      std::ranges::find_if(doors, [&](const auto& each) { return each->host().name() == venue; });
  MP_ASSERT(found != doors.end());
  return **found;
}

Simulator::Simulator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Simulator::~Simulator() {
  stop();
}

Result<std::unique_ptr<Simulator>> Simulator::start(const Config& config) {
  auto impl = std::make_unique<Impl>(config);
  auto venues = impl->venues_of(config);
  if (!venues) return venues.error();
  return run(config, std::move(impl), venues.take());
}

Result<std::unique_ptr<Simulator>> Simulator::start(const Config& config,
                                                    std::unique_ptr<Exchange> exchange) {
  Impl::Exchanges exchanges;
  exchanges.push_back(std::move(exchange));
  return run(config, std::make_unique<Impl>(config), std::move(exchanges));
}

Result<std::unique_ptr<Simulator>> Simulator::run(
    const Config& config, std::unique_ptr<Impl> impl,
    std::vector<std::unique_ptr<Exchange>> exchanges) {
  if (auto opened = impl->open(config, std::move(exchanges)); !opened) return opened.error();
  impl->schedule();
  impl->thread = std::thread([&io = impl->shared.io] { io.run(); });
  return std::unique_ptr<Simulator>(new Simulator(std::move(impl)));
}

std::uint16_t Simulator::port(std::string_view venue) const {
  return impl_->door(venue).port();
}
std::string Simulator::ws_url(std::string_view venue) const {
  return "wss://127.0.0.1:" + std::to_string(port(venue));
}
std::string Simulator::rest_url(std::string_view venue) const {
  return "https://127.0.0.1:" + std::to_string(port(venue));
}

Result<void> Simulator::stop_traffic(std::chrono::milliseconds patience) {
  auto done = impl_->ask([this] {
    for (const auto& each : impl_->doors) each->host().set_traffic(false);
    return impl_->all_drained.emplace().get_future();
  });
  if (done.wait_for(patience) == std::future_status::ready) return {};
  impl_->ask([this] { impl_->all_drained.reset(); });
  return Error{.kind = ErrorKind::unavailable,
               .message = "The simulator could not send all that was queued within " +
                          std::to_string(patience.count()) + " ms: a client does not read."};
}

void Simulator::resume_traffic() {
  impl_->ask([this] {
    for (const auto& each : impl_->doors) each->host().set_traffic(true);
  });
}

void Simulator::stop() {
  if (!impl_->thread.joinable()) return;
  impl_->ask([this] {
    impl_->stopping = true;
    impl_->timer.cancel();
    for (const auto& each : impl_->doors) each->close_all();
  });
  impl_->thread.join();
}

void Simulator::drop_depth(std::string_view venue, std::string_view symbol) {
  impl_->ask([&] { impl_->door(venue).host().drop_depth(symbol, impl_->shared.clock()); });
}
void Simulator::reset_connections(std::string_view venue) {
  impl_->ask([&] { impl_->door(venue).host().reset_all(impl_->shared.clock()); });
}
void Simulator::mute(std::string_view venue) {
  impl_->ask([&] { impl_->door(venue).host().mute(impl_->shared.clock()); });
}
void Simulator::unmute(std::string_view venue) {
  impl_->ask([&] { impl_->door(venue).host().unmute(impl_->shared.clock()); });
}

Statistics Simulator::statistics() const {
  return impl_->ask([this] {
    Statistics all = impl_->shared.statistics;
    for (const auto& each : impl_->doors) {
      const HostCounters& counters = each->host().counters();
      all.rate_kills += counters.rate_kills;
      all.idle_kills += counters.idle_kills;
      all.messages_dropped += counters.messages_dropped;
    }
    return all;
  });
}

Totals Simulator::totals() const {
  return impl_->ask([this] { return impl_->shared.ledger.totals(); });
}

const Ledger& Simulator::ledger() const {
  MP_ASSERT(!impl_->thread.joinable());
  return impl_->shared.ledger;
}

}  // namespace mp::sim
