#include "cli/stop_request.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <thread>

namespace mp::cli {
namespace {

constexpr std::chrono::milliseconds kStopAskEvery{50};

// What signal handlers may touch.
StopWish g_wish;                // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<bool> g_hung_up{};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<bool>
    g_ends_with_terminal{};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

std::chrono::nanoseconds now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);  // a handler may call it, unlike those of <chrono>
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

void on_signal(int number) {
  if (g_wish.on_signal(number, now()) == StopWish::Meaning::end_at_once) ::_exit(128 + number);
}

void on_hang_up(int) {
  g_hung_up = true;
}

bool has_terminal() {
  const int terminal = ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal >= 0) ::close(terminal);
  return terminal >= 0;
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

void watch_for_stop(HangUp hang_up) {
  struct sigaction action{};
  action.sa_handler = &on_signal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  // What `nohup` started goes on when the terminal closes.
  struct sigaction before{};
  const bool goes_on = ::sigaction(SIGHUP, nullptr, &before) == 0 && before.sa_handler == SIG_IGN;
  if (hang_up == HangUp::reloads) {
    g_ends_with_terminal = !goes_on && has_terminal();
    action.sa_handler = &on_hang_up;
  } else if (goes_on) {
    return;
  }
  ::sigaction(SIGHUP, &action, nullptr);
}

bool take_reload_request() {
  if (!g_hung_up.exchange(false)) return false;
  if (!g_ends_with_terminal || has_terminal()) return true;
  (void)g_wish.on_signal(SIGHUP, now());
  return false;
}

bool stop_requested() {
  return g_wish.wished();
}

void wait_for_stop(std::optional<std::chrono::nanoseconds> longest) {
  const auto start = std::chrono::steady_clock::now();
  while (!stop_requested()) {
    if (longest && std::chrono::steady_clock::now() - start >= *longest) return;
    std::this_thread::sleep_for(kStopAskEvery);
  }
}

}  // namespace mp::cli
