// `marketprism top`: a running collector on a terminal, or as lines.
#include <fmt/format.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "cli/commands.hpp"
#include "cli/live_table.hpp"
#include "cli/output.hpp"
#include "cli/running.hpp"
#include "cli/stop_request.hpp"
#include "cli/terminal.hpp"
#include "cli/top_documents.hpp"
#include "cli/top_view.hpp"
#include "net/clock.hpp"

namespace mp::cli {
namespace {

constexpr std::chrono::milliseconds kRefresh{500};

// Keys come one by one and are not shown, until this goes.
class RawKeys {
 public:
  RawKeys() {
    if (::isatty(STDIN_FILENO) == 0 || ::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    is_raw_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
  }
  ~RawKeys() {
    if (is_raw_) (void)::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  RawKeys(const RawKeys&) = delete;
  RawKeys& operator=(const RawKeys&) = delete;

  // The next key within this time; empty: none. Several may come at once.
  [[nodiscard]] std::string next(std::chrono::milliseconds longest) {
    if (typed_.empty()) typed_ = read(longest);
    // An arrow is three bytes.
    const std::size_t size = typed_.starts_with("\x1b[") ? 3 : 1;
    auto key = typed_.substr(0, size);
    typed_.erase(0, size);
    return key;
  }

 private:
  [[nodiscard]] std::string read(std::chrono::milliseconds longest) const {
    pollfd input{.fd = is_raw_ ? STDIN_FILENO : -1, .events = POLLIN};
    if (::poll(&input, 1, static_cast<int>(longest.count())) <= 0) return {};
    std::array<char, 8> bytes{};
    const auto got = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    return got > 0 ? std::string{bytes.data(), static_cast<std::size_t>(got)} : std::string{};
  }

  termios before_{};
  std::string typed_;  // and not handed out yet
  bool is_raw_ = false;
};

// Of the page as it is now.
Result<std::vector<std::string>> fetch(TopView& view, const std::string& url) {
  auto document = ask_running(url, view.target());
  if (!document) return document.error();
  std::string trades;
  if (const auto target = view.trades_target(); !target.empty()) {
    auto answer = ask_running(url, target);
    if (!answer) return answer.error();
    trades = answer.take();
  }
  return view.lines(*document, trades);
}

// A collector that is away for a moment comes back: its last picture stays, with the reason.
void draw(TopView& view, const std::string& url, FullScreen::Picture& picture, FullScreen& screen) {
  view.set_room(terminal_size());
  auto lines = fetch(view, url);
  const auto status = lines ? ask_running(url, "/api/v1/status") : Result<std::string>{""};
  auto summary = lines && status ? summary_line(*status) : Result<std::string>{""};
  picture.headline = fmt::format("marketprism top - {}", url);
  for (const auto* problem : {lines ? nullptr : &lines.error(), status ? nullptr : &status.error(),
                              summary ? nullptr : &summary.error()}) {
    if (problem != nullptr) picture.headline += " - " + harmless(problem->message);
  }
  if (lines) picture.lines = lines.take();
  if (summary && !summary->empty()) picture.summary = summary.take();
  picture.marked = view.marked();
  picture.footer = view.help();
  screen.draw(picture);
}

int follow(TopView& view, const std::string& url, const TopOptions& options) {
  RawKeys keys;
  FullScreen::Picture picture{.paint = painted};
  const auto begun = net::steady_now();
  auto draw_at = begun;
  FullScreen screen;
  while (!stop_requested()) {
    const auto now = net::steady_now();
    if (options.time && now - begun >= *options.time) break;
    if (now >= draw_at) {
      draw(view, url, picture, screen);
      draw_at = now + kRefresh;
    }
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(draw_at - net::steady_now());
    const auto key = keys.next(std::clamp(wait, std::chrono::milliseconds{1}, kRefresh));
    if (key.empty()) continue;
    if (!view.on_key(key)) break;
    draw_at = net::steady_now();
  }
  return 0;
}

int print(TopView& view, const std::string& url, const TopOptions& options) {
  const auto begun = net::steady_now();
  Output out;
  while (true) {
    const auto lines = fetch(view, url);
    if (!lines) return fail(lines.error());
    for (const auto& line : *lines) {
      out.buffer() += line;
      out.line_done();
    }
    if (!options.once) out.line_done();
    if (const auto flushed = out.flush(); !flushed) return fail(flushed.error());
    const bool over = options.time && net::steady_now() - begun >= *options.time;
    if (options.once || over || out.reader_gone()) return 0;
    wait_for_stop(std::chrono::seconds{1});
    if (stop_requested()) return 0;
  }
}

}  // namespace

int top(const TopOptions& options) {
  const auto page = top_page_named(options.view);
  if (!page) return fail(page.error());
  const auto sort = top_sort_named(options.sort.empty() ? "name" : options.sort);
  if (!sort) return fail(sort.error());
  const auto url = find_running(options.data_dir, options.url);
  if (!url) return fail(url.error());
  watch_for_stop();
  TopView view{*page, options.filter, *sort};
  // Whether anybody is there at all is known at once.
  if (const auto first = fetch(view, *url); !first) return fail(first.error());
  const bool lines =
      options.once || LiveTable::style_of_stdout(options.plain) == LiveTable::Style::plain;
  return lines ? print(view, *url, options) : follow(view, *url, options);
}

}  // namespace mp::cli
