#include "sim/own_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mp::sim {
namespace {

constexpr std::string_view kPemBeginning = "-----BEGIN CERTIFICATE-----";
constexpr std::size_t kLookedAt = 64;  // bytes, of a file that is there
constexpr std::string_view kAuthority = "its certificate authority";

Error unwritable(std::string_view what, const std::string& path) {
  return {ErrorKind::io,
          fmt::format("cannot write {} to {}; expected a path that can be written", what, path)};
}

}  // namespace

Result<std::ofstream> open_own_file(const std::string& path,
                                    std::initializer_list<std::string_view> begin,
                                    std::string_view what) {
  if (std::ifstream there{path, std::ios::binary}; there) {
    std::array<char, kLookedAt> buffer;
    there.read(buffer.data(), buffer.size());
    const std::string_view text{buffer.data(), static_cast<std::size_t>(there.gcount())};
    const auto is_beginning = [text](std::string_view each) { return text.starts_with(each); };
    if (!text.empty() && std::ranges::none_of(begin, is_beginning)) {
      return Error{
          ErrorKind::usage,
          fmt::format("{} is there and is not {}, which would overwrite it; expected a new "
                      "file, or one of before",
                      path, what)};
    }
  }
  std::ofstream out{path, std::ios::trunc | std::ios::binary};
  if (!out) return unwritable(what, path);
  return out;
}

Result<void> write_authority(const std::string& path, const std::string& pem) {
  auto file = open_own_file(path, {kPemBeginning}, kAuthority);
  if (!file) return file.error();
  *file << pem;
  file->close();
  return *file ? Result<void>{} : unwritable(kAuthority, path);
}

}  // namespace mp::sim
