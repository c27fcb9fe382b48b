// L6. Screen: the terminal while a live table is on it, and where log lines go meanwhile.
#pragma once

#include <ostream>

#include "cli/live_table.hpp"
#include "cli/log_tail.hpp"
#include "obs/log.hpp"

namespace mp::cli {

class Screen {
 public:
  // `log` outlives it: the logger for lines that tear nothing.
  Screen(bool plain, obs::Logger& log);
  ~Screen();  // what is still held back goes to standard error
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  [[nodiscard]] LiveTable::Style style() const { return style_; }
  // For what runs beside the table.
  [[nodiscard]] obs::Logger& log() { return held_back_ ? table_log_ : log_; }
  // To be shown above the table.
  [[nodiscard]] std::string take_log_lines() { return tail_.take(); }

 private:
  LiveTable::Style style_;
  bool held_back_;  // both are one terminal
  LogTail tail_;
  std::ostream stream_;
  obs::Logger& log_;
  obs::Logger table_log_;
};

}  // namespace mp::cli
