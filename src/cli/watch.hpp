// L6. Watch: follows a journal and shows the live table until it is time to stop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/live_table.hpp"
#include "cli/screen.hpp"
#include "journal/journal.hpp"
#include "net/clock.hpp"
#include "pipeline/monitor.hpp"

namespace mp::cli {

class Watch {
 public:
  // `screen` outlives it.
  static Result<std::unique_ptr<Watch>> open(std::vector<std::filesystem::path> journal_locations,
                                             Screen& screen);

  struct Following {
    std::optional<std::chrono::seconds> time{};
    std::string headline;  // above the table
    std::function<bool()> ended;
    std::function<std::vector<pipeline::Waiting>()> waiting;
  };
  // Until the time is over, a signal came, or `ended` says so. It is asked a few times a second,
  // what waits with each table.
  void follow(const Following& what);

  [[nodiscard]] const pipeline::Monitor& monitor() const { return monitor_; }

 private:
  Watch(std::unique_ptr<journal::Reader> reader, Screen& screen)
      : reader_(std::move(reader)), screen_(screen), table_(screen.style()) {}
  void read();

  std::unique_ptr<journal::Reader> reader_;
  Screen& screen_;
  pipeline::Monitor monitor_;
  LiveTable table_;
};

}  // namespace mp::cli
