#include "cli/watch.hpp"

#include <algorithm>

#include "cli/stop_request.hpp"
#include "journal/merged_reader.hpp"

namespace mp::cli {
namespace {

constexpr std::chrono::milliseconds kAskEvery{100};
constexpr int kEventsPerClock = 64;     // events that share one reading of the clock
constexpr int kEventsAtOnce = 100'000;  // then the table and the end get their turn

}  // namespace

Result<std::unique_ptr<Watch>> Watch::open(std::vector<std::filesystem::path> journal_locations,
                                           Screen& screen) {
  auto reader = journal::open_merged(
      {.locations = std::move(journal_locations), .from = journal::From::newest});
  if (!reader) return reader.error();
  return std::unique_ptr<Watch>{new Watch{reader.take(), screen}};
}

void Watch::read() {
  Timestamp now = net::now();
  int since_clock = 0;
  for (int events = 0; events < kEventsAtOnce; ++events, ++since_clock) {
    const auto next = reader_->next();
    if (next == journal::Next::idle || next == journal::Next::closed) break;
    if (next != journal::Next::event) continue;
    if (since_clock >= kEventsPerClock) {
      now = net::now();
      since_clock = 0;
    }
    monitor_.on_event(reader_->event(), now);
  }
  reader_->release();
}

void Watch::follow(const Following& what) {
  const auto start = net::steady_now();
  auto show_at = start + std::min<std::chrono::milliseconds>(table_.interval(), kAskEvery * 10);
  auto ask_at = start;
  const auto show = [&] {
    table_.show(monitor_.rows(net::now(), what.waiting()), what.headline, screen_.take_log_lines());
  };
  show();
  while (true) {
    reader_->wait(kAskEvery);
    read();
    const auto now = net::steady_now();
    const bool over = what.time && now - start >= *what.time;
    if (now >= show_at || over) {
      show();
      show_at = now + table_.interval();
    }
    if (over) break;
    if (now < ask_at) continue;
    ask_at = now + kAskEvery;
    if (stop_requested() || what.ended()) break;
  }
  table_.finish();
}

}  // namespace mp::cli
