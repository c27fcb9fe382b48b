// L6. The terminal at standard output: its size, and a screen of its own that is drawn anew.
#pragma once

#include <cstddef>
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

  // `marked`: the line in reverse, counted from 0, which stays in sight; 0: none. `footer` stands
  // in the last line.
  void draw(const std::string& headline, const std::vector<std::string>& lines, std::size_t marked,
            const std::string& footer);

 private:
  bool open_ = false;
};

}  // namespace mp::cli
