// L2 net. Watchdog: calls back once a deadline has passed. A deadline that only moves on costs
// nothing, so that a busy connection may set a new one at every wake-up.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "net/clock.hpp"

namespace mp::net {

class Watchdog {
 public:
  Watchdog(boost::asio::io_context& io, std::function<void()> late)
      : core_(std::make_shared<Core>(io, std::move(late))) {}

  // SteadyTime::max() = none.
  void arm(SteadyTime deadline) {
    core_->deadline = deadline;
    if (deadline < core_->armed_for) wait(core_);
  }

  // Takes the timer out of the loop, so that it does not keep the loop running.
  void disarm() {
    core_->deadline = SteadyTime::max();
    core_->armed_for = SteadyTime::max();
    core_->timer.cancel();
  }

 private:
  struct Core {
    Core(boost::asio::io_context& io, std::function<void()> call)
        : timer(io), late(std::move(call)) {}
    boost::asio::steady_timer timer;
    std::function<void()> late;
    SteadyTime deadline = SteadyTime::max();
    SteadyTime armed_for = SteadyTime::max();
  };

  static void wait(const std::shared_ptr<Core>& core) {
    core->armed_for = core->deadline;
    core->timer.expires_at(core->deadline);
    core->timer.async_wait(
        [weak = std::weak_ptr<Core>(core), due = core->deadline](boost::system::error_code) {
          const auto strong = weak.lock();
          // A wait that was replaced by an earlier one has nothing to say.
          if (strong == nullptr || strong->armed_for != due) return;
          strong->armed_for = SteadyTime::max();
          if (strong->deadline == SteadyTime::max()) return;
          if (steady_now() < strong->deadline) return wait(strong);
          strong->deadline = SteadyTime::max();
          strong->late();
        });
  }

  // Shared with the handler that waits, which may run after the watchdog's end.
  std::shared_ptr<Core> core_;
};

}  // namespace mp::net
