#include "cli/stop_request.hpp"

#include <unistd.h>

#include <csignal>
#include <thread>

namespace mp::cli {
namespace {

constexpr std::chrono::milliseconds kAskEvery{50};

// The one thing that a signal handler may touch.
volatile std::sig_atomic_t g_requested =
    0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

void on_signal(int number) {
  // A terminal that closes may send SIGHUP twice: by itself, and by its shell.
  if (g_requested != 0 && number != SIGHUP) ::_exit(128 + number);
  g_requested = 1;
}

}  // namespace

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
  return g_requested != 0;
}

void wait_for_stop(std::optional<std::chrono::nanoseconds> longest) {
  const auto start = std::chrono::steady_clock::now();
  while (!stop_requested()) {
    if (longest && std::chrono::steady_clock::now() - start >= *longest) return;
    std::this_thread::sleep_for(kAskEvery);
  }
}

}  // namespace mp::cli
