#include "bench/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>

extern char** environ;

namespace mp::bench {
namespace {

constexpr std::chrono::milliseconds kGoodbye{3000};

Error system_error(const std::string& what, int code) {
  return {ErrorKind::io, what + ": " + std::strerror(code)};
}

}  // namespace

Result<Child> Child::start(const std::vector<std::string>& arguments) {
  std::array<int, 2> input{};
  std::array<int, 2> output{};
  if (::pipe2(input.data(), O_CLOEXEC) != 0 || ::pipe2(output.data(), O_CLOEXEC) != 0) {
    return system_error("cannot make a pipe", errno);
  }
  std::vector<std::string> words{"marketprism"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  pid_t process = 0;
  const int code =
      ::posix_spawn(&process, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(input[0]);
  ::close(output[1]);
  if (code != 0) {
    ::close(input[1]);
    ::close(output[0]);
    return system_error("cannot start a process for " + arguments.front(), code);
  }
  return Child{process, input[1], output[0]};
}

Child::Child(Child&& other) noexcept
    : process_(std::exchange(other.process_, 0)),
      input_(std::exchange(other.input_, -1)),
      output_(std::exchange(other.output_, -1)),
      buffer_(std::move(other.buffer_)) {}

Child::~Child() {
  if (process_ == 0) return;
  ::close(input_);
  // Its output ends with it.
  while (line(kGoodbye)) {
  }
  ::close(output_);
  ::kill(process_, SIGKILL);
  int status = 0;
  ::waitpid(process_, &status, 0);
}

Result<std::string> Child::line(std::chrono::milliseconds longest) {
  const auto deadline = std::chrono::steady_clock::now() + longest;
  while (true) {
    if (const auto end = buffer_.find('\n'); end != std::string::npos) {
      std::string out = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return out;
    }
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd ready{.fd = output_, .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) {
      return Error{ErrorKind::unavailable, "a process of the bench did not answer in time"};
    }
    std::array<char, 4096> bytes{};
    const ssize_t count = ::read(output_, bytes.data(), bytes.size());
    if (count <= 0) {
      return Error{ErrorKind::unavailable, "a process of the bench ended before its answer"};
    }
    buffer_.append(bytes.data(), static_cast<std::size_t>(count));
  }
}

void Child::say(std::string_view text) {
  const std::string whole = std::string{text} + "\n";
  // Where it has ended, the next line() says so.
  [[maybe_unused]] const ssize_t written = ::write(input_, whole.data(), whole.size());
}

double number_in(std::string_view line, std::string_view key) {
  const std::string pattern = "\"" + std::string{key} + "\":";
  const auto at = line.find(pattern);
  if (at == std::string_view::npos) return 0;
  return std::strtod(std::string{line.substr(at + pattern.size())}.c_str(), nullptr);
}

}  // namespace mp::bench
