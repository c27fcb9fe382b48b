// A child process that talks in lines: this program again, with other arguments.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace mp::bench {

class Child {
 public:
  // Runs this program's file with `arguments`; its standard input and output are pipes to us.
  static Result<Child> start(const std::vector<std::string>& arguments);
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();  // closes its input, waits a moment, then ends it

  // Its next line, without the line end. An error when none comes in time.
  [[nodiscard]] Result<std::string> line(std::chrono::milliseconds longest);
  void say(std::string_view line);

 private:
  Child(pid_t process, int input, int output) : process_(process), input_(input), output_(output) {}

  pid_t process_;
  int input_;
  int output_;
  std::string buffer_;
};

// The number that follows "key": in a line of JSON; 0 where there is none.
[[nodiscard]] double number_in(std::string_view line, std::string_view key);

}  // namespace mp::bench
