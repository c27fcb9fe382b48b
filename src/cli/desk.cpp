#include "cli/desk.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <span>
#include <thread>

#include "net/clock.hpp"

namespace mp::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLockName = "desk.lock";
constexpr const char* kAskingName = "desk.asking";  // one asks at a time
constexpr const char* kQuestionName = "desk.question";
constexpr const char* kAnswerName = "desk.answer";
constexpr std::size_t kQuestionBytesMax = 256;
constexpr std::chrono::milliseconds kLookEvery{20};
constexpr std::chrono::seconds kDeskPatience{30};

Error nobody(const fs::path& data_dir) {
  return {ErrorKind::unavailable,
          fmt::format("no collector runs in {}; expected one that was started by `marketprism run "
                      "CONFIG` or `marketprism run VENUE:NAME`, with this data directory",
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

// Waits for others that ask; their questions take no longer than their patience.
Result<Fd> turn_to_ask(const fs::path& data_dir, net::SteadyTime deadline) {
  const fs::path file = data_dir / kAskingName;
  auto opened = open_file(file, O_RDWR | O_CREAT);
  if (opened.code != 0) return os_error("cannot open " + file.string(), opened.code);
  while (true) {
    const int locked = lock_file(opened.fd);
    if (locked == 0) return std::move(opened.fd);
    if (locked != EWOULDBLOCK) return os_error("cannot lock " + file.string(), locked);
    if (net::steady_now() >= deadline) {
      return Error{ErrorKind::unavailable,
                   fmt::format("others ask the collector of {}, and were not done within {} s",
                               data_dir.string(), kDeskPatience.count())};
    }
    std::this_thread::sleep_for(kLookEvery);
  }
}

// An answer begins with a line of its own: to whom it is given, and the code. Nothing: it is given
// to another, or is none.
std::optional<Desk::Answer> answer_to(std::string_view from, const std::string& text) {
  const auto line_end = text.find('\n');
  if (line_end == std::string::npos || !text.starts_with(std::string{from} + " ")) return {};
  Desk::Answer answer;
  const char* const end = text.data() + line_end;
  if (std::from_chars(text.data() + from.size() + 1, end, answer.code).ptr != end) return {};
  answer.text = text.substr(line_end + 1);
  return answer;
}

}  // namespace

Result<std::unique_ptr<Desk>> Desk::open(const fs::path& data_dir) {
  auto opened = open_file(data_dir / kLockName, O_RDWR | O_CREAT);
  if (opened.code != 0)
    return os_error("cannot open " + (data_dir / kLockName).string(), opened.code);
  const int locked = lock_file(opened.fd);
  if (locked == EWOULDBLOCK) {
    return Error{ErrorKind::locked,
                 fmt::format("another collector has the data directory {}", data_dir.string())};
  }
  if (locked != 0) return os_error("cannot lock " + (data_dir / kLockName).string(), locked);
  (void)remove_file(data_dir / kQuestionName);  // that an earlier collector did not live to answer
  if (::ftruncate(opened.fd.value(), 0) != 0)
    return os_error("cannot write " + (data_dir / kLockName).string(), errno);
  const Done done = write_all(opened.fd, fmt::format("{}\n", ::getpid()));
  if (done.code != 0) return os_error("cannot write " + (data_dir / kLockName).string(), done.code);
  return std::unique_ptr<Desk>{new Desk{data_dir, std::move(opened.fd)}};
}

// A line: who asks, and what.
std::optional<Desk::Question> Desk::question() {
  const fs::path file = data_dir_ / kQuestionName;
  const auto text = read_file(file);
  if (!text || !*text) return std::nullopt;
  (void)remove_file(file);
  const std::string_view line = std::string_view{**text}.substr(0, (**text).find('\n'));
  const auto blank = line.find(' ');
  if (line.size() > kQuestionBytesMax || blank == std::string_view::npos) return std::nullopt;
  return Question{std::string{line.substr(0, blank)}, std::string{line.substr(blank + 1)}};
}

Result<void> Desk::answer(const Question& question, const Answer& answer) {
  const fs::path file = data_dir_ / kAnswerName;
  const auto text = fmt::format("{} {}\n{}", question.from, answer.code, answer.text);
  if (const int code = replace_whole(file, text, Written::in_time); code != 0)
    return os_error("cannot write " + file.string(), code);
  return {};
}

Result<Desk::Answer> Desk::ask(const fs::path& data_dir, std::string_view text) {
  const auto pid = holder_of(data_dir);
  if (!pid) return pid.error();
  if (!*pid) return nobody(data_dir);
  const auto deadline = net::steady_now() + kDeskPatience;
  const auto turn = turn_to_ask(data_dir, deadline);
  if (!turn) return turn.error();
  const auto from = fmt::format("{}-{}", ::getpid(), to_nanoseconds(net::now()));
  const fs::path question = data_dir / kQuestionName;
  if (const int code =
          replace_whole(question, fmt::format("{} {}\n", from, text), Written::in_time);
      code != 0)
    return os_error("cannot write " + question.string(), code);
  while (net::steady_now() < deadline) {
    const auto now = read_file(data_dir / kAnswerName);
    if (!now) return now.error();
    if (*now) {
      if (auto answer = answer_to(from, **now)) return *answer;
    }
    const auto still = holder_of(data_dir);
    if (still && !*still) {
      (void)remove_file(question);
      return nobody(data_dir);
    }
    std::this_thread::sleep_for(kLookEvery);
  }
  (void)remove_file(question);
  return Error{ErrorKind::unavailable,
               fmt::format("the collector of {}, process {}, has not answered within {} s",
                           data_dir.string(), **pid, kDeskPatience.count())};
}

}  // namespace mp::cli
