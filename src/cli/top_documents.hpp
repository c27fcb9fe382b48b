// L6. Documents of the control API, read for `top`: as control/observer.cpp writes them.
#pragma once

#include <string>
#include <vector>

#include "cli/grid.hpp"
#include "cli/terminal.hpp"
#include "core/decimal.hpp"
#include "core/result.hpp"
#include "pipeline/board.hpp"

namespace mp::cli {

[[nodiscard]] Result<std::vector<pipeline::BoardRow>> instruments_in(const std::string& document);

// Lines for a terminal so wide, the heading first.
[[nodiscard]] Result<std::vector<std::string>> connection_lines(const std::string& document,
                                                                std::size_t width = kAnyWidth);
[[nodiscard]] Result<std::vector<std::string>> sink_lines(const std::string& document,
                                                          std::size_t width = kAnyWidth);
// How the collector is, in a line.
[[nodiscard]] Result<std::string> summary_line(const std::string& document);

// A ladder, the asks above the bids, and beside it the latest trades, as many as it has lines.
[[nodiscard]] Result<std::vector<std::string>> book_lines(const std::string& document,
                                                          const std::string& trades,
                                                          std::size_t width);

}  // namespace mp::cli
