#include "cli/watch.hpp"

#include <algorithm>
#include <thread>

#include "cli/stop_request.hpp"
#include "net/clock.hpp"

namespace mp::cli {
namespace {

constexpr std::chrono::milliseconds kTableAskEvery{100};

}  // namespace

void Watch::show(const std::string& headline) {
  table_.show(board_.rows(collector_.instruments(), collector_.waiting(), collector_.latencies(),
                          net::now()),
              headline, screen_.take_log_lines());
}

void Watch::follow(const Following& what) {
  const auto start = net::steady_now();
  auto show_at =
      start + std::min<std::chrono::milliseconds>(table_.interval(), kTableAskEvery * 10);
  show(what.headline);
  while (true) {
    std::this_thread::sleep_for(kTableAskEvery);
    const auto now = net::steady_now();
    const bool over = what.time && now - start >= *what.time;
    if (now >= show_at || over) {
      show(what.headline);
      show_at = now + table_.interval();
    }
    if (over || stop_requested() || what.ended()) break;
  }
  table_.finish();
}

}  // namespace mp::cli
