#include "cli/running.hpp"

#include <fmt/format.h>

#include <chrono>
#include <system_error>

#include "core/files.hpp"
#include "net/local_client.hpp"

namespace mp::cli {
namespace {

constexpr const char* kUrlName = "control.url";
constexpr std::chrono::seconds kPatience{5};

}  // namespace

Result<void> note_running(const std::filesystem::path& data_dir, const std::string& url) {
  const auto file = data_dir / kUrlName;
  if (const int code = replace_whole(file, url + "\n", Written::in_time); code != 0)
    return os_error("cannot write " + file.string(), code);
  return {};
}

void forget_running(const std::filesystem::path& data_dir) {
  std::error_code ignored;  // a name that leads nowhere is found out
  std::filesystem::remove(data_dir / kUrlName, ignored);
}

Result<std::string> find_running(const std::filesystem::path& data_dir, const std::string& url) {
  if (!url.empty()) return url;
  auto text = read_file(data_dir / kUrlName);
  if (!text) return text.error();
  if (!*text) {
    return Error{ErrorKind::unavailable,
                 fmt::format("no collector runs in {}; name its data directory with --data, or its "
                             "page with --url http://HOST:PORT",
                             data_dir.string())};
  }
  std::string found = **text;
  while (found.ends_with('\n')) found.pop_back();
  return found;
}

Result<std::string> ask_running(const std::string& url, std::string_view target) {
  auto answer = net::get_local(url, target, kPatience);
  if (!answer) return answer.error();
  if (answer->status == 200) return std::move(answer->body);
  return Error{ErrorKind::unavailable, fmt::format("the collector at {} answers {} with {}: {}",
                                                   url, target, answer->status, answer->body)};
}

}  // namespace mp::cli
