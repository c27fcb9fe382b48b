// Files that the simulator leaves for whoever started it. What is none of its own is never
// overwritten.
#pragma once

#include <fstream>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace mp::sim {

// Makes the file anew. One that is there must be empty, or begin with one of
// `begin`, as those do that are written here.
// `what` for the sentence: "its certificate authority".
[[nodiscard]] Result<std::ofstream> open_own_file(const std::string& path,
                                                  std::initializer_list<std::string_view> begin,
                                                  std::string_view what);

[[nodiscard]] Result<void> write_authority(const std::string& path, const std::string& pem);

}  // namespace mp::sim
