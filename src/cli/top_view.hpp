// L6. What `top` shows: documents of a running collector as lines, and the keys that change them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/grid.hpp"
#include "cli/terminal.hpp"
#include "core/result.hpp"

namespace mp::cli {

class TopView {
 public:
  enum class Page : std::uint8_t { instruments, connections, sinks, book };
  enum class Sort : std::uint8_t { name, rate, state, gaps, age };

  TopView(Page page, std::string filter, Sort sort)
      : page_(page), filter_(std::move(filter)), sort_(sort) {}

  // The document that it shows next.
  [[nodiscard]] std::string target() const;
  // Reads it: the lines of the page, the heading first. ErrorKind::data: it cannot be read.
  Result<std::vector<std::string>> lines(const std::string& document, const std::string& trades);
  // Of the book's page: its trades; empty elsewhere.
  [[nodiscard]] std::string trades_target() const;
  // What the lines have to fit into; without it they are as long as they like.
  void set_room(TerminalSize room) { room_ = room; }

  // A key, as a terminal sends it. False: the user wants to leave.
  bool on_key(std::string_view key);
  // The line to mark, counted from the heading; 0: none.
  [[nodiscard]] std::size_t marked() const;
  // What keys do here.
  [[nodiscard]] std::string help() const;

 private:
  static constexpr std::size_t kLinesUsual = 36;  // of a book: 15 levels of each side

  Result<std::vector<std::string>> instrument_lines(const std::string& document);
  void on_filter_key(std::string_view key);

  Page page_;
  std::string filter_;
  Sort sort_;
  bool typing_ = false;             // the filter
  std::size_t selected_ = 0;        // of the instruments shown
  std::vector<std::string> shown_;  // their places in URLs: "binance/BTCUSDT"
  std::string book_;                // likewise, of the book's page
  TerminalSize room_{.lines = kLinesUsual, .columns = kAnyWidth};
};

[[nodiscard]] Result<TopView::Page> top_page_named(std::string_view name);
[[nodiscard]] Result<TopView::Sort> top_sort_named(std::string_view name);

// A line with colours for what its words say: states, and the sides of a book.
[[nodiscard]] std::string painted(const std::string& line);

}  // namespace mp::cli
