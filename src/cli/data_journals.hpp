// L6. The journals of a data directory, for commands that read them.
#pragma once

#include <filesystem>
#include <vector>

#include "core/result.hpp"

namespace mp::cli {

// Notes in the data directory where the journal of its collector is; none: it is in memory alone.
[[nodiscard]] Result<void> note_journal(const std::filesystem::path& data_dir,
                                        const std::filesystem::path& journal);

// The folder of its journal, as it was noted; it may not be there.
[[nodiscard]] Result<std::filesystem::path> journal_of(const std::filesystem::path& data_dir);

// Of a data directory, or of a folder that is a journal itself ([journal] dir). An error where
// there is none.
[[nodiscard]] Result<std::vector<std::filesystem::path>> journals_of(
    const std::filesystem::path& dir);

}  // namespace mp::cli
