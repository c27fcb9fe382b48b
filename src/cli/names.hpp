// L6. Answers to names that do not exist.
#pragma once

#include <string_view>

#include "core/result.hpp"
#include "venue/adapter.hpp"

namespace mp::cli {

// "there is no venue named "binnance"; did you mean "binance"?"
[[nodiscard]] Error unknown_venue(std::string_view name);

// Says so where a recording calls itself another venue's than the one that it is read as.
void warn_of_other_venue(std::string_view told, const venue::Adapter& read_as);

}  // namespace mp::cli
