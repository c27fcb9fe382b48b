// L6. Documents of the control API, read for `top`: as control/observer.cpp writes them.
#pragma once

#include <string>
#include <vector>

#include "core/decimal.hpp"
#include "core/result.hpp"
#include "pipeline/board.hpp"

namespace mp::cli {

[[nodiscard]] Result<std::vector<pipeline::BoardRow>> instruments_in(const std::string& document);

// Lines for a terminal, the heading first.
[[nodiscard]] Result<std::vector<std::string>> connection_lines(const std::string& document);
[[nodiscard]] Result<std::vector<std::string>> sink_lines(const std::string& document);
// A ladder, the asks above the bids, and the latest trades beside it.
[[nodiscard]] Result<std::vector<std::string>> book_lines(const std::string& document,
                                                          const std::string& trades);

}  // namespace mp::cli
