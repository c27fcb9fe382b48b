// Segments, control page, lock and cursors as files of one directory.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <optional>

#include "journal/format.hpp"
#include "journal/store.hpp"

namespace mp::journal {
namespace {

constexpr std::string_view kSegmentSuffix = ".segment";
constexpr std::string_view kUnfinishedSuffix = ".new";
constexpr std::string_view kCursorSuffix = ".cursor";
constexpr std::size_t kNumberDigits = 16;
constexpr mode_t kFileMode = 0644;
constexpr mode_t kDirectoryMode = 0755;

std::string file_of(std::uint64_t number, std::string_view suffix) {
  std::string digits = std::to_string(number);
  if (digits.size() < kNumberDigits) digits.insert(0, kNumberDigits - digits.size(), '0');
  return digits.append(suffix);
}

std::optional<std::uint64_t> number_of(std::string_view file) {
  if (!file.ends_with(kSegmentSuffix)) return std::nullopt;
  file.remove_suffix(kSegmentSuffix.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(file.data(), file.data() + file.size(), number);
  if (error != std::errc{} || end != file.data() + file.size() || file.size() < kNumberDigits)
    return std::nullopt;
  return number;
}

std::vector<std::string> list(int dir_fd, const char* path) {
  std::vector<std::string> names;
  const int fd = ::openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return names;
  DIR* const dir = ::fdopendir(fd);  // owns fd
  if (dir == nullptr) {
    ::close(fd);
    return names;
  }
  while (const dirent* entry = ::readdir(dir)) names.emplace_back(entry->d_name);
  ::closedir(dir);
  return names;
}

int write_all(const Fd& fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd.value(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count < 0 ? errno : EIO;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return 0;
}

class DirectoryStore final : public Store {
 public:
  DirectoryStore(std::filesystem::path dir, Fd fd) : dir_(std::move(dir)), fd_(std::move(fd)) {}

  Result<Fd> lock() override;
  Created create_segment(std::uint64_t number, std::uint64_t bytes) override;
  int add_segment(std::uint64_t number, std::span<const std::byte> bytes) override;
  Result<Fd> open_segment(std::uint64_t number, Access access) override {
    return open_existing(file_of(number, kSegmentSuffix), access);
  }
  void remove_segment(std::uint64_t number) override {
    ::unlinkat(fd_.value(), file_of(number, kSegmentSuffix).c_str(), 0);
  }
  std::vector<std::uint64_t> segments() const override;
  std::string segment_name(std::uint64_t number) const override {
    return (dir_ / file_of(number, kSegmentSuffix)).string();
  }
  Result<Fd> create_control() override;
  Result<Fd> open_control(Access access) override { return open_existing("control", access); }
  Result<Fd> open_cursor(std::string_view name) override;
  std::vector<Fd> cursors() const override;
  void sync() override { ::fsync(fd_.value()); }
  std::filesystem::path location() const override { return dir_; }

 private:
  // What a killed writer left half-made.
  void remove_unfinished() const {
    for (const std::string& name : list(fd_.value(), "."))
      if (name.ends_with(kUnfinishedSuffix)) ::unlinkat(fd_.value(), name.c_str(), 0);
  }
  Result<Fd> open_existing(const std::string& name, Access access);
  Fd create_unfinished(std::uint64_t number) {
    return Fd(::openat(fd_.value(), file_of(number, kUnfinishedSuffix).c_str(),
                       O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode));
  }
  // Gives the unfinished file its name, or removes it. Returns the errno value.
  int finish(std::uint64_t number, int code);

  std::filesystem::path dir_;
  Fd fd_;
};

Result<Fd> DirectoryStore::lock() {
  const std::string path = (dir_ / "lock").string();
  Fd fd(::openat(fd_.value(), "lock", O_RDWR | O_CREAT | O_CLOEXEC, kFileMode));
  if (!fd.open()) return os_error("cannot open the journal's lock file " + path, errno);
  std::array<char, 24> text{};
  if (::flock(fd.value(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return os_error("cannot lock " + path, errno);
    const ssize_t count = ::pread(fd.value(), text.data(), text.size() - 1, 0);
    std::string holder(text.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
    while (!holder.empty() && holder.back() == '\n') holder.pop_back();
    return Error{ErrorKind::locked,
                 "the journal " + dir_.string() + " is being written by process " +
                     (holder.empty() ? "(unknown)" : holder) +
                     "; a journal has one writer: stop that process or use another directory"};
  }
  const int size = std::snprintf(text.data(), text.size(), "%d\n", ::getpid());
  // The number is for people; the lock holds without it, on a full disk too.
  if (::ftruncate(fd.value(), 0) == 0) {
    const ssize_t written = ::pwrite(fd.value(), text.data(), static_cast<std::size_t>(size), 0);
    static_cast<void>(written);
  }
  remove_unfinished();
  return fd;
}

int DirectoryStore::finish(std::uint64_t number, int code) {
  const std::string unfinished = file_of(number, kUnfinishedSuffix);
  if (code == 0 && ::renameat(fd_.value(), unfinished.c_str(), fd_.value(),
                              file_of(number, kSegmentSuffix).c_str()) != 0)
    code = errno;
  if (code != 0) ::unlinkat(fd_.value(), unfinished.c_str(), 0);
  return code;
}

Store::Created DirectoryStore::create_segment(std::uint64_t number, std::uint64_t bytes) {
  Fd fd = create_unfinished(number);
  if (!fd.open()) return {Fd{}, errno};
  const int code = finish(number, reserve_blocks(fd, bytes));
  return code == 0 ? Created{std::move(fd), 0} : Created{Fd{}, code};
}

int DirectoryStore::add_segment(std::uint64_t number, std::span<const std::byte> bytes) {
  const Fd fd = create_unfinished(number);
  if (!fd.open()) return errno;
  int code = write_all(fd, bytes);
  if (code == 0 && ::fdatasync(fd.value()) != 0) code = errno;
  return finish(number, code);
}

std::vector<std::uint64_t> DirectoryStore::segments() const {
  std::vector<std::uint64_t> numbers;
  for (const std::string& name : list(fd_.value(), "."))
    if (const auto number = number_of(name)) numbers.push_back(*number);
  std::ranges::sort(numbers);
  return numbers;
}

Result<Fd> DirectoryStore::open_existing(const std::string& name, Access access) {
  const int flags = (access == Access::write ? O_RDWR : O_RDONLY) | O_CLOEXEC;
  Fd fd(::openat(fd_.value(), name.c_str(), flags));
  if (!fd.open() && errno != ENOENT)
    return os_error("cannot open " + (dir_ / name).string(), errno);
  return fd;
}

Result<Fd> DirectoryStore::create_control() {
  Fd fd(::openat(fd_.value(), "control", O_RDWR | O_CREAT | O_CLOEXEC, kFileMode));
  const std::string what = "cannot create " + (dir_ / "control").string();
  if (!fd.open()) return os_error(what, errno);
  if (const int code = reserve_blocks(fd, kPageBytes); code != 0) return os_error(what, code);
  return fd;
}

Result<Fd> DirectoryStore::open_cursor(std::string_view name) {
  const std::string what = "cannot create the cursor of reader " + std::string(name) + " in " +
                           (dir_ / "readers").string();
  if (::mkdirat(fd_.value(), "readers", kDirectoryMode) != 0 && errno != EEXIST)
    return os_error(what, errno);
  const std::string file = "readers/" + std::string(name).append(kCursorSuffix);
  Fd fd(::openat(fd_.value(), file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode));
  if (!fd.open()) return os_error(what, errno);
  if (const int code = reserve_blocks(fd, kPageBytes); code != 0) return os_error(what, code);
  return fd;
}

std::vector<Fd> DirectoryStore::cursors() const {
  std::vector<Fd> fds;
  for (const std::string& name : list(fd_.value(), "readers")) {
    if (!name.ends_with(kCursorSuffix)) continue;
    Fd fd(::openat(fd_.value(), ("readers/" + name).c_str(), O_RDONLY | O_CLOEXEC));
    if (fd.open()) fds.push_back(std::move(fd));
  }
  return fds;
}

}  // namespace

Result<std::shared_ptr<Store>> open_directory_store(const std::filesystem::path& dir,
                                                    OpenMode mode) {
  const std::string what = mode == OpenMode::create ? "cannot write the journal directory "
                                                    : "cannot read the journal directory ";
  if (mode == OpenMode::create) {
    std::error_code problem;
    std::filesystem::create_directories(dir, problem);
    if (problem) return os_error(what + dir.string(), problem.value());
  }
  Fd fd(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.open()) return os_error(what + dir.string(), errno);
  if (mode == OpenMode::create && ::faccessat(fd.value(), ".", W_OK | X_OK, AT_EACCESS) != 0)
    return os_error(what + dir.string(), errno);
  return std::shared_ptr<Store>(std::make_shared<DirectoryStore>(dir, std::move(fd)));
}

}  // namespace mp::journal
