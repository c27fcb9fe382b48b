// L6. A table as text: columns as wide as what they hold, and of those that a terminal has no room
// for, the least wanted left out.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mp::cli {

inline constexpr std::size_t kAnyWidth = std::numeric_limits<std::size_t>::max();

struct GridColumn {
  std::string_view title;
  bool number = false;  // to the right
  unsigned drop = 0;    // where room is short, the highest goes first; 0 stays
};

inline constexpr std::size_t kReasonShown = 200;  // of the words in a tail, in bytes

struct GridRow {
  std::vector<std::string> cells;  // fewer than columns: the others are not there
  std::string tail{};              // behind them, as it is
};

// A heading, and a line for each row.
[[nodiscard]] std::vector<std::string> grid_lines(std::span<const GridColumn> columns,
                                                  const std::vector<GridRow>& rows,
                                                  std::size_t width = kAnyWidth);

}  // namespace mp::cli
