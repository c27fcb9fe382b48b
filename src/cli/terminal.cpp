#include "cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "core/utf8.hpp"

namespace mp::cli {
namespace {

constexpr std::string_view kOpen = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view kClose = "\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kClearLine = "\x1b[K";
constexpr std::string_view kClearBelow = "\x1b[J";
constexpr std::string_view kReverse = "\x1b[7m";
constexpr std::string_view kPlain = "\x1b[0m";

void write_out(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

TerminalSize terminal_size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return {};
  // Some terminals do not know how wide they are.
  const std::size_t columns = size.ws_col == 0 ? 80 : size.ws_col;
  return {.lines = size.ws_row, .columns = columns};
}

FullScreen::~FullScreen() {
  if (open_) write_out(kClose);
}

void FullScreen::draw(const std::string& headline, const std::vector<std::string>& lines,
                      std::size_t marked, const std::string& footer) {
  const auto size = terminal_size();
  std::string out{open_ ? std::string_view{} : kOpen};
  open_ = true;
  out += kHome;
  const auto add = [&](const std::string& line, bool reverse) {
    if (reverse) out += kReverse;
    out.append(line, 0, utf8_prefix(line, size.columns));
    if (reverse) out += kPlain;
    out.append(kClearLine).append("\r\n");
  };
  add(headline, false);
  // Headline and footer are there in any case; the first line, a heading, too.
  const std::size_t room = size.lines > 4 ? size.lines - 3 : 1;
  if (!lines.empty()) add(lines.front(), false);
  const std::size_t rows = lines.empty() ? 0 : lines.size() - 1;
  const std::size_t shown = std::min(rows, room);
  const std::size_t first = marked > shown ? marked - shown : 0;
  for (std::size_t at = first + 1; at <= first + shown; ++at) add(lines[at], at == marked);
  out.append(kClearBelow);
  out.append(footer, 0, utf8_prefix(footer, size.columns));
  write_out(out);
}

}  // namespace mp::cli
