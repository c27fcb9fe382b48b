// L6. Service: what a service manager is told, by the datagrams of sd_notify(3): that it is ready,
// how it is, that it stops, and that it is alive. Without NOTIFY_SOCKET nobody is told anything.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/files.hpp"
#include "net/clock.hpp"

namespace mp::cli {

class Service {
 public:
  // NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
  [[nodiscard]] static Service of_environment();

  void ready();
  // Between the two its configuration is read anew.
  void reloading();
  void reloaded(const std::string& what);  // in a few words
  void stopping();

  struct Hands {
    std::function<bool()> alive;          // whether the collector still does its work
    std::function<std::string()> status;  // in a few words
  };
  // A few times a second: feeds the watchdog at half its time while it is alive, and says how it is
  // every five seconds.
  void tick(net::SteadyTime now, const Hands& hands);

 private:
  void tell(std::string_view text) const;

  std::string address_;  // of the socket; a leading NUL is the abstract name space
  Fd socket_;
  std::optional<std::chrono::microseconds> watchdog_every_;
  net::SteadyTime feed_at_{};
  net::SteadyTime say_at_{};
  std::string said_;
};

}  // namespace mp::cli
