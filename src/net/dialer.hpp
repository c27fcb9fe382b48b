// L2 net. Dialer: from a host's name to a connected TCP socket.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>

#include "net/addresses.hpp"
#include "net/loss.hpp"
#include "net/socket_options.hpp"
#include "net/task.hpp"

namespace mp::net {

class Dialer {
 public:
  static constexpr std::size_t kAddressesMax = 8;
  static constexpr Milliseconds kNextAddressAfter{250};

  explicit Dialer(boost::asio::io_context& io, SocketOptions options = {});
  ~Dialer();
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;

  // Tries the addresses in turn, families alternating, the next one when the last has failed or is
  // slow; the first that connects wins. `memory` may be null.
  [[nodiscard]] Task<std::optional<Loss>> dial(std::string host, std::uint16_t port,
                                               SteadyTime deadline, AddressMemory* memory,
                                               boost::asio::ip::tcp::socket& connected);

  // An address of a host, for a proxy that is to be told one. As with dial(), a name is not asked
  // for again while it is fresh in `memory`, which may be null.
  [[nodiscard]] Task<std::optional<Loss>> look_up(std::string host, SteadyTime deadline,
                                                  AddressMemory* memory, std::string& address);

  // Makes dial() and look_up() return LossReason::stopped.
  void interrupt();

 private:
  struct Race;

  [[nodiscard]] Task<void> resolve(const std::string& host, SteadyTime deadline);
  [[nodiscard]] bool keep_usable();
  [[nodiscard]] bool attempt(std::size_t number);
  [[nodiscard]] Task<void> race(SteadyTime deadline);
  [[nodiscard]] Task<void> race_known(SteadyTime deadline, const AddressMemory& memory);

  boost::asio::io_context& io_;
  const SocketOptions options_;
  // Shared with the handlers of attempts under way: a resolution cannot be called back, and ends
  // when it ends.
  std::shared_ptr<Race> race_;
};

}  // namespace mp::net
