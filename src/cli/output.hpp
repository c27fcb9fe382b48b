// L6. Standard output for data: buffered, and honest about a reader that went away or a full disk.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace mp::cli {

class Output {
 public:
  Output() = default;
  ~Output() { (void)flush(); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // A buffer to append to; call line_done() after each line.
  std::string& buffer() { return buffer_; }
  void line_done() {
    buffer_.push_back('\n');
    if (buffer_.size() >= kFlushBytes) (void)flush();
  }
  Result<void> flush();
  // The reader closed its end: nobody wants more, which is no failure (`| head`).
  [[nodiscard]] bool reader_gone() const { return reader_gone_; }
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

 private:
  static constexpr std::size_t kFlushBytes = std::size_t{64} << 10U;
  std::string buffer_;
  bool reader_gone_ = false;
  std::optional<Error> failure_;
};

// What was printed without an Output must have arrived as well: the code of the program, or that of
// a full disk.
[[nodiscard]] int after_output(int code);

// The program as the user called it, for commands to copy: "build/release/marketprism".
[[nodiscard]] std::string_view program();

// What a terminal may be given of a sentence: its lines are ours, whatever else it quotes is made
// harmless (core/utf8.hpp).
[[nodiscard]] std::string harmless(std::string_view sentence);

// Writes one sentence to standard error, with the program's name before it.
void complain(std::string_view sentence);
// complain(), and the exit code of the error's kind.
[[nodiscard]] int fail(const Error& error);

}  // namespace mp::cli
