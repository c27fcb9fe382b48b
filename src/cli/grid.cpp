#include "cli/grid.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mp::cli {
namespace {

// Numbers stand two apart from what is before them, texts one.
std::size_t gap_before(const GridColumn& column) {
  return column.number ? 2 : 1;
}

class Grid {
 public:
  Grid(std::span<const GridColumn> columns, const std::vector<GridRow>& rows)
      : columns_(columns), widths_(columns.size()), shown_(columns.size(), true) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      widths_[i] = columns[i].title.size();
      for (const auto& row : rows)
        if (i < row.cells.size()) widths_[i] = std::max(widths_[i], row.cells[i].size());
    }
  }

  void fit(std::size_t width) {
    while (total() > width) {
      std::size_t worst = columns_.size();
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (!shown_[i] || columns_[i].drop == 0) continue;
        if (worst == columns_.size() || columns_[i].drop > columns_[worst].drop) worst = i;
      }
      if (worst == columns_.size()) return;
      shown_[worst] = false;
    }
  }

  template <class CellOf>
  [[nodiscard]] std::string line(std::size_t cells, CellOf cell_of) const {
    std::string out;
    for (std::size_t i = 0; i < std::min(cells, columns_.size()); ++i) {
      if (!shown_[i]) continue;
      out.append(gap_before(columns_[i]), ' ');
      out += columns_[i].number ? fmt::format("{:>{}}", cell_of(i), widths_[i])
                                : fmt::format("{:<{}}", cell_of(i), widths_[i]);
    }
    return out;
  }

 private:
  [[nodiscard]] std::size_t total() const {
    std::size_t out = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (shown_[i]) out += gap_before(columns_[i]) + widths_[i];
    return out;
  }

  std::span<const GridColumn> columns_;
  std::vector<std::size_t> widths_;
  std::vector<bool> shown_;
};

}  // namespace

std::vector<std::string> grid_lines(std::span<const GridColumn> columns,
                                    const std::vector<GridRow>& rows, std::size_t width) {
  Grid grid{columns, rows};
  grid.fit(width);
  std::vector<std::string> out;
  out.reserve(rows.size() + 1);
  out.push_back(grid.line(columns.size(), [&](std::size_t i) { return columns[i].title; }));
  for (const auto& row : rows) {
    out.push_back(
        grid.line(row.cells.size(), [&](std::size_t i) { return std::string_view{row.cells[i]}; }));
    if (!row.tail.empty()) out.back().append("  ").append(row.tail);
  }
  return out;
}

}  // namespace mp::cli
