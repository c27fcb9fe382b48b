#include "cli/output.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>  // also program_invocation_name, of glibc
#include <cstdio>
#include <system_error>

#include "core/utf8.hpp"

namespace mp::cli {

Result<void> Output::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty() && !reader_gone_ && !failure_) {
    const auto written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EPIPE) {
      reader_gone_ = true;
    } else if (errno != EINTR) {
      failure_ = Error{ErrorKind::io, fmt::format("cannot write to the standard output: {}",
                                                  std::generic_category().message(errno))};
    }
  }
  buffer_.clear();
  if (failure_) return *failure_;
  return {};
}

int after_output(int code) {
  errno = 0;
  const bool failed = std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
  if (!failed || code != 0) return code;
  const int why = errno;
  // Nobody reads a pipe any more: nobody wants more.
  pollfd out{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
  const bool reader_gone = ::poll(&out, 1, 0) > 0 && (out.revents & POLLERR) != 0;
  if (reader_gone) return code;
  std::string sentence = "cannot write all of the answer to the standard output";
  if (why != 0) sentence += ": " + std::generic_category().message(why);
  return fail({ErrorKind::io, sentence});
}

std::string_view program() {
  return program_invocation_name;
}

std::string harmless(std::string_view sentence) {
  constexpr std::size_t kLineMax = 8192;
  std::string text;
  while (true) {
    const auto line = sentence.substr(0, sentence.find('\n'));
    text.append(printable(line, kLineMax));
    if (line.size() == sentence.size()) return text;
    text.push_back('\n');
    sentence.remove_prefix(line.size() + 1);
  }
}

void complain(std::string_view sentence) {
  const std::string text = "marketprism: " + harmless(sentence) + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
}

int fail(const Error& error) {
  complain(error.message);
  return exit_code(error.kind);
}

}  // namespace mp::cli
