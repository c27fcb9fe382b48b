#include "cli/stop_request.hpp"

#include <unistd.h>

#include <csignal>
#include <ctime>
#include <thread>

namespace mp::cli {
namespace {

constexpr std::chrono::milliseconds kAskEvery{50};

// The one thing that a signal handler may touch.
StopWish g_wish;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

void on_signal(int number) {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);  // a handler may call it, unlike those of <chrono>
  const auto time = std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
  if (g_wish.on_signal(number, time) == StopWish::Meaning::end_at_once) ::_exit(128 + number);
}

}  // namespace

StopWish::Meaning StopWish::on_signal(int number, std::chrono::nanoseconds now) {
  Nanoseconds first = kNever;
  if (first_.compare_exchange_strong(first, now.count())) return Meaning::stop;
  // A terminal that closes may send SIGHUP twice: by itself, and by its shell.
  if (number == SIGHUP || now.count() - first < std::chrono::nanoseconds{kOneWish}.count())
    return Meaning::same;
  return Meaning::end_at_once;
}

void watch_for_stop() {
  struct sigaction action{};
  action.sa_handler = &on_signal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  // What `nohup` started goes on when the terminal closes.
  struct sigaction before{};
  if (::sigaction(SIGHUP, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) {
    ::sigaction(SIGHUP, &action, nullptr);
  }
}

bool stop_requested() {
  return g_wish.wished();
}

void wait_for_stop(std::optional<std::chrono::nanoseconds> longest) {
  const auto start = std::chrono::steady_clock::now();
  while (!stop_requested()) {
    if (longest && std::chrono::steady_clock::now() - start >= *longest) return;
    std::this_thread::sleep_for(kAskEvery);
  }
}

}  // namespace mp::cli
