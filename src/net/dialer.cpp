#include "net/dialer.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>
#include <vector>

namespace mp::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct Dialer::Race {
  explicit Race(asio::io_context& io) : resolver(io), signal(io) {}

  tcp::resolver resolver;
  asio::steady_timer signal;  // cancelled whenever something has happened
  bool resolved = false;
  bool interrupted = false;
  error_code resolve_error;
  std::vector<asio::ip::address> addresses;
  std::uint16_t port = 0;
  std::vector<tcp::socket> sockets;  // one for each attempt; reserved, so that they stay in place
  std::size_t failed = 0;
  error_code connect_error;
  bool source_refused = false;  // that is the error: our address, and nobody was asked
  std::optional<std::size_t> winner;

  [[nodiscard]] std::string why_unresolved() const {
    return resolved ? resolve_error.message() : "no answer by the deadline";
  }
};

namespace {

// The order of attempts: the resolver's, with the families alternating.
std::vector<asio::ip::address> alternate(const std::vector<asio::ip::address>& all) {
  std::vector<asio::ip::address> first;
  std::vector<asio::ip::address> second;
  for (const auto& address : all) {
    (address.is_v6() == all.front().is_v6() ? first : second).push_back(address);
  }
  std::vector<asio::ip::address> out;
  for (std::size_t index = 0; out.size() < Dialer::kAddressesMax; ++index) {
    if (index >= first.size() && index >= second.size()) break;
    if (index < first.size()) out.push_back(first[index]);
    if (index < second.size() && out.size() < Dialer::kAddressesMax) out.push_back(second[index]);
  }
  return out;
}

void remember(AddressMemory* memory, const std::vector<asio::ip::address>& addresses,
              std::size_t winner, bool resolved) {
  if (memory == nullptr) return;
  if (resolved) memory->resolved_at = steady_now();
  memory->addresses.clear();
  memory->addresses.push_back(addresses[winner].to_string());
  for (std::size_t index = 0; index < addresses.size(); ++index) {
    if (index != winner) memory->addresses.push_back(addresses[index].to_string());
  }
  memory->remembered_at = steady_now();
}

std::vector<asio::ip::address> recall(const AddressMemory* memory) {
  std::vector<asio::ip::address> out;
  if (memory == nullptr || steady_now() - memory->remembered_at > AddressMemory::kValid) return out;
  for (const std::string& text : memory->addresses) {
    error_code error;
    const auto address = asio::ip::make_address(text, error);
    if (!error) out.push_back(address);
  }
  return out;
}

// Before it connects: what it receives with is told to the peer in the first packet.
error_code prepare(tcp::socket& socket, const tcp& protocol, const SocketOptions& options) {
  error_code error;
  socket.open(protocol, error);
  if (error) return error;
  // What the system refuses of the sizes only costs speed.
  error_code ignored;
  if (options.receive_buffer != 0) {
    socket.set_option(
        asio::socket_base::receive_buffer_size(static_cast<int>(options.receive_buffer)), ignored);
  }
  if (options.send_buffer != 0) {
    socket.set_option(asio::socket_base::send_buffer_size(static_cast<int>(options.send_buffer)),
                      ignored);
  }
  if (options.source.empty()) return {};
  const int on = 1;  // the port is chosen with the connection, so that they do not run out
  (void)::setsockopt(socket.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  socket.bind({asio::ip::make_address(options.source), 0}, error);
  return error;
}

Loss out_of_reach(const std::string& host, const std::string& source) {
  return {LossReason::refused,
          host + " has no address of the family of " + source + ", the source address"};
}

Loss not_resolved(const std::string& host, const std::string& why) {
  return {LossReason::resolve, "the name " + host + " cannot be resolved: " + why};
}

}  // namespace

Dialer::Dialer(asio::io_context& io, SocketOptions options)
    : io_(io), options_(std::move(options)), race_(std::make_shared<Race>(io)) {}

Dialer::~Dialer() {
  race_->resolver.cancel();
}

void Dialer::interrupt() {
  race_->interrupted = true;
  race_->signal.cancel();
}

Task<void> Dialer::resolve(const std::string& host, SteadyTime deadline) {
  error_code ignored;
  if (const auto literal = asio::ip::make_address(host, ignored); !ignored) {
    race_->addresses = {literal};
    co_return;
  }
  // Not awaited directly: the system's resolver cannot be interrupted, and the deadline must hold.
  race_->resolver.async_resolve(
      host, "", [race = race_](error_code error, const tcp::resolver::results_type& results) {
        race->resolved = true;
        race->resolve_error = error;
        for (const auto& entry : results) race->addresses.push_back(entry.endpoint().address());
        race->signal.cancel();
      });
  while (!race_->resolved && !race_->interrupted && steady_now() < deadline) {
    race_->signal.expires_at(deadline);
    co_await race_->signal.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

// Of the addresses those that the source can reach. False: there are addresses, but no such.
bool Dialer::keep_usable() {
  if (options_.source.empty() || race_->addresses.empty()) return true;
  const bool v6 = asio::ip::make_address(options_.source).is_v6();
  std::erase_if(race_->addresses, [&](const auto& each) { return each.is_v6() != v6; });
  return !race_->addresses.empty();
}

// False: it has failed already.
bool Dialer::attempt(std::size_t number) {
  const std::shared_ptr<Race> race = race_;
  const tcp::endpoint to(race->addresses[number], race->port);
  tcp::socket& socket = race->sockets.emplace_back(io_);
  const error_code refused = prepare(socket, to.protocol(), options_);
  if (refused) {
    ++race->failed;
    race->connect_error = refused;
    race->source_refused = !options_.source.empty();
    return false;
  }
  socket.async_connect(to, [race, number](error_code error) {
    if (error) {
      ++race->failed;
      race->connect_error = error;
      race->source_refused = false;
    } else if (!race->winner) {
      race->winner = number;
    }
    race->signal.cancel();
  });
  return true;
}

Task<void> Dialer::race(SteadyTime deadline) {
  const std::shared_ptr<Race> race = race_;
  race->sockets.reserve(race->addresses.size());
  error_code ignored;
  while (!race->winner && !race->interrupted && steady_now() < deadline) {
    const std::size_t started = race->sockets.size();
    if (race->failed == race->addresses.size()) co_return;
    SteadyTime until = deadline;
    if (started < race->addresses.size()) {
      if (!attempt(started)) continue;
      until = std::min(deadline, steady_now() + kNextAddressAfter);
    }
    race->signal.expires_at(until);
    co_await race->signal.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

Task<std::optional<Loss>> Dialer::look_up(std::string host, SteadyTime deadline,
                                          AddressMemory* memory, std::string& address) {
  const bool known = memory != nullptr && !memory->server.empty();
  if (known && steady_now() - memory->server_resolved_at <= AddressMemory::kFresh) {
    address = memory->server;
    co_return std::nullopt;
  }
  const SteadyTime start = steady_now();
  co_await resolve(host, known ? start + (deadline - start) / 2 : deadline);
  if (race_->interrupted)
    co_return Loss{LossReason::stopped, "connecting to " + host + " was stopped"};
  if (!race_->addresses.empty()) {
    address = race_->addresses.front().to_string();
    if (memory != nullptr) {
      memory->server = address;
      memory->server_resolved_at = steady_now();
    }
    co_return std::nullopt;
  }
  if (known && steady_now() - memory->server_resolved_at <= AddressMemory::kValid) {
    address = memory->server;
    co_return std::nullopt;
  }
  co_return not_resolved(host, race_->why_unresolved());
}

// Where the host was reached of late: its name need not be asked for. Half of the time.
Task<void> Dialer::race_known(SteadyTime deadline, const AddressMemory& memory) {
  if (memory.resolved_at == SteadyTime::min()) co_return;
  if (steady_now() - memory.resolved_at > AddressMemory::kFresh) co_return;
  race_->addresses = recall(&memory);
  (void)keep_usable();
  if (race_->addresses.empty()) co_return;
  const SteadyTime start = steady_now();
  co_await race(start + (deadline - start) / 2);
  if (race_->winner || race_->interrupted) co_return;
  error_code ignored;
  for (tcp::socket& loser : race_->sockets) loser.close(ignored);
  const std::uint16_t port = race_->port;
  race_ = std::make_shared<Race>(io_);
  race_->port = port;
}

Task<std::optional<Loss>> Dialer::dial(std::string host, std::uint16_t port, SteadyTime deadline,
                                       AddressMemory* memory, tcp::socket& connected) {
  race_->port = port;
  if (memory != nullptr) co_await race_known(deadline, *memory);
  bool resolved = false;
  if (!race_->winner && !race_->interrupted) {
    // Where a last address is known, it gets half of the time.
    const std::vector<asio::ip::address> known = recall(memory);
    const SteadyTime start = steady_now();
    co_await resolve(host, known.empty() ? deadline : start + (deadline - start) / 2);
    resolved = !race_->addresses.empty();
    if (!resolved) race_->addresses = known;
    if (race_->addresses.empty() && !race_->interrupted) {
      co_return not_resolved(host, race_->why_unresolved());
    }
    if (!race_->interrupted) {
      if (!keep_usable()) co_return out_of_reach(host, options_.source);
      race_->addresses = alternate(race_->addresses);
      co_await race(deadline);
    }
  }
  const std::string where = host + ":" + std::to_string(port);
  const auto winner = race_->winner;
  if (winner) {
    connected = std::move(race_->sockets[*winner]);
    remember(memory, race_->addresses, *winner, resolved);
  }
  error_code ignored;
  for (tcp::socket& loser : race_->sockets) loser.close(ignored);
  if (winner) co_return std::nullopt;
  if (race_->interrupted) {
    co_return Loss{LossReason::stopped, "connecting to " + where + " was stopped"};
  }
  if (race_->failed == race_->addresses.size() && race_->source_refused) {
    co_return Loss{LossReason::refused,
                   "nothing connects to " + where + " from " + options_.source +
                       ", the source address: " + race_->connect_error.message()};
  }
  if (race_->failed == race_->addresses.size()) {
    co_return Loss{LossReason::refused,
                   where + " does not accept connections: " + race_->connect_error.message()};
  }
  co_return Loss{LossReason::timeout, where + " did not accept a connection by the deadline"};
}

}  // namespace mp::net
