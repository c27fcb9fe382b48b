#include "cli/source_lines.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <sstream>

#include "core/files.hpp"

namespace mp::cli {
namespace {

constexpr std::size_t kOutputBytesMax = std::size_t{4} << 20U;

// What a program writes, at most so much of it. Nothing: it cannot be run, or failed.
std::optional<std::string> output_of(std::vector<std::string> words) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  const Fd in{ends[0]};
  Fd out{ends[1]};
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions{};
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, out.value(), STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int code =
      ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  out.close();
  if (code != 0) return std::nullopt;
  std::string text;
  std::array<char, 4096> bytes{};
  while (text.size() < kOutputBytesMax) {
    const auto got = ::read(in.value(), bytes.data(), bytes.size());
    if (got <= 0) break;
    text.append(bytes.data(), static_cast<std::size_t>(got));
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status == 0 ? std::optional{std::move(text)} : std::nullopt;
}

// "/some/where/engine.cpp:66 (discriminator 3)" is engine.cpp:66; "??:0" is nothing.
std::string short_line(std::string line) {
  line = line.substr(0, line.find(' '));
  if (line.starts_with("??") || line.ends_with(":?") || line.ends_with(":0")) return {};
  const auto slash = line.rfind('/');
  return slash == std::string::npos ? line : line.substr(slash + 1);
}

}  // namespace

std::vector<std::string> source_lines(const std::string& module,
                                      const std::vector<std::uint64_t>& offsets) {
  std::vector<std::string> out(offsets.size());
  // -a: each answer begins with its address, behind which are the lines of what is inlined there.
  std::vector<std::string> words{"addr2line", "-a", "-i", "-e", module};
  for (const auto offset : offsets) words.push_back(fmt::format("{:#x}", offset));
  const auto text = output_of(std::move(words));
  if (!text) return out;
  std::istringstream lines{*text};
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("0x")) {
      if (++number > out.size()) break;
      continue;
    }
    if (number == 0) continue;
    auto& found = out[number - 1];
    const bool of_library = line.find("/include/c++/") != std::string::npos;
    if (found.empty() && !of_library) found = short_line(line);
  }
  return out;
}

}  // namespace mp::cli
