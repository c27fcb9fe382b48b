#include "cli/screen.hpp"

#include <unistd.h>

#include <cstdio>

namespace mp::cli {

Screen::Screen(bool plain, obs::Logger& log)
    : style_(LiveTable::style_of_stdout(plain)),
      held_back_(style_ == LiveTable::Style::terminal && ::isatty(STDERR_FILENO) == 1),
      stream_(&tail_),
      log_(log),
      table_log_(log.level(), stream_) {
  table_log_.set_format(log.format());
}

Screen::~Screen() {
  const std::string lines = tail_.take();
  std::fwrite(lines.data(), 1, lines.size(), stderr);
}

}  // namespace mp::cli
