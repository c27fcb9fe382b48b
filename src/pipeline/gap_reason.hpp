// L4. Reasons of gaps that more than one place must know.
#pragma once

#include <string_view>

namespace mp::pipeline {

// Frames could not be read: `missing` says how many. What comes after them is right.
inline constexpr std::string_view kMalformedReason = "malformed";

}  // namespace mp::pipeline
