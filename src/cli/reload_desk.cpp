#include "cli/reload_desk.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <optional>
#include <span>
#include <thread>

#include "net/clock.hpp"

namespace mp::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLockName = "reload.lock";
constexpr const char* kAnswerName = "reload.answer";
constexpr std::chrono::milliseconds kLookEvery{20};
constexpr std::chrono::seconds kPatience{30};

Error nobody(const fs::path& data_dir) {
  return {ErrorKind::unavailable,
          fmt::format("no collector that has a configuration file runs in {}; expected one that "
                      "was started by `marketprism run CONFIG`",
                      data_dir.string())};
}

// Of the collector that holds the lock; none: nobody does.
Result<std::optional<pid_t>> holder_of(const fs::path& data_dir) {
  const auto opened = open_file(data_dir / kLockName, O_RDWR);
  if (opened.code == ENOENT || opened.code == ENOTDIR) return std::optional<pid_t>{};
  if (opened.code != 0)
    return os_error("cannot open " + (data_dir / kLockName).string(), opened.code);
  const int locked = lock_file(opened.fd);
  if (locked == 0) return std::optional<pid_t>{};
  if (locked != EWOULDBLOCK)
    return os_error("cannot look at " + (data_dir / kLockName).string(), locked);
  std::array<char, 24> text{};
  const Done got = read_at(opened.fd, std::as_writable_bytes(std::span{text}), 0);
  pid_t pid = 0;
  std::from_chars(text.data(), text.data() + got.bytes, pid);
  if (pid <= 0) return std::optional<pid_t>{};  // it has only just come
  return std::optional{pid};
}

// An answer begins with a line of its own: when it was given, and the code.
Result<ReloadDesk::Answer> parsed(const std::string& text) {
  const auto blank = text.find(' ');
  const auto line_end = text.find('\n');
  ReloadDesk::Answer answer;
  const bool whole =
      blank != std::string::npos && line_end != std::string::npos &&
      std::from_chars(text.data() + blank + 1, text.data() + line_end, answer.code).ec ==
          std::errc{};
  if (!whole) return Error{ErrorKind::data, "the collector's answer cannot be read"};
  answer.text = text.substr(line_end + 1);
  return answer;
}

}  // namespace

Result<std::unique_ptr<ReloadDesk>> ReloadDesk::open(const fs::path& data_dir) {
  auto opened = open_file(data_dir / kLockName, O_RDWR | O_CREAT);
  if (opened.code != 0)
    return os_error("cannot open " + (data_dir / kLockName).string(), opened.code);
  const int locked = lock_file(opened.fd);
  if (locked == EWOULDBLOCK) {
    return Error{ErrorKind::locked,
                 fmt::format("another collector has the data directory {}", data_dir.string())};
  }
  if (locked != 0) return os_error("cannot lock " + (data_dir / kLockName).string(), locked);
  if (::ftruncate(opened.fd.value(), 0) != 0)
    return os_error("cannot write " + (data_dir / kLockName).string(), errno);
  const Done done = write_all(opened.fd, fmt::format("{}\n", ::getpid()));
  if (done.code != 0) return os_error("cannot write " + (data_dir / kLockName).string(), done.code);
  return std::unique_ptr<ReloadDesk>{new ReloadDesk{data_dir, std::move(opened.fd)}};
}

Result<void> ReloadDesk::answer(const Answer& answer) {
  const fs::path file = data_dir_ / kAnswerName;
  const auto text = fmt::format("{} {}\n{}", to_nanoseconds(net::now()), answer.code, answer.text);
  if (const int code = replace_whole(file, text, Written::in_time); code != 0)
    return os_error("cannot write " + file.string(), code);
  return {};
}

Result<ReloadDesk::Answer> ReloadDesk::ask(const fs::path& data_dir) {
  const auto before = read_file(data_dir / kAnswerName);
  if (!before) return before.error();
  const auto pid = holder_of(data_dir);
  if (!pid) return pid.error();
  if (!*pid) return nobody(data_dir);
  if (::kill(**pid, SIGHUP) != 0)
    return os_error(fmt::format("cannot ask the collector, process {}", **pid), errno);
  const auto deadline = net::steady_now() + kPatience;
  while (net::steady_now() < deadline) {
    const auto now = read_file(data_dir / kAnswerName);
    if (!now) return now.error();
    if (*now && *now != *before) return parsed(**now);
    const auto still = holder_of(data_dir);
    if (still && !*still) return nobody(data_dir);
    std::this_thread::sleep_for(kLookEvery);
  }
  return Error{ErrorKind::unavailable,
               fmt::format("the collector of {}, process {}, has not answered within {} s",
                           data_dir.string(), **pid, kPatience.count())};
}

}  // namespace mp::cli
