// L6. Watch: shows the live table of a collector until it is time to stop.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/live_table.hpp"
#include "cli/screen.hpp"
#include "pipeline/board.hpp"
#include "pipeline/collector.hpp"

namespace mp::cli {

class Watch {
 public:
  // Both outlive it.
  Watch(const pipeline::Collector& collector, Screen& screen)
      : collector_(collector), screen_(screen), table_(screen.style()) {}

  struct Following {
    std::optional<std::chrono::seconds> time{};
    std::string headline;  // above the table
    std::function<bool()> ended;
  };
  // Until the time is over, a signal came, or `ended` says so, which is asked a few times a second.
  void follow(const Following& what);

 private:
  void show(const std::string& headline);

  const pipeline::Collector& collector_;
  Screen& screen_;
  pipeline::Board board_;
  LiveTable table_;
};

}  // namespace mp::cli
