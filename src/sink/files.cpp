#include "sink/files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "codec/json_encode.hpp"
#include "core/hash.hpp"

namespace mp::sink {
namespace {

constexpr std::size_t kComponentMax = 200;
constexpr std::string_view kFilesLock = ".files.lock";
constexpr int kNamesMax = 16;  // of files beside each other that should have one name

}  // namespace

std::string safe_component(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    const bool mark = c == '_' || c == '-' || c == '+' || c == '@' || (c == '.' && i > 0);
    if (letter || mark) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(c);
    out.push_back('%');
    out.push_back(kHex[byte >> 4U]);
    out.push_back(kHex[byte & 15U]);
  }
  if (out.size() <= kComponentMax) return out;
  // '~' stands in no other component.
  out.resize(kComponentMax - 17);
  return out + "~" + hex_of(fnv1a(text));
}

Error file_error(std::string_view what, const std::filesystem::path& path, int code) {
  return os_error("cannot " + std::string{what} + " " + path.string(), code);
}

Result<void> make_folder(const std::filesystem::path& path) {
  if (const int code = make_folders(path); code != 0)
    return file_error("make the folder", path, code);
  return {};
}

Folders folders_of(const std::filesystem::path& target, std::uint32_t shard) {
  if (shard == 0) return {.target = target, .own = target, .prefix = ""};
  const std::string number = std::to_string(shard);
  return {.target = target, .own = target / (".shard-" + number), .prefix = "s" + number + "-"};
}

Result<Fd> lock_folder(const std::filesystem::path& folder) {
  if (auto made = make_folder(folder); !made) return made.error();
  const auto path = folder / ".lock";
  auto opened = open_file(path, O_RDWR | O_CREAT);
  if (opened.code != 0) return file_error("write to the folder", folder, opened.code);
  const int locked = lock_file(opened.fd);
  if (locked == 0) return std::move(opened.fd);
  if (locked != EWOULDBLOCK) return file_error("lock", path, locked);
  return Error{ErrorKind::locked,
               "another process writes to " + folder.string() + ": give each its own folder"};
}

Result<void> empty_folder(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::remove_all(folder, failed);
  if (failed) return file_error("remove the leftovers in", folder, failed.value());
  return make_folder(folder);
}

Result<Fd> create_file(const std::filesystem::path& path) {
  auto opened = open_file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (opened.code != 0) return file_error("make", path, opened.code);
  return std::move(opened.fd);
}

Result<void> sync_path(const std::filesystem::path& path) {
  const auto opened = open_file(path, O_RDONLY);
  if (opened.code != 0) return file_error("open", path, opened.code);
  if (const int code = sync_all(opened.fd); code != 0)
    return file_error("make durable", path, code);
  return {};
}

Result<void> sync_folder(const std::filesystem::path& path) {
  const auto opened = open_file(path, O_RDONLY);
  if (opened.code == ENOENT) return {};
  const int code = opened.code != 0 ? opened.code : sync_all(opened.fd);
  if (code != 0) return file_error("make durable", path, code);
  return {};
}

Result<Moved> move_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  int code = rename_new(from, to);
  if (code == ENOENT) {
    code = look_for(from);
    if (code == ENOENT) return Moved::was_not_there;
    if (code == 0) code = make_folders(to.parent_path());
    if (code == 0) code = rename_new(from, to);
  }
  const std::string name = to.filename().string();
  const std::size_t dot = std::min(name.find('.'), name.size());
  for (int number = 2; code == EEXIST && number <= kNamesMax; ++number) {
    const std::string beside = name.substr(0, dot) + "~" + std::to_string(number);
    code = rename_new(from, to.parent_path() / (beside + name.substr(dot)));
  }
  if (code != 0) return file_error("rename to", to, code);
  return Moved::yes;
}

Result<std::vector<std::filesystem::path>> files_below(const std::filesystem::path& folder,
                                                       unsigned levels) {
  std::vector<std::filesystem::path> found = {""};
  for (unsigned level = 0; level < levels; ++level) {
    std::vector<std::filesystem::path> next;
    for (const auto& path : found) {
      const Listing listing = list_folder(folder / path);
      if (listing.code == ENOENT || listing.code == ENOTDIR) continue;
      if (listing.code != 0) return file_error("read", folder / path, listing.code);
      for (const std::string& name : listing.names) {
        if (!name.starts_with('.')) next.push_back(path / name);
      }
    }
    found = std::move(next);
  }
  std::sort(found.begin(), found.end());
  return found;
}

// Whoever made the lock, others can have it: it need not be written to.
Result<Fd> share_files(const std::filesystem::path& folder, Sharing sharing) {
  const auto path = folder / kFilesLock;
  auto opened = open_file(path, O_RDONLY | O_CREAT);
  if (opened.code != 0 && sharing == Sharing::reads) {
    opened = open_file(path, O_RDONLY);
    if (opened.code != 0) return Fd{};
  }
  if (opened.code != 0) return file_error("make", path, opened.code);
  if (const int code = share_file(opened.fd); code != 0) return file_error("lock", path, code);
  return std::move(opened.fd);
}

Result<std::optional<Fd>> hold_files(const std::filesystem::path& folder) {
  const auto path = folder / kFilesLock;
  auto opened = open_file(path, O_RDONLY | O_CREAT);
  if (opened.code != 0) return file_error("make", path, opened.code);
  const int code = lock_file(opened.fd);
  if (code == EWOULDBLOCK) return std::optional<Fd>{};
  if (code != 0) return file_error("lock", path, code);
  return std::optional{std::move(opened.fd)};
}

std::uint64_t file_identity_of(const Event& event) {
  std::string text;
  codec::append_json(event, text);
  return fnv1a(text);
}

std::string hex_of(std::uint64_t value) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(value));
  return text.data();
}

std::string padded(std::uint64_t value) {
  std::array<char, 21> text{};
  std::snprintf(text.data(), text.size(), "%020llu", static_cast<unsigned long long>(value));
  return text.data();
}

}  // namespace mp::sink
