// L6. The journals of a data directory, for commands that read them.
#pragma once

#include <filesystem>
#include <vector>

#include "core/result.hpp"

namespace mp::cli {

// Of a data directory, or of a folder that is a journal itself ([journal] dir). An error where
// there is none.
[[nodiscard]] Result<std::vector<std::filesystem::path>> journals_of(
    const std::filesystem::path& dir);

}  // namespace mp::cli
