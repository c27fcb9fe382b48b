// L6. Answers to names that do not exist.
#pragma once

#include <string_view>

#include "core/result.hpp"

namespace mp::cli {

// "there is no venue named "binnance"; did you mean "binance"?"
[[nodiscard]] Error unknown_venue(std::string_view name);

}  // namespace mp::cli
