// L6. The live table: redrawn in place on a terminal, plain lines from time to time elsewhere.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/grid.hpp"
#include "pipeline/board.hpp"

namespace mp::cli {

class LiveTable {
 public:
  enum class Style : std::uint8_t { terminal, plain };

  // A terminal unless the output is none, or NO_COLOR, TERM=dumb or `plain` ask for lines.
  [[nodiscard]] static Style style_of_stdout(bool plain);

  explicit LiveTable(Style style) : style_(style) {}

  // How long to wait between two show() calls.
  [[nodiscard]] std::chrono::milliseconds interval() const;

  // `headline` stands above the table: where the data lies, how long it runs. `log_lines`, whole
  // lines, stay on the screen above both.
  void show(const std::vector<pipeline::BoardRow>& rows, const std::string& headline,
            const std::string& log_lines);
  // Leaves the last table on the screen and puts the cursor below it.
  void finish();

 private:
  Style style_;
  std::size_t lines_drawn_ = 0;
};

// The table as text, one line per row, with a heading; widths fit the rows.
[[nodiscard]] std::vector<std::string> table_lines(const std::vector<pipeline::BoardRow>& rows,
                                                   std::size_t width = kAnyWidth);

// 1234567 as "1,234,567".
[[nodiscard]] std::string with_commas(std::uint64_t value);

}  // namespace mp::cli
