// L3. What file sinks share: safe names, a lock, folders, commits by rename.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"
#include "core/files.hpp"
#include "core/result.hpp"
#include "sink/sink.hpp"

namespace mp::sink {

// `text` as one component of a path: ASCII letters, digits and ._-+@, stay, every other byte is
// percent-encoded, and so is the first dot; at most 200 characters, the end then being a hash.
// Two different texts never have the same component.
[[nodiscard]] std::string safe_component(std::string_view text);

// An error about a file. `what` is e.g. "write"; `code` an errno value.
[[nodiscard]] Error file_error(std::string_view what, const std::filesystem::path& path, int code);

// Makes the folder with its parents.
Result<void> make_folder(const std::filesystem::path& path);
// Where a file sink writes. Its runners, one for each shard, write to the same `target`; what is a
// runner's own, its lock, staging and log, stands there too for shard 0, and below it in .shard-N
// for the others, whose files begin with `prefix`.
struct Folders {
  std::filesystem::path target;
  std::filesystem::path own;
  std::string prefix;
};
[[nodiscard]] Folders folders_of(const std::filesystem::path& target, std::uint32_t shard);

// Makes `folder`, takes the lock file in it (ErrorKind::locked when another process has it), and
// proves that files can be made there.
Result<Fd> lock_folder(const std::filesystem::path& folder);
// Removes what stands in `folder` (which is made if need be): the leftovers of a crash.
Result<void> empty_folder(const std::filesystem::path& folder);
Result<Fd> create_file(const std::filesystem::path& path);
enum class Durable : std::uint8_t { no, yes };
// What was written to the file, or the names in the folder.
Result<void> sync_path(const std::filesystem::path& path);
// The same for a folder of finished files: who took it away took the worry with it.
Result<void> sync_folder(const std::filesystem::path& path);
// A rename within one file system, with the parents of `to` made. Where `to` is there already, it
// stays, and the file gets a name beside it.
enum class Moved : std::uint8_t { yes, was_not_there };
Result<Moved> move_file(const std::filesystem::path& from, const std::filesystem::path& to);

// Entries `levels` deep below the folder, by their paths from there on. Names that begin with a dot
// are passed over, and so is a file where a folder should be; what cannot be listed is an error.
[[nodiscard]] Result<std::vector<std::filesystem::path>> files_below(
    const std::filesystem::path& folder, unsigned levels);

// A lock that several have at once as long as they add files to `folder` or read all of them: who
// puts one in the place of several has it alone, for moments.
enum class Sharing : std::uint8_t {
  adds,
  reads,  // without the lock, where the folder cannot be written to
};
Result<Fd> share_files(const std::filesystem::path& folder, Sharing sharing);
// Alone; nothing, where somebody has it.
Result<std::optional<Fd>> hold_files(const std::filesystem::path& folder);

// What tells a second delivery of an event from an event of another journal at the same index.
[[nodiscard]] std::uint64_t file_identity_of(const Event& event);
// 16 hexadecimal digits; 20 decimal digits, so that names sort like numbers.
[[nodiscard]] std::string hex_of(std::uint64_t value);
[[nodiscard]] std::string padded(std::uint64_t value);

// For tests: called where a crash would matter, with the name of the place.
using CrashPoint = void (*)(std::string_view place);

}  // namespace mp::sink
