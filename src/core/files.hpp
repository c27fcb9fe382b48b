// L0. Files of the operating system: descriptors that have an owner, and calls whose failure is a
// value. Whoever keeps data on a disk makes its calls here, so that they fail in the same way
// everywhere: what a signal interrupts is repeated, and nothing is renamed over data unless that is
// meant.
#pragma once

#include <fcntl.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace mp {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int value) : value_(value) {}
  Fd(Fd&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { close(); }

  [[nodiscard]] bool open() const { return value_ >= 0; }
  [[nodiscard]] int value() const { return value_; }
  void close();
  // The descriptor is somebody else's from now on.
  int release() { return std::exchange(value_, -1); }

 private:
  int value_ = -1;
};

// "what: the system's words", of the kind that fits `code`.
[[nodiscard]] Error os_error(const std::string& what, int code);

// True for errors that mean "no room": a full disk, a quota, a limit on the size of files.
[[nodiscard]] bool means_full(int code);
// True for errors that say what stands there (a folder, a loop of links). All others say that the
// system could not do it now, of descriptors, memory or a disk in trouble: again, later.
[[nodiscard]] bool means_wrong_file(int code);

// In what follows `code` and int are 0 or an errno value. A relative path begins at `folder`.
inline constexpr int kHere = AT_FDCWD;

struct OpenedFile {
  Fd fd;
  int code = 0;
};
// `flags` as of open(2); O_CLOEXEC is added. New files get the mode 0644.
[[nodiscard]] OpenedFile open_file(const std::filesystem::path& path, int flags,
                                   int folder = kHere);

// How much was done, and why not all of it.
struct Done {
  std::size_t bytes = 0;
  int code = 0;
};
[[nodiscard]] Done write_all(const Fd& fd, std::string_view bytes);
// Until `out` is full or the file ends.
[[nodiscard]] Done read_at(const Fd& fd, std::span<std::byte> out, std::uint64_t offset);
// The whole file; nothing where there is none.
[[nodiscard]] Result<std::optional<std::string>> read_file(const std::filesystem::path& path);

struct FileSize {
  std::uint64_t bytes = 0;
  int code = 0;
};
[[nodiscard]] FileSize file_size(const Fd& fd);
// EWOULDBLOCK: another open file has the lock.
[[nodiscard]] int lock_file(const Fd& fd);
// A lock that others may have as well; waits while one has it alone.
[[nodiscard]] int share_file(const Fd& fd);
// Makes what was written durable: data alone, or the entries of a folder too.
[[nodiscard]] int sync_data(const Fd& fd);
[[nodiscard]] int sync_all(const Fd& fd);
// Reserves blocks for `bytes` of the file.
[[nodiscard]] int reserve_blocks(const Fd& fd, std::uint64_t bytes);

// Between folders that this process has locked. EEXIST: `to` is there already, and stays as it is.
[[nodiscard]] int rename_new(const std::filesystem::path& from, const std::filesystem::path& to,
                             int folder = kHere);
// Two names change what they stand for, in one step. EINVAL: the file system cannot do it.
[[nodiscard]] int exchange_names(const std::filesystem::path& one,
                                 const std::filesystem::path& other);
// A second name for a file.
[[nodiscard]] int link_file(const std::filesystem::path& from, const std::filesystem::path& to);
// Puts a new version of a small file in the place of the old one.
[[nodiscard]] int replace_file(const std::filesystem::path& from, const std::filesystem::path& to);
// The same, from its text; by way of a file beside it, PATH.new.
enum class Written : std::uint8_t {
  in_time,      // the system writes it back when it likes
  to_the_disk,  // before it takes the old one's place
};
[[nodiscard]] int replace_whole(const std::filesystem::path& path, std::string_view text,
                                Written written);
// What is not there counts as removed.
[[nodiscard]] int remove_file(const std::filesystem::path& path, int folder = kHere);
// ENOENT: nothing has that name.
[[nodiscard]] int look_for(const std::filesystem::path& path, int folder = kHere);
// With its parents; 0 too where it is there already.
[[nodiscard]] int make_folders(const std::filesystem::path& path, int folder = kHere);

// The lock on a file to which several append, and which one of them may replace as a whole. Waits
// until nobody else has it; as long as it lives, nobody gets it.
class FileLock {
 public:
  // Of an open file, which outlives the lock. `code`: it is not locked.
  explicit FileLock(const Fd& file);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  [[nodiscard]] int code() const { return code_; }
  // Its name is gone, or another file's now: who writes to it writes to nobody.
  [[nodiscard]] bool was_replaced() const { return replaced_; }

 private:
  const Fd& file_;
  int code_ = 0;
  bool replaced_ = false;
};

// Names in a folder, in no order. With an error the list is not complete.
struct Listing {
  std::vector<std::string> names;
  int code = 0;
};
[[nodiscard]] Listing list_folder(const std::filesystem::path& path, int folder = kHere);

}  // namespace mp
