// L6. docs/venues.md: the venues as their traits say them.
#pragma once

#include <string>

namespace mp::cli {

[[nodiscard]] std::string venue_document();

}  // namespace mp::cli
