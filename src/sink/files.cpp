#include "sink/files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "codec/json_encode.hpp"

namespace mp::sink {
namespace {

constexpr std::size_t kComponentMax = 200;

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;
  return hash;
}

Error error_of(std::string_view what, const std::filesystem::path& path, int code) {
  const bool forbidden = code == EACCES || code == EPERM || code == EROFS;
  return Error{forbidden ? ErrorKind::permission : ErrorKind::io,
               "cannot " + std::string{what} + " " + path.string() + ": " +
                   std::system_category().message(code)};
}

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

Error file_error(std::string_view what, const std::filesystem::path& path) {
  return error_of(what, path, errno);
}

void File::close() {
  if (handle_ >= 0) ::close(std::exchange(handle_, -1));
}

Result<void> make_folder(const std::filesystem::path& path) {
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (failed) return error_of("make the folder", path, failed.value());
  return {};
}

Folders folders_of(const std::filesystem::path& target, std::uint32_t shard) {
  if (shard == 0) return {.target = target, .own = target, .prefix = ""};
  const std::string number = std::to_string(shard);
  return {.target = target, .own = target / (".shard-" + number), .prefix = "s" + number + "-"};
}

Result<File> lock_folder(const std::filesystem::path& folder) {
  if (auto made = make_folder(folder); !made) return made.error();
  const auto path = folder / ".lock";
  File file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)};
  if (!file.is_open()) return file_error("write to the folder", folder);
  if (::flock(file.handle(), LOCK_EX | LOCK_NB) == 0) return file;
  if (errno != EWOULDBLOCK) return file_error("lock", path);
  return Error{ErrorKind::locked,
               "another process writes to " + folder.string() + ": give each its own folder"};
}

Result<void> empty_folder(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::remove_all(folder, failed);
  if (failed) return error_of("remove the leftovers in", folder, failed.value());
  return make_folder(folder);
}

Result<File> create_file(const std::filesystem::path& path) {
  File file{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
  if (!file.is_open()) return file_error("make", path);
  return file;
}

Result<void> sync_file(const std::filesystem::path& path) {
  const File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.is_open()) return file_error("open", path);
  if (::fsync(file.handle()) != 0) return file_error("make durable", path);
  return {};
}

Result<void> move_file(const std::filesystem::path& from, const std::filesystem::path& to,
                       Durable durable) {
  if (auto made = make_folder(to.parent_path()); !made) return made;
  if (::rename(from.c_str(), to.c_str()) != 0) return file_error("rename to", to);
  if (durable == Durable::no) return {};
  return sync_file(to.parent_path());
}

std::uint64_t identity_of(const Event& event) {
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
