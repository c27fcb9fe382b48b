// L6. The lines of source that addresses of a program's file belong to, by addr2line of binutils.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mp::cli {

// "engine.cpp:66" for each offset into `module`, of the function that is inlined there, if one is
// (what is of the standard library is passed over); empty where it is not known, all of them where
// there is no addr2line.
[[nodiscard]] std::vector<std::string> source_lines(const std::string& module,
                                                    const std::vector<std::uint64_t>& offsets);

}  // namespace mp::cli
