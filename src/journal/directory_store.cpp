// Segments, control page, lock and cursors as files of one directory.
#include <fcntl.h>
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
constexpr std::string_view kReadersFolder = "readers";

std::string file_of(std::uint64_t number, std::string_view suffix) {
  std::string digits = std::to_string(number);
  if (digits.size() < kNumberDigits) digits.insert(0, kNumberDigits - digits.size(), '0');
  return digits.append(suffix);
}

std::string cursor_file(const std::string& name) {
  return std::string(kReadersFolder) + "/" + name;
}

std::optional<std::uint64_t> number_of(std::string_view file) {
  if (!file.ends_with(kSegmentSuffix)) return std::nullopt;
  file.remove_suffix(kSegmentSuffix.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(file.data(), file.data() + file.size(), number);
  if (error != std::errc{} || end != file.data() + file.size() || file.size() != kNumberDigits)
    return std::nullopt;
  if (number == 0 || number > kSegmentNumberMax) return std::nullopt;
  return number;
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
  int remove_segment(std::uint64_t number) override {
    return remove_file(file_of(number, kSegmentSuffix), fd_.value());
  }
  Result<std::vector<std::uint64_t>> segments() const override;
  std::string segment_name(std::uint64_t number) const override {
    return (dir_ / file_of(number, kSegmentSuffix)).string();
  }
  Result<Fd> create_control() override;
  Result<Fd> open_control(Access access) override { return open_existing("control", access); }
  Result<Fd> open_cursor(std::string_view name) override;
  Result<Fd> find_cursor(std::string_view name) override {
    return open_existing(cursor_file(std::string(name).append(kCursorSuffix)), Access::read);
  }
  Result<std::vector<Fd>> cursors() const override;
  int sync() override { return sync_all(fd_); }
  std::filesystem::path location() const override { return dir_; }

 private:
  // What a killed writer left half-made.
  [[nodiscard]] Result<void> remove_unfinished() const;
  // Names in a folder of the journal.
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& folder) const;
  Result<Fd> open_existing(const std::string& name, Access access);
  Result<Fd> create_page(const std::string& name, const std::string& what);
  OpenedFile create_unfinished(std::uint64_t number) {
    return open_file(file_of(number, kUnfinishedSuffix), O_RDWR | O_CREAT | O_TRUNC, fd_.value());
  }
  // Gives the unfinished file its name, or removes it. Returns the errno value.
  int finish(std::uint64_t number, int code);

  std::filesystem::path dir_;
  Fd fd_;
};

Result<std::vector<std::string>> DirectoryStore::list(const std::string& folder) const {
  auto listing = list_folder(folder, fd_.value());
  if (listing.code != 0)
    return os_error(
        "cannot list the journal's folder " + (dir_ / folder).lexically_normal().string(),
        listing.code);
  return std::move(listing.names);
}

Result<void> DirectoryStore::remove_unfinished() const {
  const auto names = list(".");
  if (!names) return names.error();
  for (const std::string& name : *names) {
    if (!name.ends_with(kUnfinishedSuffix)) continue;
    if (const int code = remove_file(name, fd_.value()); code != 0)
      return os_error("cannot remove " + (dir_ / name).string(), code);
  }
  return {};
}

Result<Fd> DirectoryStore::lock() {
  const std::string path = (dir_ / "lock").string();
  auto opened = open_file("lock", O_RDWR | O_CREAT, fd_.value());
  if (opened.code != 0) return os_error("cannot open the journal's lock file " + path, opened.code);
  const int locked = lock_file(opened.fd);
  std::array<char, 24> text{};
  if (locked == EWOULDBLOCK) {
    const Done got = read_at(opened.fd, std::as_writable_bytes(std::span{text}), 0);
    std::string holder(text.data(), got.bytes);
    while (!holder.empty() && holder.back() == '\n') holder.pop_back();
    return Error{ErrorKind::locked,
                 "the journal " + dir_.string() + " is being written by process " +
                     (holder.empty() ? "(unknown)" : holder) +
                     "; a journal has one writer: stop that process or use another directory"};
  }
  if (locked != 0) return os_error("cannot lock " + path, locked);
  const int size = std::snprintf(text.data(), text.size(), "%d\n", ::getpid());
  // The number is for people; the lock holds without it, on a full disk too.
  if (::ftruncate(opened.fd.value(), 0) == 0)
    static_cast<void>(write_all(opened.fd, {text.data(), static_cast<std::size_t>(size)}));
  if (auto removed = remove_unfinished(); !removed) return removed.error();
  return std::move(opened.fd);
}

int DirectoryStore::finish(std::uint64_t number, int code) {
  const std::string unfinished = file_of(number, kUnfinishedSuffix);
  if (code == 0) code = rename_new(unfinished, file_of(number, kSegmentSuffix), fd_.value());
  if (code != 0) static_cast<void>(remove_file(unfinished, fd_.value()));
  return code;
}

Store::Created DirectoryStore::create_segment(std::uint64_t number, std::uint64_t bytes) {
  auto opened = create_unfinished(number);
  if (opened.code != 0) return {Fd{}, opened.code};
  const int code = finish(number, reserve_blocks(opened.fd, bytes));
  return code == 0 ? Created{std::move(opened.fd), 0} : Created{Fd{}, code};
}

int DirectoryStore::add_segment(std::uint64_t number, std::span<const std::byte> bytes) {
  const auto opened = create_unfinished(number);
  if (opened.code != 0) return opened.code;
  int code = write_all(opened.fd, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}).code;
  if (code == 0) code = sync_data(opened.fd);
  return finish(number, code);
}

Result<std::vector<std::uint64_t>> DirectoryStore::segments() const {
  const auto names = list(".");
  if (!names) return names.error();
  std::vector<std::uint64_t> numbers;
  for (const std::string& name : *names)
    if (const auto number = number_of(name)) numbers.push_back(*number);
  std::ranges::sort(numbers);
  return numbers;
}

Result<Fd> DirectoryStore::open_existing(const std::string& name, Access access) {
  auto opened = open_file(name, access == Access::write ? O_RDWR : O_RDONLY, fd_.value());
  if (opened.code != 0 && opened.code != ENOENT)
    return os_error("cannot open " + (dir_ / name).string(), opened.code);
  return std::move(opened.fd);
}

Result<Fd> DirectoryStore::create_page(const std::string& name, const std::string& what) {
  auto opened = open_file(name, O_RDWR | O_CREAT, fd_.value());
  if (opened.code != 0) return os_error(what, opened.code);
  if (const int code = reserve_blocks(opened.fd, kPageBytes); code != 0)
    return os_error(what, code);
  return std::move(opened.fd);
}

Result<Fd> DirectoryStore::create_control() {
  return create_page("control", "cannot create " + (dir_ / "control").string());
}

Result<Fd> DirectoryStore::open_cursor(std::string_view name) {
  const std::string what = "cannot create the cursor of reader " + std::string(name) + " in " +
                           (dir_ / kReadersFolder).string();
  if (const int code = make_folders(kReadersFolder, fd_.value()); code != 0)
    return os_error(what, code);
  return create_page(cursor_file(std::string(name).append(kCursorSuffix)), what);
}

Result<std::vector<Fd>> DirectoryStore::cursors() const {
  std::vector<Fd> fds;
  const int there = look_for(std::string(kReadersFolder), fd_.value());
  if (there == ENOENT) return fds;
  const auto names = list(std::string(kReadersFolder));
  if (!names) return names.error();
  for (const std::string& name : *names) {
    if (!name.ends_with(kCursorSuffix)) continue;
    auto opened = open_file(cursor_file(name), O_RDONLY, fd_.value());
    if (opened.code == ENOENT) continue;
    if (opened.code != 0)
      return os_error("cannot open " + (dir_ / cursor_file(name)).string(), opened.code);
    fds.push_back(std::move(opened.fd));
  }
  return fds;
}

}  // namespace

Result<std::shared_ptr<Store>> open_directory_store(const std::filesystem::path& dir,
                                                    OpenMode mode) {
  const std::string what = mode == OpenMode::create ? "cannot write the journal directory "
                                                    : "cannot read the journal directory ";
  if (mode == OpenMode::create) {
    if (const int code = make_folders(dir); code != 0) return os_error(what + dir.string(), code);
  }
  auto opened = open_file(dir, O_RDONLY | O_DIRECTORY);
  if (opened.code != 0) return os_error(what + dir.string(), opened.code);
  if (mode == OpenMode::create && ::faccessat(opened.fd.value(), ".", W_OK | X_OK, AT_EACCESS) != 0)
    return os_error(what + dir.string(), errno);
  return std::shared_ptr<Store>(std::make_shared<DirectoryStore>(dir, std::move(opened.fd)));
}

}  // namespace mp::journal
