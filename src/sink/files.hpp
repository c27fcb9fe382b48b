// L3. What file sinks share: safe names, a lock, writes with errors as values, commits by rename.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/event.hpp"
#include "core/result.hpp"
#include "sink/sink.hpp"

namespace mp::sink {

// `text` as one component of a path: ASCII letters, digits and ._-+@, stay, every other byte is
// percent-encoded, and so is the first dot; at most 200 characters, the end then being a hash.
// Two different texts never have the same component.
[[nodiscard]] std::string safe_component(std::string_view text);

// An error about a file with the errno of the moment: permission for EACCES, EPERM and EROFS, else
// io. `what` is e.g. "write".
[[nodiscard]] Error file_error(std::string_view what, const std::filesystem::path& path);

// An open file descriptor, closed when it goes.
class File {
 public:
  File() = default;
  explicit File(int handle) : handle_(handle) {}
  ~File() { close(); }
  File(File&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
  File& operator=(File&& other) noexcept {
    if (this != &other) {
      close();
      handle_ = std::exchange(other.handle_, -1);
    }
    return *this;
  }
  [[nodiscard]] int handle() const { return handle_; }
  [[nodiscard]] bool is_open() const { return handle_ >= 0; }
  void close();

 private:
  int handle_ = -1;
};

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
Result<File> lock_folder(const std::filesystem::path& folder);
// Removes what stands in `folder` (which is made if need be): the leftovers of a crash.
Result<void> empty_folder(const std::filesystem::path& folder);
Result<File> create_file(const std::filesystem::path& path);
Result<void> sync_file(const std::filesystem::path& path);
// A rename within one file system, with the parents of `to` made, and made durable when `sync`.
enum class Durable : std::uint8_t { no, yes };
Result<void> move_file(const std::filesystem::path& from, const std::filesystem::path& to,
                       Durable durable);

// What tells a second delivery of an event from an event of another journal at the same index.
[[nodiscard]] std::uint64_t identity_of(const Event& event);
// 16 hexadecimal digits; 20 decimal digits, so that names sort like numbers.
[[nodiscard]] std::string hex_of(std::uint64_t value);
[[nodiscard]] std::string padded(std::uint64_t value);

// For tests: called where a crash would matter, with the name of the place.
using CrashPoint = void (*)(std::string_view place);

}  // namespace mp::sink
