// L6. The terminal at standard output: its size, and a screen of its own that is drawn anew.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace mp::cli {

// What the terminal can show; a table that scrolls or wraps cannot be redrawn in place.
struct TerminalSize {
  std::size_t lines = 24;
  std::size_t columns = 80;
};
[[nodiscard]] TerminalSize terminal_size();

// The terminal's other screen, from the first drawing until this goes: what was on it comes back.
class FullScreen {
 public:
  FullScreen() = default;
  ~FullScreen();
  FullScreen(const FullScreen&) = delete;
  FullScreen& operator=(const FullScreen&) = delete;

  struct Picture {
    std::string headline;
    std::string summary;             // below it; empty: no line
    std::vector<std::string> lines;  // the first is a heading
    std::size_t marked = 0;          // the line in reverse, which stays in sight; 0: none
    std::string footer;              // in the last line of the terminal
    std::function<std::string(const std::string&)> paint;  // colours a line that was cut to fit
  };
  void draw(const Picture& picture);

 private:
  bool open_ = false;
};

}  // namespace mp::cli
