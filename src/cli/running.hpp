// L6. A collector that runs, as other commands find and ask it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace mp::cli {

// Writes where its page is, for find_running().
[[nodiscard]] Result<void> note_running(const std::filesystem::path& data_dir,
                                        const std::string& url);

// It runs no longer.
void forget_running(const std::filesystem::path& data_dir);

// `url` where it is given, else that of the collector of the data directory.
// ErrorKind::unavailable: none has said where it is.
[[nodiscard]] Result<std::string> find_running(const std::filesystem::path& data_dir,
                                               const std::string& url);

// A document of it; an answer other than 200 is an error, with its sentence.
[[nodiscard]] Result<std::string> ask_running(const std::string& url, std::string_view target);

// The sentence of a refusal, {"error":"..."}; else the answer as it is.
[[nodiscard]] std::string sentence_in(const std::string& answer);

// Asks it for a change, by the token in its data directory. ErrorKind::usage: it was asked for
// something that there is none of, ErrorKind::locked: not now.
[[nodiscard]] Result<std::string> tell_running(const std::string& url, std::string_view target,
                                               const std::filesystem::path& data_dir);

// The data directory of a collector that runs as this process.
[[nodiscard]] Result<std::filesystem::path> data_of_process(int pid);

}  // namespace mp::cli
