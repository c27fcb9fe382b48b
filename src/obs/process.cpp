#include "obs/process.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <system_error>

namespace mp::obs {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kKilobyte = 1024;

std::string first_line(const fs::path& file) {
  std::ifstream in{file};
  std::string line;
  std::getline(in, line);
  return line;
}

// utime and stime are the 14th and 15th word of stat; the second one is a name in parentheses that
// may hold blanks.
double seconds_in(const std::string& stat) {
  const auto name_end = stat.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream words{stat.substr(name_end + 1)};
  std::string skipped;
  for (int i = 0; i < 11; ++i) words >> skipped;
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  words >> user >> system;
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

ProcessMemory process_memory() {
  ProcessMemory out;
  std::ifstream in{"/proc/self/status"};
  std::string line;
  while (std::getline(in, line)) {
    std::istringstream words{line};
    std::string key;
    std::uint64_t kilobytes = 0;
    words >> key >> kilobytes;
    if (key == "VmRSS:") out.resident_bytes = kilobytes * kKilobyte;
    if (key == "RssAnon:") out.anonymous_bytes = kilobytes * kKilobyte;
  }
  return out;
}

std::vector<ThreadTime> thread_times() {
  std::vector<ThreadTime> out;
  std::error_code ended;
  for (const auto& task : fs::directory_iterator{"/proc/self/task", ended}) {
    const auto name = first_line(task.path() / "comm");
    if (name.empty()) continue;  // it has just ended
    const double seconds = seconds_in(first_line(task.path() / "stat"));
    const auto known = std::ranges::find(out, name, &ThreadTime::name);
    if (known == out.end()) {
      out.push_back({.name = name, .seconds = seconds});
    } else {
      known->seconds += seconds;
    }
  }
  std::ranges::sort(out, {}, &ThreadTime::name);
  return out;
}

double process_seconds() {
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) != 0) return 0;
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

Descriptors descriptors() {
  Descriptors out;
  std::error_code problem;
  for ([[maybe_unused]] const auto& each : fs::directory_iterator{"/proc/self/fd", problem})
    ++out.open;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) out.limit = limit.rlim_cur;
  return out;
}

void name_thread(const std::string& name) {
  constexpr std::size_t kKept = 15;
  (void)::pthread_setname_np(::pthread_self(), name.substr(0, kKept).c_str());
}

}  // namespace mp::obs
