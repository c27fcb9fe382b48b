// L6. Watch: follows a journal and shows the live table until it is time to stop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cli/live_table.hpp"
#include "journal/journal.hpp"
#include "net/clock.hpp"
#include "pipeline/monitor.hpp"

namespace mp::cli {

class Watch {
 public:
  static Result<std::unique_ptr<Watch>> open(const std::filesystem::path& journal_location,
                                             LiveTable::Style style);

  // Until the time is over, a signal came, or `ended` says so. It is asked a few times a second.
  void follow(std::optional<std::chrono::seconds> time, const std::string& headline,
              const std::function<bool()>& ended);

  [[nodiscard]] const pipeline::Monitor& monitor() const { return monitor_; }

 private:
  Watch(std::unique_ptr<journal::Reader> reader, LiveTable::Style style)
      : reader_(std::move(reader)), table_(style) {}
  void read();

  std::unique_ptr<journal::Reader> reader_;
  pipeline::Monitor monitor_;
  LiveTable table_;
};

}  // namespace mp::cli
