#include "cli/terminal.hpp"

#include <fmt/format.h>
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
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kDim = "\x1b[2m";
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

void FullScreen::draw(const Picture& picture) {
  const auto size = terminal_size();
  std::string out{open_ ? std::string_view{} : kOpen};
  open_ = true;
  out += kHome;
  std::size_t drawn = 0;
  const auto add = [&](const std::string& line, std::string_view style) {
    const auto fits = line.substr(0, utf8_prefix(line, size.columns));
    out += style;
    out += style.empty() && picture.paint ? picture.paint(fits) : fits;
    if (!style.empty()) out += kPlain;
    out.append(kClearLine).append("\r\n");
    ++drawn;
  };
  add(picture.headline, kBold);
  if (!picture.summary.empty()) add(picture.summary, {});
  const auto& lines = picture.lines;
  if (!lines.empty()) add(lines.front(), kBold);
  const std::size_t room = size.lines > drawn + 1 ? size.lines - drawn - 1 : 0;
  const std::size_t rows = lines.empty() ? 0 : lines.size() - 1;
  const std::size_t shown = std::min(rows, room);
  const std::size_t first = picture.marked > shown ? picture.marked - shown : 0;
  for (std::size_t at = first + 1; at <= first + shown; ++at)
    add(lines[at], at == picture.marked ? kReverse : std::string_view{});
  out.append(kClearBelow);
  if (size.lines > drawn) out += fmt::format("\x1b[{};1H", size.lines);
  out.append(kDim).append(picture.footer, 0, utf8_prefix(picture.footer, size.columns));
  out += kPlain;
  write_out(out);
}

}  // namespace mp::cli
