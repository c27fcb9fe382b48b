#include "cli/live_table.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "cli/terminal.hpp"
#include "core/utf8.hpp"

namespace mp::cli {
namespace {

// At 80 columns the median of the latency goes, and the spread where names are long.
constexpr std::array<GridColumn, 10> kLiveColumns = {{{"VENUE"},
                                                      {"INSTRUMENT"},
                                                      {"STATE"},
                                                      {"EVENTS/S", true},
                                                      {"BID", true},
                                                      {"ASK", true},
                                                      {"SPREAD", true, 2},
                                                      {"LAT p50", true, 3},
                                                      {"LAT p99", true, 1},
                                                      {"GAPS", true}}};
constexpr std::size_t kTextColumns = 3;  // that stand before the numbers
constexpr std::size_t kNameShown = 64;   // of an instrument's name

std::string latency_text(std::chrono::nanoseconds latency) {
  const auto ns = static_cast<double>(latency.count());
  if (ns < 1e6) return fmt::format("{:.0f} us", ns / 1e3);
  return fmt::format("{:.1f} ms", ns / 1e6);
}

std::string price_text(const std::optional<Level>& level, const std::optional<Price>& tick) {
  return level ? to_tick(level->price(), tick) : "-";
}

std::vector<std::string> cells_of(const pipeline::BoardRow& row) {
  const auto& view = row.view;
  return {view.venue,
          printable(row.name(), kNameShown),
          std::string{pipeline::name_of(view.state)},
          with_commas(static_cast<std::uint64_t>(std::llround(row.events_per_second))),
          price_text(view.bid, view.tick),
          price_text(view.ask, view.tick),
          row.spread_basis_points ? fmt::format("{:.2f} bp", *row.spread_basis_points) : "-",
          latency_text(row.latency_p50),
          latency_text(row.latency_p99),
          with_commas(view.gaps)};
}

bool is_set(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

}  // namespace

std::string with_commas(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), ",");
  }
  return text;
}

std::vector<std::string> table_lines(const std::vector<pipeline::BoardRow>& rows,
                                     std::size_t width) {
  std::vector<GridRow> table;
  table.reserve(rows.size());
  for (const auto& row : rows) {
    auto& to = table.emplace_back(
        GridRow{.cells = cells_of(row), .tail = printable(row.view.reason, kReasonShown)});
    // While nothing comes, the reason stands where the numbers would, so that narrow terminals show
    // it.
    if (!to.tail.empty() && row.events_per_second <= 0) to.cells.resize(kTextColumns);
  }
  return grid_lines(kLiveColumns, table, width);
}

LiveTable::Style LiveTable::style_of_stdout(bool plain) {
  const char* const terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::string_view{terminal} == "dumb";
  const bool lines = plain || dumb || is_set("NO_COLOR") || ::isatty(STDOUT_FILENO) == 0;
  return lines ? Style::plain : Style::terminal;
}

std::chrono::milliseconds LiveTable::interval() const {
  return style_ == Style::terminal ? std::chrono::milliseconds{250}
                                   : std::chrono::milliseconds{5000};
}

void LiveTable::show(const std::vector<pipeline::BoardRow>& rows, const std::string& headline,
                     const std::string& log_lines) {
  const bool plain = style_ == Style::plain;
  auto lines = table_lines(rows, plain ? kAnyWidth : terminal_size().columns);
  lines.insert(lines.begin(), headline);
  std::string out;
  if (plain) {
    for (const auto& line : lines) out.append(line).append("\n");
    out.append("\n");
  } else {
    const TerminalSize size = terminal_size();
    const std::size_t fit = size.lines - 1;
    if (lines.size() > fit) {
      const std::size_t hidden = lines.size() - fit + 1;
      lines.resize(fit - 1);
      lines.push_back(fmt::format(" ... and {} more", hidden));
    }
    for (auto& line : lines) line.resize(utf8_prefix(line, size.columns));
    if (lines_drawn_ > 0) out += fmt::format("\x1b[{}A", lines_drawn_);
    if (!log_lines.empty()) out.append("\x1b[J").append(log_lines);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const bool heading = i == 1;
      out.append(heading ? "\x1b[1m" : "").append(lines[i]).append(heading ? "\x1b[0m" : "");
      out.append("\x1b[K\n");
    }
    out.append("\x1b[J");
    lines_drawn_ = lines.size();
  }
  std::fwrite(out.data(), 1, out.size(), stdout);
  std::fflush(stdout);
}

void LiveTable::finish() {
  lines_drawn_ = 0;
}

}  // namespace mp::cli
