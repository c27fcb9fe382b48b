#include "core/files.hpp"

#include <dirent.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace mp {
namespace {

constexpr mode_t kFileMode = 0644;
constexpr mode_t kFolderMode = 0755;

// A signal is no reason to give up. It can come again, but not without end.
constexpr int kInterruptsMax = 1000;

template <class Call>
auto repeated(Call call) {
  auto result = call();
  for (int i = 0; result < 0 && errno == EINTR && i < kInterruptsMax; ++i) result = call();
  return result;
}

int code_of(int result) {
  return result == 0 ? 0 : errno;
}

}  // namespace

void Fd::close() {
  if (value_ >= 0) ::close(std::exchange(value_, -1));
}

Error os_error(const std::string& what, int code) {
  const bool refused = code == EACCES || code == EPERM || code == EROFS;
  return {refused ? ErrorKind::permission : ErrorKind::io,
          what + ": " + std::generic_category().message(code)};
}

bool means_full(int code) {
  return code == ENOSPC || code == EDQUOT || code == EFBIG;
}

bool means_wrong_file(int code) {
  return code == EISDIR || code == ENOTDIR || code == ELOOP || code == ENXIO || code == ENODEV ||
         code == EINVAL || code == ENAMETOOLONG;
}

OpenedFile open_file(const std::filesystem::path& path, int flags, int folder) {
  Fd fd(repeated([&] { return ::openat(folder, path.c_str(), flags | O_CLOEXEC, kFileMode); }));
  const int code = fd.open() ? 0 : errno;
  return {std::move(fd), code};
}

Done write_all(const Fd& fd, std::string_view bytes) {
  Done done;
  while (done.bytes < bytes.size()) {
    const ssize_t count = repeated(
        [&] { return ::write(fd.value(), bytes.data() + done.bytes, bytes.size() - done.bytes); });
    if (count <= 0) {
      done.code = count < 0 ? errno : EIO;
      break;
    }
    done.bytes += static_cast<std::size_t>(count);
  }
  return done;
}

Done read_at(const Fd& fd, std::span<std::byte> out, std::uint64_t offset) {
  Done done;
  while (done.bytes < out.size()) {
    const ssize_t count = repeated([&] {
      return ::pread(fd.value(), out.data() + done.bytes, out.size() - done.bytes,
                     static_cast<off_t>(offset + done.bytes));
    });
    if (count < 0) done.code = errno;
    if (count <= 0) break;
    done.bytes += static_cast<std::size_t>(count);
  }
  return done;
}

Result<std::optional<std::string>> read_file(const std::filesystem::path& path) {
  const auto opened = open_file(path, O_RDONLY);
  if (opened.code == ENOENT) return std::optional<std::string>{};
  const std::string what = "cannot read " + path.string();
  if (opened.code != 0) return os_error(what, opened.code);
  std::string text;
  std::array<std::byte, 1U << 16U> part;
  while (true) {
    const Done got = read_at(opened.fd, part, text.size());
    if (got.code != 0) return os_error(what, got.code);
    text.append(reinterpret_cast<const char*>(part.data()), got.bytes);
    if (got.bytes < part.size()) return std::optional{std::move(text)};
  }
}

FileSize file_size(const Fd& fd) {
  struct stat facts{};
  const int code = code_of(repeated([&] { return ::fstat(fd.value(), &facts); }));
  return {code == 0 ? static_cast<std::uint64_t>(facts.st_size) : 0, code};
}

int lock_file(const Fd& fd) {
  return code_of(repeated([&] { return ::flock(fd.value(), LOCK_EX | LOCK_NB); }));
}

int share_file(const Fd& fd) {
  return code_of(repeated([&] { return ::flock(fd.value(), LOCK_SH); }));
}

FileLock::FileLock(const Fd& file) : file_(file) {
  code_ = code_of(repeated([&] { return ::flock(file_.value(), LOCK_EX); }));
  struct stat facts{};
  if (code_ == 0) code_ = code_of(repeated([&] { return ::fstat(file_.value(), &facts); }));
  replaced_ = code_ == 0 && facts.st_nlink == 0;
}

FileLock::~FileLock() {
  static_cast<void>(repeated([&] { return ::flock(file_.value(), LOCK_UN); }));
}

int sync_data(const Fd& fd) {
  return code_of(repeated([&] { return ::fdatasync(fd.value()); }));
}

int sync_all(const Fd& fd) {
  return code_of(repeated([&] { return ::fsync(fd.value()); }));
}

int reserve_blocks(const Fd& fd, std::uint64_t bytes) {
  int code = EINTR;
  for (int i = 0; code == EINTR && i < kInterruptsMax; ++i)
    code = ::posix_fallocate(fd.value(), 0, static_cast<off_t>(bytes));
  return code;
}

int rename_new(const std::filesystem::path& from, const std::filesystem::path& to, int folder) {
  int code = code_of(repeated(
      [&] { return ::renameat2(folder, from.c_str(), folder, to.c_str(), RENAME_NOREPLACE); }));
  if (code != EINVAL && code != ENOSYS) return code;
  // This file system cannot promise it. Nobody else writes here: looking first is as good.
  code = look_for(to, folder);
  if (code == 0) return EEXIST;
  if (code != ENOENT) return code;
  return code_of(repeated([&] { return ::renameat(folder, from.c_str(), folder, to.c_str()); }));
}

int exchange_names(const std::filesystem::path& one, const std::filesystem::path& other) {
  return code_of(repeated(
      [&] { return ::renameat2(kHere, one.c_str(), kHere, other.c_str(), RENAME_EXCHANGE); }));
}

int link_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  return code_of(repeated([&] { return ::linkat(kHere, from.c_str(), kHere, to.c_str(), 0); }));
}

int replace_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  return code_of(repeated([&] { return ::renameat(kHere, from.c_str(), kHere, to.c_str()); }));
}

int replace_whole(const std::filesystem::path& path, std::string_view text, Written written) {
  std::filesystem::path fresh = path;
  fresh += ".new";
  const OpenedFile opened = open_file(fresh, O_WRONLY | O_CREAT | O_TRUNC);
  int code = opened.code;
  if (code == 0) code = write_all(opened.fd, text).code;
  if (code == 0 && written == Written::to_the_disk) code = sync_data(opened.fd);
  return code == 0 ? replace_file(fresh, path) : code;
}

int remove_file(const std::filesystem::path& path, int folder) {
  const int code = code_of(repeated([&] { return ::unlinkat(folder, path.c_str(), 0); }));
  return code == ENOENT ? 0 : code;
}

int look_for(const std::filesystem::path& path, int folder) {
  struct stat facts{};
  return code_of(
      repeated([&] { return ::fstatat(folder, path.c_str(), &facts, AT_SYMLINK_NOFOLLOW); }));
}

int make_folders(const std::filesystem::path& path, int folder) {
  if (path.empty()) return 0;
  const auto make = [&] {
    return code_of(repeated([&] { return ::mkdirat(folder, path.c_str(), kFolderMode); }));
  };
  int code = make();
  if (code == ENOENT && path.has_parent_path() && path.parent_path() != path) {
    if (code = make_folders(path.parent_path(), folder); code != 0) return code;
    code = make();
  }
  if (code != EEXIST) return code;
  struct stat facts{};
  code = code_of(repeated([&] { return ::fstatat(folder, path.c_str(), &facts, 0); }));
  return code == 0 && !S_ISDIR(facts.st_mode) ? ENOTDIR : code;
}

Listing list_folder(const std::filesystem::path& path, int folder) {
  Listing listing;
  auto opened = open_file(path, O_RDONLY | O_DIRECTORY, folder);
  listing.code = opened.code;
  if (!opened.fd.open()) return listing;
  const auto close = [](DIR* dir) { ::closedir(dir); };
  // The descriptor becomes the folder's.
  const std::unique_ptr<DIR, decltype(close)> dir(::fdopendir(opened.fd.value()), close);
  if (!dir) {
    listing.code = errno;
    return listing;
  }
  opened.fd.release();
  int interrupts = 0;
  while (true) {
    errno = 0;
    const dirent* const entry = ::readdir(dir.get());
    if (entry == nullptr && errno == EINTR && ++interrupts < kInterruptsMax) continue;
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") listing.names.emplace_back(name);
  }
  listing.code = errno;
  return listing;
}

}  // namespace mp
