// L4. TaskGroup: owns coroutines that run side by side, and joins them.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <exception>

#include "net/task.hpp"

namespace mp::pipeline {

inline constexpr auto kAwait = boost::asio::as_tuple(boost::asio::use_awaitable);

// Wakes one coroutine. Belongs to the thread that runs `io`.
class Signal {
 public:
  explicit Signal(net::IoContext& io) : timer_(io, boost::asio::steady_timer::time_point::max()) {}

  void set() { timer_.cancel(); }
  // Returns at the next set(), or after `longest`. May also return early: check what you wait for.
  [[nodiscard]] net::Task<void> wait_for(std::chrono::milliseconds longest) {
    timer_.expires_after(longest);
    co_await timer_.async_wait(kAwait);
  }
  [[nodiscard]] net::Task<void> wait_until(boost::asio::steady_timer::time_point latest) {
    timer_.expires_at(latest);
    co_await timer_.async_wait(kAwait);
  }
  [[nodiscard]] net::Task<void> wait() {
    timer_.expires_at(boost::asio::steady_timer::time_point::max());
    co_await timer_.async_wait(kAwait);
  }

 private:
  boost::asio::steady_timer timer_;
};

// Belongs to the thread that runs `io`. Must outlive its coroutines: join() before it goes.
class TaskGroup {
 public:
  explicit TaskGroup(net::IoContext& io) : io_(io), done_(io) {}
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  void spawn(net::Task<void> task) {
    ++running_;
    boost::asio::co_spawn(io_, std::move(task), [this](std::exception_ptr failure) {
      --running_;
      done_.set();
      // No exception is expected of our tasks: it ends the program by the I/O thread's policy.
      if (failure) std::rethrow_exception(failure);
    });
  }

  [[nodiscard]] net::Task<void> join() {
    while (running_ > 0) co_await done_.wait();
  }
  [[nodiscard]] std::size_t running() const { return running_; }

 private:
  net::IoContext& io_;
  Signal done_;
  std::size_t running_ = 0;
};

}  // namespace mp::pipeline
