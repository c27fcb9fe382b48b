#include "cli/running.hpp"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <system_error>

#include "codec/json_exact.hpp"
#include "core/files.hpp"
#include "net/local_client.hpp"

namespace mp::cli {
namespace {

constexpr const char* kUrlName = "control.url";
constexpr const char* kTokenName = "control.token";
constexpr std::chrono::seconds kAnswerPatience{5};

struct Refusal {
  std::string_view error;
};
using RefusalShape = codec::Shape<codec::Field<"error", &Refusal::error>>;

ErrorKind kind_of(unsigned status) {
  if (status == 400) return ErrorKind::usage;
  if (status == 401) return ErrorKind::permission;
  return status == 409 ? ErrorKind::locked : ErrorKind::unavailable;
}

}  // namespace

std::string sentence_in(const std::string& answer) {
  codec::ExactReader reader;
  Refusal refusal;
  return reader.read<RefusalShape>(answer, refusal) ? std::string{refusal.error} : answer;
}

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
  auto answer = net::get_local(url, target, kAnswerPatience);
  if (!answer) return answer.error();
  if (answer->status == 200) return std::move(answer->body);
  return Error{kind_of(answer->status),
               fmt::format("the collector at {} answers {} with {}: {}", url, target,
                           answer->status, sentence_in(answer->body))};
}

Result<std::string> tell_running(const std::string& url, std::string_view target,
                                 const std::filesystem::path& data_dir) {
  const auto file = data_dir / kTokenName;
  auto text = read_file(file);
  if (!text) return text.error();
  if (!*text) {
    return Error{ErrorKind::unavailable,
                 fmt::format("there is no {}; expected the data directory of the collector, as "
                             "--data says it",
                             file.string())};
  }
  std::string token = **text;
  while (token.ends_with('\n')) token.pop_back();
  auto answer = net::post_local(url, target, token, kAnswerPatience);
  if (!answer) return answer.error();
  if (answer->status / 100 == 2) return std::move(answer->body);
  const auto kind = answer->status == 400   ? ErrorKind::usage
                    : answer->status == 401 ? ErrorKind::permission
                    : answer->status == 409 ? ErrorKind::locked
                                            : ErrorKind::unavailable;
  return Error{kind,
               fmt::format("the collector at {} refuses: {}", url, sentence_in(answer->body))};
}

Result<std::filesystem::path> data_of_process(int pid) {
  // Its journal is open: above that lies where its page is.
  std::error_code code;
  const std::filesystem::path files = fmt::format("/proc/{}/fd", pid);
  for (auto each = std::filesystem::directory_iterator{files, code};
       !code && each != std::filesystem::directory_iterator{}; each.increment(code)) {
    std::error_code unread;  // a descriptor that is closed meanwhile
    auto folder = std::filesystem::read_symlink(each->path(), unread).parent_path();
    for (int up = 0; up < 3 && !unread && folder.has_relative_path(); ++up) {
      if (std::filesystem::exists(folder / kUrlName, unread)) return folder;
      folder = folder.parent_path();
    }
  }
  return Error{ErrorKind::unavailable,
               fmt::format("process {} is no collector whose files can be seen; name its data "
                           "directory with --data",
                           pid)};
}

}  // namespace mp::cli
